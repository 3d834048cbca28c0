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

/** @internal */
export const make = (disk: MemoryDisk): Effect.Effect<typeof VerdictJournal.Service> =>
  Effect.map(nowMillis, (now) => {
    const { name } = disk
    const { bad, entries, isTorn } = read(disk.text)
    for (const line of bad) disk.rejected += rejectedLine({ at: now, ...line })
    let live = new Map<string, Entry>()
    const put = (entries: Iterable<Entry>, into: Map<string, Entry>): void => {
      for (const entry of entries) {
        const key = keyOf(entry.settlement)
        into.delete(key)
        into.set(key, entry)
      }
    }
    put(entries, live)
    const hadText = disk.text !== ""
    disk.text = textOf(live)

    const write = (operation: "append" | "forget" | "setAside", change: (live: Map<string, Entry>) => void) =>
      Effect.suspend(() => {
        const changed = new Map(live)
        change(changed)
        const text = textOf(changed)
        const cause = disk.fails?.(operation, text)
        if (cause !== undefined) return Effect.fail(new JournalFailure({ operation, path: name, cause }))
        live = changed
        disk.text = text
        return Effect.void
      })

    return {
      name,
      found: {
        journals: hadText ? [name] : [],
        torn: isTorn ? 1 : 0,
        rejected: bad.map(({ lineNumber, reason }) => ({ file: name, lineNumber, reason, keptIn: name }))
      },
      pending: Effect.sync(() => [...live.values()].map((entry) => ({ entry, isOwnerGone: false }))),
      append: (entries) => write("append", (live) => put(entries, live)),
      forget: (written) =>
        write("forget", (live) => {
          for (const one of written) live.delete(keyOf(one))
        }),
      setAside: (entry, reason) =>
        Effect.flatMap(nowMillis, (at) =>
          Effect.tap(
            write("setAside", (live) => live.delete(keyOf(entry.settlement))),
            () =>
              Effect.sync(() => {
                disk.rejected += rejectedLine({ at, reason, line: lineOf(entry).trimEnd() })
              })
          )
        )
    }
  })

const textOf = (live: ReadonlyMap<string, Entry>): string => [...live.values()].map(lineOf).join("")
