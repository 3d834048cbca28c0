/**
 * What an exploration of Holdfast must have reached before it says anything: every fault in every phase at
 * every one of its statements, and every branch of retry, classification and answer that its log can show.
 * What is required is data, and so is each exception, with its reason; `gapsOf` says what is missing.
 *
 * @since 0.1.0
 */
import { FailureClass } from "../src/RunError.js"
import { canHappen, type Fault, faults, type Phase, phases } from "./FaultPlan.js"
import type { Report } from "./Report.js"

// -- models -------------------------------------------------------------------------------------------

/**
 * A fault that cannot fire there, or a branch that nothing can reach, and why.
 *
 * @since 0.1.0
 * @category models
 */
export interface Exception {
  readonly label: string
  /** Defaults to all of them. */
  readonly faults?: ReadonlyArray<Fault>
  /** Defaults to all of them. */
  readonly phases?: ReadonlyArray<Phase>
  readonly reason: string
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Required {
  /** Each must have met every fault in every phase in which it can happen. */
  readonly labels: ReadonlyArray<string>
  readonly exceptions: ReadonlyArray<Exception>
  /** Each must be among the branches of some execution. */
  readonly branches: ReadonlyArray<string>
}

// -- what is required -----------------------------------------------------------------------------------

const statements = [
  "insert",
  "settle",
  "entomb",
  "cancel",
  "progress",
  "readBack",
  "read",
  "list",
  "register",
  "renew",
  "owned",
  "remove",
  "hosts",
  "fence",
  "takeOver",
  "ownedBy",
  "release",
  "check",
  "connect"
] as const

const writes = ["settle", "entomb", "insert", "cancel", "progress"] as const

/**
 * Of a sweep over all of Holdfast's scenarios. Not required, since nothing in a sweep can reach it: a row that is
 * written without its value, which SQLite demands only of a value of a gigabyte.
 *
 * @since 0.1.0
 * @category models
 */
export const required: Required = {
  labels: statements,
  exceptions: [
    { label: "*", faults: ["crash"], reason: "It ends the process that explores; `crashes` kills hosts of their own." },
    {
      label: "connect",
      phases: ["after", "late"],
      reason: "Opening a connection applies nothing, so all of its faults are recorded as `before`."
    }
  ],
  branches: [
    // Every lane meets every class: `backOff`, `narrow`, `isolate` and `fatal` of writeLane, and the whole table of sqlFailure.
    ...writes.flatMap((write) =>
      FailureClass.literals.map((failureClass) => `write failed: ${write}, ${failureClass}`)
    ),
    "write failed: in doubt",
    "write failed: not in doubt",
    "write failed: no connection",
    "write failed: nothing was answered in time",
    "write isolated: the batch is split",
    "write isolated: the row stays alone",
    "verdict written: Applied",
    "verdict written: AlreadyApplied",
    "verdict written: NoOp",
    "verdict written: NotFound",
    "verdict written: NotMine",
    "verdict written: after a failure",
    "verdict written: after it was parked",
    "verdict parked: by a failure that passes",
    "verdict parked: by a row that is refused",
    "verdict parked: by a damaged database",
    "verdict lost",
    "database damaged",
    "database sound again",
    "lease failed",
    "lease replaced",
    "run recovered",
    "run taken over",
    "run released",
    "definition unknown",
    "host fenced: silent",
    "host fenced: processGone",
    "lease ended: continue",
    "lease ended: stop",
    "row unknown",
    "run superseded",
    "run vanished",
    "start failed: refused",
    "start failed: abandoned after a failure",
    "start failed: abandoned after an interruption",
    "start failed: abandoned by a shutdown",
    "cancel answered: durable",
    "cancel answered: not durable",
    "cancel answered: too late",
    "cancel answered: failed",
    "stop requested: timeout",
    "stop requested: shutdown",
    "stop requested: lease",
    "grace exceeded"
  ]
}

// -- what was reached -----------------------------------------------------------------------------------

/**
 * What was required and not reached, and what the reports themselves say that they missed. Empty where the
 * exploration is what it should be.
 *
 * @since 0.1.0
 * @category combinators
 */
export const gapsOf = (
  reports: ReadonlyArray<Pick<Report, "scenario" | "executions" | "fired" | "gaps" | "branches">>,
  wanted: Required = required
): ReadonlyArray<string> => {
  const branches = new Set(reports.flatMap((report) => report.branches ?? []))
  const fired = new Set(
    reports.flatMap((report) => report.fired.map(({ fault, label, phase }) => `${label}|${fault}|${phase}`))
  )
  const neverFired = wanted.labels.flatMap((label) => {
    const missing = waysOf(label, wanted.exceptions).filter(
      ([fault, phase]) => !fired.has(`${label}|${fault}|${phase}`)
    )
    if (missing.length === 0) return []
    return [`at ${label} never fired: ${missing.map(([fault, phase]) => `${fault} ${phase}`).join(", ")}`]
  })
  return [
    ...reports.flatMap(({ gaps, scenario }) => gaps.map((gap) => `${scenario}: ${gap}`)),
    ...reports.flatMap(({ executions, scenario }) => (executions > 0 ? [] : [`${scenario}: nothing was executed`])),
    ...neverFired,
    ...wanted.branches.filter((branch) => !branches.has(branch)).map((branch) => `never reached: ${branch}`)
  ]
}

// -- internals ------------------------------------------------------------------------------------------

const waysOf = (label: string, exceptions: ReadonlyArray<Exception>): ReadonlyArray<readonly [Fault, Phase]> =>
  faults.flatMap((fault) =>
    phases
      .filter((phase) => canHappen(fault, phase) && !exceptions.some((one) => excepts(one, label, fault, phase)))
      .map((phase) => [fault, phase] as const)
  )

const excepts = (exception: Exception, label: string, fault: Fault, phase: Phase): boolean =>
  (exception.label === "*" || exception.label === label) &&
  exception.faults?.includes(fault) !== false &&
  exception.phases?.includes(phase) !== false
