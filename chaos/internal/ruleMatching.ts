/**
 * Whether a rule or a storm meets an operation: pure, on what the engine has counted.
 *
 * @since 0.1.0
 */
import type { Rule, Storm } from "../FaultPlan.js"
import { choose, fraction } from "./decisionHash.js"
import { canHappen, type Fault, type Phase } from "./fault.js"
import type { Sighting } from "./faultEngine.js"

/** What a rule has done so far. */
export interface RuleState {
  /** The label at which a rule of the form `{ operation }` opened. */
  openedAt: string | undefined
  firings: number
  /** The Clock's milliseconds at which a window of a duration ends. */
  until: number | undefined
}

/** The phase in which a fault really happens, whatever the rule says. */
export const phaseOf = (fault: Fault, phase: Phase, canLand: boolean): Phase => {
  if (!canLand && (phase === "late" || fault === "lateApply")) {
    return "before"
  }
  if (fault === "lateApply") {
    return "late"
  }
  return phase !== "late" ? phase : fault === "latency" ? "after" : fault === "crash" ? "before" : "late"
}

/** Whether the operation is at, or behind, the place of the rule. */
export const isOpen = (rule: Rule, state: RuleState, sighting: Sighting): boolean => {
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

export const isWithinWindow = (rule: Rule, state: RuleState, nowMillis: number): boolean => {
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

/** Each run of a batch draws for itself, so a run meets the same faults whoever shares its statements. */
export const strike = ({ storm }: Storm, sighting: Sighting): { fault: Fault; phase: Phase } | undefined => {
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
