/**
 * Every order of fibers that leaves the order of arrival at most so many times: what delay-bounded
 * scheduling (Emmi and others, 2011) goes over. An order is known by its choices; what can be chosen
 * after the last of them shows when it has been executed.
 *
 * @since 0.1.0
 */
import type { Choice } from "./interleaving.js"
import type { Schedule } from "./simulation.js"

/** The orders with one more choice than this one, at a later point than all of its own. */
export function* oneMore(choices: ReadonlyArray<Choice>, { branching }: Schedule): Generator<ReadonlyArray<Choice>> {
  const last = choices.at(-1)
  const first = last !== undefined && "at" in last ? last.at + 1 : 0
  for (let at = first; at < branching.length; at++) {
    for (let take = 1; take < (branching[at] ?? 0); take++) yield [...choices, { at, take }]
  }
}
