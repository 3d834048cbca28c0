/**
 * What can go wrong at one operation, and when: the words that every plan is written in. `FaultPlan`
 * gives them to the public.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * What goes wrong.
 *
 * - SQLite: `busy`, `locked`, `busySnapshot`, `ioError`, `full` (which also rolls an open transaction
 *   back, as the real one does), `readonly`, `corrupt`, `cantOpen`, `constraint`.
 * - Postgres, by SQLSTATE: `serialization` (40001), `deadlock` (40P01), `queryCanceled` (57014),
 *   `adminShutdown` (57P01), `readOnlyTransaction` (25006), `tooManyConnections` (53300).
 * - `connectionLost`: an open transaction is rolled back, and everything on that connection fails.
 * - `defect`: the call dies. `hang`: it never answers. `latency`: it answers later.
 * - `lateApply`: it times out (`ETIMEDOUT`) and lands later, whatever the rule's phase says.
 * - `crash`: the process kills itself with SIGKILL.
 *
 * @since 0.1.0
 * @category models
 */
export type Fault =
  | "busy"
  | "locked"
  | "busySnapshot"
  | "ioError"
  | "full"
  | "readonly"
  | "corrupt"
  | "cantOpen"
  | "constraint"
  | "connectionLost"
  | "defect"
  | "hang"
  | "lateApply"
  | "latency"
  | "crash"
  | "serialization"
  | "deadlock"
  | "queryCanceled"
  | "adminShutdown"
  | "readOnlyTransaction"
  | "tooManyConnections"

/**
 * Every fault there is, in the order of `Fault`; sweeps go over it.
 *
 * @since 0.1.0
 * @category models
 */
export const faults: readonly [Fault, ...Array<Fault>] = [
  "busy",
  "locked",
  "busySnapshot",
  "ioError",
  "full",
  "readonly",
  "corrupt",
  "cantOpen",
  "constraint",
  "connectionLost",
  "defect",
  "hang",
  "lateApply",
  "latency",
  "crash",
  "serialization",
  "deadlock",
  "queryCanceled",
  "adminShutdown",
  "readOnlyTransaction",
  "tooManyConnections"
]

/**
 * When it goes wrong: `before` (nothing happened), `after` (it was applied, the answer is lost) or
 * `late` (the call failed, and the statement is applied afterwards). `latency` knows no `late` and
 * reads it as `after`; `crash` and the opening of a connection read it as `before`.
 *
 * @since 0.1.0
 * @category models
 */
export type Phase = "before" | "after" | "late"

/**
 * Every phase there is; sweeps go over it.
 *
 * @since 0.1.0
 * @category models
 */
export const phases: readonly [Phase, ...Array<Phase>] = ["before", "after", "late"]

/**
 * Whether a real database can do this. One that answers `SQLITE_BUSY` has applied nothing, and code may
 * rely on that; so `busy` with the phase `after` is a lie that no database tells. Sweeps leave such
 * pairs out and storms read them as `before`; a rule that names one gets it all the same.
 *
 * @since 0.1.0
 * @category models
 */
export const canHappen = (fault: Fault, phase: Phase): boolean => {
  switch (fault) {
    case "ioError":
    case "connectionLost":
    case "defect":
    case "hang":
    case "adminShutdown":
      return true
    case "lateApply":
      return phase === "late"
    case "latency":
    case "crash":
      return phase !== "late"
    case "busy":
    case "locked":
    case "busySnapshot":
    case "full":
    case "readonly":
    case "corrupt":
    case "cantOpen":
    case "constraint":
    case "serialization":
    case "deadlock":
    case "queryCanceled":
    case "readOnlyTransaction":
    case "tooManyConnections":
      return phase === "before"
  }
}

/**
 * @since 0.1.0
 * @category schemas
 */
export const Fault: Schema.Schema<Fault> = Schema.Literal(...faults).annotations({ identifier: "Fault" })

/**
 * @since 0.1.0
 * @category schemas
 */
export const Phase: Schema.Schema<Phase> = Schema.Literal(...phases).annotations({ identifier: "Phase" })
