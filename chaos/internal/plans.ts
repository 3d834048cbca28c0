/**
 * The plans that explorers go over. Those of sweeps are counted out: nothing is sampled. Those that are
 * drawn depend on their seed alone.
 *
 * @since 0.1.0
 */
import { type Fault, FaultPlan, type Phase, phases, type Rule, rule, type Window } from "../FaultPlan.js"
import { choose, fraction } from "./decisionHash.js"
import { canHappen, faults } from "./fault.js"
import type { Operation } from "./faultEngine.js"
import type { Order } from "./interleaving.js"

/** All but `crash`, which ends the process that explores. */
export const survivable: ReadonlyArray<Fault> = faults.filter((fault) => fault !== "crash")

/** Those that pass by themselves: a host that waits gets over them. */
export const passing = survivable.filter((fault) => !["readonly", "corrupt", "constraint", "full"].includes(fault))

/** A way to fail: what, when, and for how long. */
export type Failure = readonly [Fault, Phase, Window]

/** Once, and for a period, which the retries of a usual backoff fall into. */
export const windows: ReadonlyArray<Window> = ["once", { millis: 5_000 }]

export const failuresOf = (kinds: ReadonlyArray<Fault>, lasting: ReadonlyArray<Window>): ReadonlyArray<Failure> =>
  kinds.flatMap((fault) =>
    phases
      .filter((phase) => canHappen(fault, phase))
      .flatMap((phase) => lasting.map((window): Failure => [fault, phase, window]))
  )

export const ruleAt = (operation: number, [fault, phase, window]: Failure): Rule =>
  rule({ operation }, fault, { phase, window })

/** Every failure at every operation. */
export function* singles(operations: number, failures: ReadonlyArray<Failure>): Generator<ReadonlyArray<Rule>> {
  for (let operation = 1; operation <= operations; operation++) {
    for (const failure of failures) yield [ruleAt(operation, failure)]
  }
}

/**
 * Every failure at every operation, together with every failure at every operation behind it. Which
 * operations there are after the first failure shows only when it has happened.
 */
export function* pairsOf(
  first: ReadonlyArray<Rule>,
  firstOperation: number,
  operationsThen: ReadonlyArray<Operation>,
  failures: ReadonlyArray<Failure>
): Generator<ReadonlyArray<Rule>> {
  for (const { isLost, operation } of operationsThen) {
    if (operation <= firstOperation || isLost === true) continue
    for (const failure of failures) yield [...first, ruleAt(operation, failure)]
  }
}

/** What an execution of the random explorer is made of. */
export interface Drawn {
  readonly plan: FaultPlan
  readonly order: Order
}

const chance = (seed: number, what: string, rate: number): boolean => fraction(seed, "swarm", what) < rate

/**
 * Swarm testing (Groce and others, 2012): each seed switches whole kinds of faults, phases and labels
 * off, since what all of them together hide, few of them show. One seed in six has no faults at all, so
 * that the schedule is all that differs.
 */
export const drawPlan = (
  seed: number,
  options: {
    readonly scenario: string
    readonly input: unknown
    readonly kinds: ReadonlyArray<Fault>
    readonly decisions: number
  }
): Drawn => {
  const [fault, ...faults] = options.kinds.filter((kind) => chance(seed, kind, 0.35))
  const [phase, ...others] = phases.filter((kind) => chance(seed, kind, 0.6))
  const rate = choose([0.02, 0.1, 0.3, 0.6], seed, "rate")
  // How late what is late comes: as late as a rule has it that says nothing, almost as late as a client waits, or later.
  const after = choose([undefined, undefined, 1_500, 5_000], seed, "after")
  const isCalm = fault === undefined || chance(seed, "calm", 1 / 6)
  const weather = {
    seed,
    rate,
    phases: [phase ?? "before", ...others] as const,
    ...(after === undefined ? {} : { after })
  }
  const storm = isCalm ? [] : [{ storm: { ...weather, faults: [fault, ...faults] } } as const]
  const plan = new FaultPlan({
    scenario: options.scenario,
    rules: [...(isCalm || !chance(seed, "outage", 0.3) ? [] : [drawOutage(seed, fault)]), ...storm],
    seed,
    ...(options.input === undefined ? {} : { input: options.input })
  })
  return { plan, order: drawOrder(seed, options.decisions) }
}

/**
 * Whatever comes from one operation on fails for a while, or all of its kind does, or all that is about one run, as if
 * somebody had locked its row: a storm seldom lasts long enough for anybody to run out of patience.
 */
const drawOutage = (seed: number, fault: Fault): Rule => {
  const upTo = (what: string, most: number) => 1 + Math.floor(fraction(seed, what) * most)
  const window = { millis: choose([8_000, 20_000], seed, "outage for") }
  if (chance(seed, "outage of a run", 0.25)) {
    const place = { label: "*", run: upTo("outage of which", 3), attempt: upTo("outage since", 4) } as const
    return rule(place, fault, { window })
  }
  const everything = chance(seed, "outage of everything", 0.5) ? { label: "*" as const } : {}
  return rule({ operation: upTo("outage from", 50), ...everything }, fault, { window })
}

/** An order in which fibers take their turns: in arrival, at random, or by priorities that change once or twice. */
export const drawOrder = (seed: number, decisions: number): Order =>
  choose<Order>(
    [
      { kind: "choices", choices: [] },
      { kind: "random", seed },
      { kind: "pct", seed, depth: 2, length: decisions },
      { kind: "pct", seed, depth: 3, length: decisions }
    ],
    seed,
    "order"
  )
