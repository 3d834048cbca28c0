/**
 * Makes a failing plan small, as long as the execution still fails: the input, storms, rules, the faults
 * themselves and the choices are taken away or made simpler. Greedy, with chunks that halve, as in delta
 * debugging (Zeller, 2002); each step is one execution, or a few where the order of fibers matters: what
 * is left out moves every point of choice behind it, so a smaller plan is tried in a few other orders too.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type Choice, FaultPlan, type Rule, type Storm } from "../FaultPlan.js"
import type { Execution, Inputs } from "../Scenario.js"
import { oneMore } from "./enumeration.js"
import type { Order } from "./interleaving.js"
import { asRules, simplerRules, widerRules } from "./simplerRules.js"

/** Executes a plan, in the order of its choices or in this one. */
export type Attempt = (plan: FaultPlan, order?: Order) => Effect.Effect<Execution>

export interface Shrunk {
  readonly plan: FaultPlan
  readonly execution: Execution
  readonly executions: number
}

/** Bounds the effort: a plan that is not small by then stays as it is. */
const executionsMax = 2_000

/** Single choices that are tried before many choices are thinned out one by one. */
const singlesMax = 150

interface Parts {
  readonly rules: ReadonlyArray<Rule | Storm>
  readonly choices: ReadonlyArray<Choice>
  readonly input: unknown
}

/** What is the best so far, and how a better one is tried. */
class Shrinking {
  best: Parts
  plan: FaultPlan
  executions = 0

  constructor(
    private readonly found: FaultPlan,
    public execution: Execution,
    private readonly attempt: Attempt
  ) {
    this.best = { rules: found.rules, choices: execution.choices, input: found.input }
    this.plan = planOf(found, this.best)
  }

  get isOver(): boolean {
    return this.executions >= executionsMax
  }

  execute(parts: Parts, order?: Order): Effect.Effect<Execution> {
    this.executions++
    return this.attempt(planOf(this.found, parts), order)
  }

  /** Whether it fails with these parts; they are the best then, with the choices of the order that was taken. */
  holds(parts: Parts, order?: Order): Effect.Effect<boolean> {
    if (this.isOver) return Effect.succeed(false)
    return Effect.map(this.execute(parts, order), (execution) => {
      if (execution.failure === undefined) return false
      this.best = order === undefined ? parts : { ...parts, choices: execution.choices }
      this.plan = planOf(this.found, this.best)
      this.execution = execution
      return true
    })
  }

  /** The same in any order: where the order has mattered so far, a few others are tried than the present one. */
  holdsInSomeOrder(parts: Parts): Effect.Effect<boolean> {
    if (parts.choices.length === 0) return this.holds(parts)
    const inOrder = { ...parts, choices: [] }
    const length = this.execution.branching.length
    return anyOf([
      () => this.holds(parts),
      () => this.holds(inOrder),
      ...othersOf(length).map((order) => () => this.holds(inOrder, order))
    ])
  }
}

const othersOf = (length: number): ReadonlyArray<Order> => [
  { kind: "random", seed: 1 },
  { kind: "pct", seed: 2, depth: 3, length },
  { kind: "random", seed: 3 },
  { kind: "pct", seed: 4, depth: 2, length }
]

export const shrink = (
  found: FaultPlan,
  first: Execution,
  attempt: Attempt,
  inputs: Inputs | undefined
): Effect.Effect<Shrunk> =>
  Effect.gen(function* () {
    const shrinking = new Shrinking(found, first, attempt)
    for (let before = ""; before !== JSON.stringify(shrinking.best) && !shrinking.isOver; ) {
      before = JSON.stringify(shrinking.best)
      yield* shrinking.holds({ ...shrinking.best, choices: [] })
      // A storm meets the same runs with the same faults in a smaller life; its rules would be about another one.
      yield* simplerInput(shrinking, inputs)
      yield* fewerRules(shrinking)
      yield* fewerChoices(shrinking)
    }
    const { execution, executions, plan } = shrinking
    return { plan, execution, executions }
  })

const planOf = (found: FaultPlan, { choices, input, rules }: Parts): FaultPlan =>
  new FaultPlan({
    rules,
    ...(found.scenario === undefined ? {} : { scenario: found.scenario }),
    ...(found.seed === undefined ? {} : { seed: found.seed }),
    ...(input === undefined ? {} : { input }),
    ...(choices.length === 0 ? {} : { choices })
  })

// -- what is made smaller -------------------------------------------------------------------------------

const simplerInput = (shrinking: Shrinking, inputs: Inputs | undefined): Effect.Effect<void> =>
  inputs === undefined
    ? Effect.void
    : descend(
        () => inputs.simplify(shrinking.best.input),
        (input) => shrinking.holdsInSomeOrder({ ...shrinking.best, input })
      )

const fewerRules = (shrinking: Shrinking): Effect.Effect<void> =>
  Effect.gen(function* () {
    const holds = (rules: Parts["rules"]) => shrinking.holdsInSomeOrder({ ...shrinking.best, rules })
    if (shrinking.best.rules.length === 0 || (yield* holds([]))) return
    const rules = asRules(shrinking.best.rules, shrinking.execution)
    if (rules !== shrinking.best.rules) yield* holds(rules)
    yield* descend(() => widerRules(shrinking.best.rules), holds)
    yield* eachWithout(shrinking.best.rules, holds)
    yield* descend(() => simplerRules(shrinking.best.rules), holds)
  })

/** Often one choice does what many did; else the many are thinned out. */
const fewerChoices = (shrinking: Shrinking): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { best } = shrinking
    const holds = (choices: ReadonlyArray<Choice>) => shrinking.holds({ ...best, choices })
    if (best.choices.length > 1 && !shrinking.isOver) {
      const inOrder = yield* shrinking.execute({ ...best, choices: [] })
      let tried = 0
      for (const choices of oneMore([], inOrder)) {
        if (++tried > singlesMax) break
        if (yield* holds(choices)) return
      }
    }
    yield* eachWithout(best.choices, holds)
  })

// -- how --------------------------------------------------------------------------------------------------

const anyOf = (attempts: ReadonlyArray<() => Effect.Effect<boolean>>): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    for (const attempt of attempts) if (yield* attempt()) return true
    return false
  })

/** Tries to leave out chunks of a list: all, halves, quarters, down to single items. */
const eachWithout = <A>(
  items: ReadonlyArray<A>,
  holds: (items: ReadonlyArray<A>) => Effect.Effect<boolean>
): Effect.Effect<void> =>
  Effect.gen(function* () {
    let left = items
    for (let size = left.length; size >= 1; size = Math.floor(size / 2)) {
      for (let from = 0; from < left.length; ) {
        const without = [...left.slice(0, from), ...left.slice(from + size)]
        if (yield* holds(without)) left = without
        else from += size
      }
    }
  })

/**
 * Goes through the simpler ones, taking each that still fails, until none of them does. Behind one that was taken it
 * goes on at the same place of the next list: what was in vain before mostly is again.
 */
const descend = <A>(simpler: () => Iterable<A>, holds: (simpler: A) => Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let at = 0, sinceTaken = 0, list = [...simpler()]; list.length > 0 && sinceTaken < list.length; ) {
      const candidate = list[at % list.length] as A
      if (yield* holds(candidate)) {
        at = at % list.length
        list = [...simpler()]
        sinceTaken = 0
      } else {
        at++
        sinceTaken++
      }
    }
  })
