/**
 * One exploration while it goes on: executes plans, makes those that fail small, and knows when it is
 * over. Explorers only say which plans come next.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { FaultPlan, none } from "../FaultPlan.js"
import type { Report } from "../Report.js"
import * as Scenario from "../Scenario.js"
import type { Order } from "./interleaving.js"
import { shrink } from "./shrinking.js"
import { Tally } from "./tally.js"

/** Budgets are of real time, on whatever clock the exploration itself is run. */
const realClock = Clock.make()
export const realMillis = (): number => realClock.unsafeCurrentTimeMillis()

export interface Limits {
  readonly timeBudget?: Duration.DurationInput | undefined
  readonly executionMax?: number | undefined
  readonly findingMax?: number | undefined
  readonly isShrinking?: boolean | undefined
  readonly onProgress?: ((done: number, possible: number | undefined) => void) | undefined
  readonly onExecution?: ((execution: Scenario.Execution) => void) | undefined
}

const findingMaxDefault = 3

/** Many failures come from few bugs, and shrink to the same plan: after so many there will hardly be another one. */
const failuresPerFinding = 5

const isSame = (one: FaultPlan, other: FaultPlan): boolean =>
  JSON.stringify([one.rules, one.choices, one.input]) === JSON.stringify([other.rules, other.choices, other.input])

export class Session {
  readonly tally: Tally
  /** How many executions there are in all, where that is known. */
  possible: number | undefined
  private readonly startedAt = realMillis()
  private readonly endsAt: number
  private shrinkingMillis = 0

  constructor(
    explorer: Report["explorer"],
    readonly scenario: Scenario.Scenario,
    private readonly limits: Limits
  ) {
    this.tally = new Tally(explorer, scenario.name)
    this.endsAt =
      limits.timeBudget === undefined ? Number.POSITIVE_INFINITY : this.startedAt + Duration.toMillis(limits.timeBudget)
  }

  get isOver(): boolean {
    const findingMax = this.limits.findingMax ?? findingMaxDefault
    return (
      this.tally.findings.length >= findingMax ||
      this.tally.failed >= findingMax * failuresPerFinding ||
      this.tally.executions >= (this.limits.executionMax ?? Number.POSITIVE_INFINITY) ||
      realMillis() >= this.endsAt
    )
  }

  /** Without any fault and in the order of arrival: what is counted, and what must hold before all else. */
  readonly undisturbed: Effect.Effect<Scenario.Execution> = Effect.tap(
    Effect.suspend(() => Scenario.execute(this.scenario, { plan: this.planOf(none) })),
    ({ failure }) =>
      Effect.sync(() => {
        if (failure !== undefined) this.tally.gap(`it does not hold without any fault: ${failure}`)
      })
  )

  /** Executes a plan; one that fails is made small, and becomes a finding. */
  try(wanted: FaultPlan, order?: Order): Effect.Effect<Scenario.Execution> {
    return Effect.tap(this.execute(wanted, order), (execution) => {
      const { failure } = execution
      if (failure === undefined) return Effect.void
      const plan = this.planOf(wanted)
      if (this.limits.isShrinking !== false) return this.find(plan, execution, failure)
      return Effect.sync(() => this.keep(plan, execution, failure))
    })
  }

  /** Executes a plan and counts it. */
  execute(wanted: FaultPlan, order?: Order): Effect.Effect<Scenario.Execution> {
    return Effect.tap(Scenario.execute(this.scenario, { plan: this.planOf(wanted), order }), (execution) =>
      Effect.sync(() => {
        this.tally.add(execution)
        this.limits.onExecution?.(execution)
        this.limits.onProgress?.(this.tally.executions, this.possible)
      })
    )
  }

  /** Executes a plan once more, by the choices that were made: its trace must be the same to the byte. */
  repeat(plan: FaultPlan, { choices, log }: Scenario.Execution): Effect.Effect<void> {
    return Effect.map(this.execute(plan, { kind: "choices", choices }), (again) => {
      if (again.log().join("\n") === log().join("\n")) return
      this.tally.gap(`two executions had different traces: ${JSON.stringify({ ...plan, choices })}`)
    })
  }

  /** Keeps a failure as it is. */
  keep(plan: FaultPlan, execution: Scenario.Execution, failure: string): void {
    const shrinking = { executions: 0, millis: 0 }
    const executed = new FaultPlan({ ...this.planOf(plan), choices: execution.choices })
    this.tally.findings.push({ plan: executed, failure, found: plan, shrinking, log: execution.log() })
  }

  /** Gaps of the exploration itself are added by the explorer, before. */
  report(others?: { readonly seed?: number }): Report {
    const { possible } = this
    const millis = realMillis() - this.startedAt - this.shrinkingMillis
    return this.tally.report({ ...others, millis, ...(possible === undefined ? {} : { possible }) })
  }

  private planOf(plan: FaultPlan): FaultPlan {
    return plan.scenario === undefined ? new FaultPlan({ ...plan, scenario: this.scenario.name }) : plan
  }

  private find(plan: FaultPlan, execution: Scenario.Execution, failure: string): Effect.Effect<void> {
    return Effect.gen(this, function* () {
      const begin = realMillis()
      const attempt = (plan: FaultPlan, order?: Order) => Scenario.execute(this.scenario, { plan, order })
      const shrunk = yield* shrink(plan, execution, attempt, this.scenario.inputs)
      const millis = realMillis() - begin
      this.shrinkingMillis += millis
      if (this.tally.findings.some((known) => isSame(known.plan, shrunk.plan))) return
      this.tally.findings.push({
        plan: shrunk.plan,
        failure: shrunk.execution.failure ?? failure,
        found: plan,
        shrinking: { executions: shrunk.executions, millis },
        log: shrunk.execution.log()
      })
    })
  }
}
