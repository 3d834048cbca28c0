/**
 * The state of one plan while it is carried out: counts what passes, decides which fault meets it, and
 * records both. Every method is synchronous, so each is atomic among fibers; nothing here waits, fails
 * or touches a database. Only `faultGate` asks it for decisions; `Chaos` reads its records.
 *
 * @since 0.1.0
 */
import type { FaultPlan, Rule } from "../FaultPlan.js"
import type { Fault, Phase } from "./fault.js"
import { isOpen, isWithinWindow, phaseOf, type RuleState, strike } from "./ruleMatching.js"

/**
 * An operation that reached the chaos layer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation {
  /** Its number among all of them, from 1. */
  readonly operation: number
  readonly label: string
  /** The runs that it carries, each by the order of its first appearance, from 1. */
  readonly runs: ReadonlyArray<number>
  /** How many operations of this label there were, this one included. */
  readonly attempt: number
  /** Its connection was gone already, so that no fault could meet it. */
  isLost?: true
}

/**
 * What became of a statement that was to land late: not yet (`pending`), applied (`landed`), applied
 * and answered with an error (`refused`), or never (`dropped`: its transaction or its layer was gone).
 *
 * @since 0.1.0
 * @category models
 */
export type Landing = "pending" | "landed" | "refused" | "dropped"

/**
 * A fault that fired.
 *
 * @since 0.1.0
 * @category models
 */
export interface FiredFault {
  readonly operation: number
  readonly label: string
  readonly runs: ReadonlyArray<number>
  readonly fault: Fault
  readonly phase: Phase
  /** The position of its rule in the plan, from 0. */
  readonly rule: number
  /** Only for the phase `late`. */
  readonly landing?: Landing
}

/** An operation with the counts that its runs have, in the order of `runs`. */
export interface Sighting extends Operation {
  readonly attemptsOfRuns: ReadonlyArray<number>
  readonly anyLabelOfRuns: ReadonlyArray<number>
  /** The same operation as the engine above counts it. */
  readonly above: Sighting | undefined
}

export interface Decision {
  readonly fault: Fault
  readonly phase: Phase
  /** Milliseconds; absent where the rule says none. */
  readonly after: number | undefined
  /** Says in the record what became of a late statement. */
  readonly landed: (landing: Landing) => void
}

/**
 * Lists keep this many entries, and so do the counters of runs; what comes after is only counted.
 */
export const recordMaxDefault = 10_000

export class FaultEngine {
  private states: Array<RuleState> = []
  private readonly ordinals = new Map<string, number>()
  private readonly attempts = new Map<string, number>()
  private healed = false

  readonly operations: Array<Operation> = []
  operationCount = 0
  readonly fired: Array<FiredFault> = []
  firedCount = 0

  constructor(
    private plan: FaultPlan,
    private readonly recordMax: number,
    /** An explorer's, which sees every operation of every layer and decides first. */
    private readonly above?: FaultEngine
  ) {
    this.use(plan)
  }

  /**
   * Another plan from here on: it counts operations and attempts from 1 again, and its records begin
   * empty. Runs keep their numbers, since they are the same runs.
   */
  use(plan: FaultPlan): void {
    this.plan = plan
    this.states = plan.rules.map(() => ({ openedAt: undefined, firings: 0, until: undefined }))
    this.attempts.clear()
    this.healed = false
    this.operations.length = 0
    this.operationCount = 0
    this.fired.length = 0
    this.firedCount = 0
  }

  /** No rule and no storm of this plan fires any more. */
  heal(): void {
    this.healed = true
  }

  /** The rules that never fired. A storm may pass over a short program, and is not among them. */
  get unfired(): ReadonlyArray<Rule> {
    return this.plan.rules.filter((rule, index): rule is Rule => "place" in rule && this.states[index]?.firings === 0)
  }

  /** Counts and records an operation, and opens the rules whose place it is. */
  see(label: string, runIds: ReadonlyArray<string>): Sighting {
    this.operationCount += 1
    const runs = runIds.flatMap((id) => this.ordinalOf(id) ?? [])
    const sighting: Sighting = {
      operation: this.operationCount,
      label,
      runs,
      attempt: this.count(label),
      attemptsOfRuns: runs.map((run) => this.count(`${label}|${run}`)),
      anyLabelOfRuns: runs.map((run) => this.count(`*|${run}`)),
      above: this.above?.see(label, runIds)
    }
    if (this.operations.length < this.recordMax) {
      this.operations.push({ operation: sighting.operation, label, runs, attempt: sighting.attempt })
    }
    this.plan.rules.forEach((rule, index) => {
      const state = this.states[index]
      if (state !== undefined && "place" in rule && "operation" in rule.place) {
        state.openedAt ??= rule.place.operation === sighting.operation ? label : undefined
      }
    })
    return sighting
  }

  /** Nothing can meet this operation: there is no connection that it could be made on. */
  lose(sighting: Sighting): void {
    const record = this.operations[sighting.operation - 1]
    if (record !== undefined) record.isLost = true
    if (sighting.above !== undefined) this.above?.lose(sighting.above)
  }

  /**
   * The fault that meets this operation, if any. `canLand` is false where nothing can be applied
   * afterwards, as when a connection is opened.
   */
  decide(sighting: Sighting, nowMillis: number, canLand: boolean): Decision | undefined {
    const decision = sighting.above && this.above?.decide(sighting.above, nowMillis, canLand)
    return decision ?? this.decideAlone(sighting, nowMillis, canLand)
  }

  private decideAlone(sighting: Sighting, nowMillis: number, canLand: boolean): Decision | undefined {
    if (this.healed) {
      return undefined
    }
    for (const [index, rule] of this.plan.rules.entries()) {
      const state = this.states[index]
      if (state === undefined) {
        continue
      }
      if ("storm" in rule) {
        const struck = strike(rule, sighting)
        if (struck !== undefined) {
          return this.fire(
            index,
            sighting,
            struck.fault,
            phaseOf(struck.fault, struck.phase, canLand),
            rule.storm.after
          )
        }
      } else if (isOpen(rule, state, sighting) && isWithinWindow(rule, state, nowMillis)) {
        if (typeof rule.window === "object" && "millis" in rule.window) {
          state.until ??= nowMillis + rule.window.millis
        }
        return this.fire(index, sighting, rule.fault, phaseOf(rule.fault, rule.phase, canLand), rule.after)
      }
    }
    return undefined
  }

  private fire(rule: number, sighting: Sighting, fault: Fault, phase: Phase, after: number | undefined): Decision {
    const state = this.states[rule]
    if (state !== undefined) {
      state.firings += 1
    }
    this.firedCount += 1
    const record: { -readonly [Field in keyof FiredFault]: FiredFault[Field] } = {
      operation: sighting.operation,
      label: sighting.label,
      runs: sighting.runs,
      fault,
      phase,
      rule
    }
    if (phase === "late") {
      record.landing = "pending"
    }
    if (this.fired.length < this.recordMax) {
      this.fired.push(record)
    }
    return { fault, phase, after, landed: (landing) => (record.landing = landing) }
  }

  private ordinalOf(runId: string): number | undefined {
    const known = this.ordinals.get(runId)
    if (known !== undefined || this.ordinals.size >= this.recordMax) {
      return known
    }
    this.ordinals.set(runId, this.ordinals.size + 1)
    return this.ordinals.size
  }

  // Beyond the bound a key counts 0, which no rule asks for: a plan for the ten-thousandth run does not
  // fire, and is reported as unfired.
  private count(key: string): number {
    const before = this.attempts.get(key)
    if (before === undefined && this.attempts.size >= this.recordMax * 8) {
      return 0
    }
    this.attempts.set(key, (before ?? 0) + 1)
    return (before ?? 0) + 1
  }
}
