/**
 * One part, in a process of its own: `main` starts it, and takes its entries.
 *
 * @since 0.1.0
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Entry } from "./entry.js"
import type { Part, Size } from "./part.js"

/** In a directory that is gone afterwards. */
export const entriesOf = async (part: Part, size: Size): Promise<ReadonlyArray<Entry>> => {
  const directory = mkdtempSync(join(tmpdir(), `holdfast-bench-${part.name}-`))
  try {
    return await part.measure({ directory, size })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
