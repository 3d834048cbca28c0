/**
 * Which of the fibers that could go on goes on: policies as objects that are asked at every point where
 * there is a choice. Fibers are numbered by their first appearance, from 0, so that the same choices
 * mean the same fibers in every execution. Whatever the policy, what it chose is recorded as the choices
 * that differ from the order of arrival; `following` takes them again.
 *
 * @since 0.1.0
 */
import { fraction } from "./decisionHash.js"

/**
 * A point at which an execution left the order of arrival: at the `at`-th point of choice, from 0, the
 * fiber in position `take` of those that were ready went on; or, with `preempt`, a fiber was made to
 * yield between two of its operations, the `preempt`-th of all operations that fibers have performed.
 *
 * @since 0.1.0
 * @category models
 */
export type Choice = { readonly at: number; readonly take: number } | { readonly preempt: number }

/** Stateful, and for one execution only. */
export interface Policy {
  /** The position of the one that goes on; the first has been ready for longest. Asked where there are two or more. */
  readonly take: (ready: ReadonlyArray<number>, at: number) => number
  /** Whether the fiber must yield here, within its own steps. Undefined: never, and nothing is counted. */
  readonly preempt?: ((operation: number) => boolean) | undefined
}

/** In the order of arrival, as Effect's own scheduler has it. */
const inOrder: Policy = { take: () => 0 }

/** Any of them, each as likely as the others. `preemptRate` is the share of operations after which a fiber yields. */
const random = (seed: number, preemptRate = 0): Policy => ({
  take: (ready, at) => Math.floor(fraction(seed, "take", at) * ready.length),
  preempt: preemptRate === 0 ? undefined : (operation) => fraction(seed, "preempt", operation) < preemptRate
})

/** How often one fiber may go on while others wait, before it is the last: a fiber that spins must not end the world. */
const patience = 1_000

/**
 * Probabilistic concurrency testing (Burckhardt and others, 2010): every fiber has a random priority and
 * the highest one goes on, until it loses its priority at one of `depth - 1` points, drawn from the first
 * `length` points of choice. Finds every bug of that depth with a probability that can be stated.
 */
const pct = (seed: number, depth: number, length: number): Policy => {
  const priorities = new Map<number, number>()
  const changes = new Set<number>()
  for (let index = 1; index < depth; index++) changes.add(Math.floor(fraction(seed, "change", index) * length))
  let lowest = 0
  let last = -1
  let streak = 0
  const priorityOf = (fiber: number) => {
    const known = priorities.get(fiber)
    if (known !== undefined) return known
    const drawn = fraction(seed, "priority", fiber)
    priorities.set(fiber, drawn)
    return drawn
  }
  const highest = (ready: ReadonlyArray<number>) =>
    ready.reduce((best, fiber, index) => (priorityOf(fiber) > priorityOf(ready[best] ?? fiber) ? index : best), 0)
  return {
    take: (ready, at) => {
      const first = ready[highest(ready)] ?? 0
      streak = first === last ? streak + 1 : 0
      last = first
      if (changes.has(at) || streak > patience) priorities.set(first, --lowest)
      return highest(ready)
    }
  }
}

/** The recorded choices, and in the order of arrival elsewhere. */
const following = (choices: ReadonlyArray<Choice>): Policy => {
  const taken = new Map<number, number>()
  const preempted = new Set<number>()
  for (const choice of choices) {
    if ("preempt" in choice) preempted.add(choice.preempt)
    else taken.set(choice.at, choice.take)
  }
  return {
    // A shrunk execution may have fewer fibers ready than the one in which the choice was made.
    take: (ready, at) => Math.min(taken.get(at) ?? 0, ready.length - 1),
    preempt: preempted.size === 0 ? undefined : (operation) => preempted.has(operation)
  }
}

/**
 * A policy as data.
 *
 * @since 0.1.0
 * @category models
 */
export type Order =
  | { readonly kind: "choices"; readonly choices: ReadonlyArray<Choice> }
  | { readonly kind: "random"; readonly seed: number; readonly preemptRate?: number | undefined }
  | { readonly kind: "pct"; readonly seed: number; readonly depth: number; readonly length: number }

export const policyOf = (order: Order): Policy => {
  switch (order.kind) {
    case "choices":
      return order.choices.length === 0 ? inOrder : following(order.choices)
    case "random":
      return random(order.seed, order.preemptRate)
    case "pct":
      return pct(order.seed, order.depth, order.length)
  }
}
