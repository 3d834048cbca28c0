/**
 * A part of the benchmark: what it is about, and how it is measured. `main` gives each part a process of its
 * own, so that none runs on the heap and the compiled code of the one before.
 *
 * @since 0.1.0
 */
import type { Entry } from "./entry.js"
import type { Rounds } from "./rounds.js"

/** `quick` shows that a part works, in seconds; its figures mean nothing. */
export type Size = "full" | "quick"

export interface Setting {
  readonly size: Size
  /** Of this part alone; gone when it has ended. */
  readonly directory: string
}

export interface Part {
  readonly name: string
  /** One sentence for the table. */
  readonly about: string
  readonly measure: (setting: Setting) => Promise<ReadonlyArray<Entry>>
}

/** What most parts take. */
export const roundsOf = (size: Size): Rounds => (size === "full" ? { warmUp: 1, rounds: 5 } : { warmUp: 0, rounds: 2 })

/** `10,000`. */
export const counted = (count: number): string => count.toLocaleString("en")
