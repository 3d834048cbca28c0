/**
 * A verdict journal on a disk in memory: the same lines, without files. For simulations, in which it stands for what a
 * real disk would hold after the kernel that wrote to it is gone.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { JournalFailure } from "../../RunError.js"
import type { Entry, MemoryDisk, VerdictJournal } from "../../VerdictJournal.js"
import { nowMillis } from "../wallClock.js"
import { keyOf, lineOf, read, rejectedLine } from "./journalLines.js"

const name = "memory"

/** @internal */
export const make = (disk: MemoryDisk): Effect.Effect<typeof VerdictJournal.Service> =>
  Effect.map(nowMillis, (now) => {
    const { bad, entries, isTorn } = read(disk.text)
    for (const line of bad) disk.rejected += rejectedLine({ at: now, ...line })
    const live = new Map<string, Entry>()
    const put = (entry: Entry): void => {
      const key = keyOf(entry.settlement)
      live.delete(key)
      live.set(key, entry)
    }
    for (const entry of entries) put(entry)
    const hadText = disk.text !== ""
    disk.text = textOf(live)

    const write = (operation: "append" | "forget" | "setAside", change: () => void) =>
      Effect.suspend(() => {
        const cause = disk.fails?.(operation)
        if (cause !== undefined) return Effect.fail(new JournalFailure({ operation, path: name, cause }))
        change()
        disk.text = textOf(live)
        return Effect.void
      })

    return {
      name,
      found: {
        journals: hadText ? [name] : [],
        torn: isTorn ? 1 : 0,
        rejected: bad.map(({ lineNumber, reason }) => ({ file: name, lineNumber, reason, keptIn: "memory" }))
      },
      pending: Effect.sync(() => [...live.values()].map((entry) => ({ entry, isOwnerGone: false }))),
      append: (entries) =>
        write("append", () => {
          for (const entry of entries) put(entry)
        }),
      forget: (written) =>
        write("forget", () => {
          for (const one of written) live.delete(keyOf(one))
        }),
      setAside: (entry, reason) =>
        Effect.flatMap(nowMillis, (at) =>
          write("setAside", () => {
            disk.rejected += rejectedLine({ at, reason, line: lineOf(entry).trimEnd() })
            live.delete(keyOf(entry.settlement))
          })
        )
    }
  })

const textOf = (live: ReadonlyMap<string, Entry>): string => [...live.values()].map(lineOf).join("")
