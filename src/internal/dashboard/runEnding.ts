/**
 * What a run gave, for the page to show beside its status: its result, or its error as its definition encodes it. A list
 * of runs has neither, since both may be of any size; here they are cut.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { RunNotFound, StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import { readRow } from "../runs/following.js"
import { sanitize } from "../runs/workEnd.js"
import { storedErrorOf } from "../store/runRow.js"

/** More is no use on a page; `holdfast show --json` prints all of it. */
const lengthMax = 10_000

/** The beginning of a text, and how many characters the whole has. */
interface Beginning {
  readonly text: string
  readonly length: number
}

/** Both are JSON. Neither is there before the row is terminal, nor where the work gave nothing. */
export interface RunEnding {
  readonly result?: Beginning
  readonly error?: Beginning
}

/** @internal */
export const endingOf = (core: KernelCore, id: RunId): Effect.Effect<RunEnding, RunNotFound | StoreFailure> =>
  Effect.map(readRow(core, id), (row) => {
    // A result is what the work means to give; an error may name a file of the host, as its message does.
    const error = storedErrorOf(row.error)?.error
    return {
      ...(row.result === null ? {} : { result: beginningOf(row.result) }),
      ...(error === undefined ? {} : { error: beginningOf(sanitize(JSON.stringify(error))) })
    }
  })

const beginningOf = (text: string): Beginning => ({ text: text.slice(0, lengthMax), length: text.length })
