/**
 * The state of one plan while it is carried out: counts what passes, decides which fault meets it, and
 * records both. Every method is synchronous, so each is atomic among fibers; nothing here waits, fails
 * or touches a database. Only `faultGate` asks it for decisions; `Chaos` reads its records.
 *
 * @since 0.1.0
 */
import type { FaultPlan, Rule, Storm } from "../FaultPlan.js"
import { choose, fraction } from "./decisionHash.js"
import type { Fault, Phase } from "./fault.js"
import { canHappen } from "./fault.js"

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
interface Sighting extends Operation {
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

interface RuleState {
  /** The label at which a rule of the form `{ operation }` opened. */
  openedAt: string | undefined
  firings: number
  /** The Clock's milliseconds at which a window of a duration ends. */
  until: number | undefined
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

const phaseOf = (fault: Fault, phase: Phase, canLand: boolean): Phase => {
  if (!canLand && (phase === "late" || fault === "lateApply")) {
    return "before"
  }
  if (fault === "lateApply") {
    return "late"
  }
  return phase !== "late" ? phase : fault === "latency" ? "after" : fault === "crash" ? "before" : "late"
}

const isOpen = (rule: Rule, state: RuleState, sighting: Sighting): boolean => {
  const place = rule.place
  if ("operation" in place) {
    return state.openedAt !== undefined && (place.label === "*" || state.openedAt === sighting.label)
  }
  const anyLabel = place.label === "*"
  if (!anyLabel && place.label !== sighting.label) {
    return false
  }
  if (place.run === undefined) {
    return reached(anyLabel ? sighting.operation : sighting.attempt, place.attempt)
  }
  const position = sighting.runs.indexOf(place.run)
  const counts = anyLabel ? sighting.anyLabelOfRuns : sighting.attemptsOfRuns
  return position >= 0 && reached(counts[position] ?? 0, place.attempt)
}

const reached = (count: number, attempt: number | undefined): boolean => count >= (attempt ?? 1)

const isWithinWindow = (rule: Rule, state: RuleState, nowMillis: number): boolean => {
  if (rule.window === "untilHealed") {
    return true
  }
  if (rule.window === "once") {
    return state.firings === 0
  }
  return "times" in rule.window
    ? state.firings < rule.window.times
    : state.until === undefined || nowMillis < state.until
}

// Each run of a batch draws for itself, so a run meets the same faults whoever shares its statements.
const strike = ({ storm }: Storm, sighting: Sighting): { fault: Fault; phase: Phase } | undefined => {
  if (storm.labels !== undefined && !storm.labels.includes(sighting.label)) {
    return undefined
  }
  const draws: ReadonlyArray<readonly [run: number, attempt: number]> =
    sighting.runs.length === 0
      ? [[0, sighting.attempt]]
      : sighting.runs.map((run, position) => [run, sighting.attemptsOfRuns[position] ?? 0])
  for (const [run, attempt] of draws) {
    if (fraction(storm.seed, "rate", sighting.label, run, attempt) < storm.rate) {
      const fault = choose(storm.faults, storm.seed, "fault", sighting.label, run, attempt)
      const [first, ...others] = storm.phases.filter((phase) => canHappen(fault, phase))
      const phase =
        first === undefined ? "before" : choose([first, ...others], storm.seed, "phase", sighting.label, run, attempt)
      return { fault, phase }
    }
  }
  return undefined
}
