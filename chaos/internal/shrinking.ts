/**
 * Makes a failing plan small: storms become the rules that fired, then rules, choices, the input and the
 * faults themselves are taken away or made simpler, as long as the execution still fails. Greedy, with
 * chunks that halve, as in delta debugging (Zeller, 2002); each step is one execution.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type Choice, canHappen, type Fault, FaultPlan, type Rule, type Storm } from "../FaultPlan.js"
import type { Execution, Inputs } from "../Scenario.js"

/** Executes a plan, in the order of its choices. */
export type Attempt = (plan: FaultPlan) => Effect.Effect<Execution>

export interface Shrunk {
  readonly plan: FaultPlan
  readonly execution: Execution
  readonly executions: number
}

/** Bounds the effort: a plan that is not small by then stays as it is. */
const executionsMax = 2_000

interface Parts {
  readonly rules: ReadonlyArray<Rule | Storm>
  readonly choices: ReadonlyArray<Choice>
  readonly input: unknown
}

export const shrink = (
  found: FaultPlan,
  first: Execution,
  attempt: Attempt,
  inputs: Inputs | undefined
): Effect.Effect<Shrunk> =>
  Effect.gen(function* () {
    let best: Parts = { rules: found.rules, choices: first.choices, input: found.input }
    let plan = planOf(found, best)
    let execution = first
    let executions = 0
    const holds = (parts: Parts) =>
      Effect.gen(function* () {
        if (executions >= executionsMax) return false
        executions++
        const candidate = planOf(found, parts)
        const tried = yield* attempt(candidate)
        if (tried.failure === undefined) return false
        best = parts
        plan = candidate
        execution = tried
        return true
      })
    // The recorded choices, the storm's own faults as rules: what failed must fail again, or it stays as it was.
    yield* holds({ ...best, rules: asRules(found, first) })
    for (let before = -1; before !== sizeOf(best) && executions < executionsMax; ) {
      before = sizeOf(best)
      yield* eachWithout(best.choices, (choices) => holds({ ...best, choices }))
      yield* eachWithout(best.rules, (rules) => holds({ ...best, rules }))
      if (inputs !== undefined) {
        yield* descend(
          () => inputs.simplify(best.input),
          (input) => holds({ ...best, input })
        )
      }
      yield* descend(
        () => simplerRules(best.rules),
        (rules) => holds({ ...best, rules })
      )
    }
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

const sizeOf = ({ choices, input, rules }: Parts): number =>
  choices.length + 10 * rules.length + JSON.stringify([input ?? null, rules]).length

/** What a storm did, as rules: each fault at the operation that it met. */
const asRules = (found: FaultPlan, { fired }: Execution): ReadonlyArray<Rule | Storm> =>
  found.rules.some((rule) => "storm" in rule)
    ? fired.map(({ fault, operation, phase }) => ({ place: { operation }, fault, phase, window: "once" }) as const)
    : found.rules

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

/** Takes the first simpler one that still fails, and goes on from there. */
const descend = <A>(simpler: () => Iterable<A>, holds: (simpler: A) => Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let found = true; found; ) {
      found = false
      for (const candidate of simpler()) {
        if (yield* holds(candidate)) {
          found = true
          break
        }
      }
    }
  })

/** From what every database does daily to what hardly any does; a fault shrinks to those before it. */
const simplest: ReadonlyArray<Fault> = ["busy", "ioError", "connectionLost", "hang"]

function* simplerRules(rules: ReadonlyArray<Rule | Storm>): Generator<ReadonlyArray<Rule | Storm>> {
  for (const [index, rule] of rules.entries()) {
    if ("storm" in rule) continue
    for (const simpler of simplerRule(rule)) yield rules.map((other, at) => (at === index ? simpler : other))
  }
}

function* simplerRule(rule: Rule): Generator<Rule> {
  if (rule.window !== "once") yield { ...rule, window: "once" }
  const rank = simplest.indexOf(rule.fault)
  for (const fault of rank < 0 ? simplest : simplest.slice(0, rank)) {
    if (canHappen(fault, rule.phase)) yield { ...rule, fault }
  }
  if (rule.phase === "late") yield { ...rule, phase: "after" }
  if (rule.phase !== "before") yield { ...rule, phase: "before" }
}
