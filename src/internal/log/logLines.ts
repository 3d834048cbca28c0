/**
 * The schema of every line that the kernel writes, one per tag.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { FailureClass } from "../../RunError.js"
import { HostId, RunId } from "../../RunId.js"
import { FailureReason, RunStatus, TerminalStatus, WorkOutcome } from "../../RunStatus.js"

const runFields = { runId: RunId, hostId: HostId }
const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/**
 * A database failure, as a line shows it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Failure = Schema.Struct({
  operation: Schema.String,
  class: FailureClass,
  code: optional(Schema.String),
  message: Schema.String,
  /** Whether it may have been, or may yet be, applied. */
  inDoubt: Schema.Boolean
})

/** All that is needed to write a verdict by hand, beside the run and its host. */
const SettlementFields = Schema.Struct({
  attempt: Schema.Int,
  status: TerminalStatus,
  workOutcome: WorkOutcome,
  finishedAt: Schema.Int,
  result: Schema.NullOr(Schema.String),
  error: Schema.NullOr(Schema.String),
  cancelRequestedAt: Schema.NullOr(Schema.Int),
  cancelReason: Schema.NullOr(Schema.String),
  token: Schema.String
})

/** `holdfast` is the version of the line format; it tells our lines from those of the host. */
const line = <const Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, { holdfast: Schema.Literal(1), at: Schema.Int, ...fields }).annotations({ identifier: tag })

/**
 * Every line that the kernel writes. `at` is in milliseconds since 1970, UTC, by the host's clock.
 *
 * - `HostStarted`, `HostStopping`, `HostStopped`: the life of a kernel. `unwritten` counts the runs left unsettled at exit.
 * - `LeaseFailed`, `LeaseReplaced`: a renewal failed; the host was fenced and registered anew.
 * - `LeaseEnded`: it could not be renewed in time; by `policy` the host stops its work, or goes on.
 * - `HostFenced`: this host has judged another one lost. `silent`: no renewal for its lease and more; `processGone`: its
 *   process, on this machine, is gone.
 * - `RunRecovered`: an active row of a lost host was settled by this one. `RunTakenOver`: it goes on here, with this
 *   attempt. `RecoveryProgressed`: how many of both so far, of one lost host, after each batch.
 * - `DefinitionUnknown`: a run waits for a host that registers its definition; said once while it does.
 * - `RunReleased`: the run was given back, for another host to restart. `RunLeft`: that could not be written before the
 *   host stopped, so recovery will find the run.
 * - `RunStarted`: the insert was acknowledged; the work begins. `StartFailed`: a start answered with an error; where
 *   `abandoned`, its row is settled as `failed(StartAbandoned)` in the background.
 * - `CancelRequested`: a cancel was accepted in memory. `CancelAnswered`: what the caller was told.
 * - `StopRequested`: the kernel interrupts the work, and why. `GraceExceeded`: the work ignores its interruption.
 * - `WorkEnded`: what the work did. The verdict follows from it and from the lines before it.
 * - `WriteFailed`: one attempt of a statement failed; for how many rows, of which runs, and when the next one comes.
 * - `VerdictWritten`: what a terminal write met. `VerdictParked`: it has not succeeded for too long, and is retried.
 * - `Settled`, `Superseded`, `RunVanished`: what subscribers were told.
 * - `VerdictLost`: the process ends and the verdict is not stored; `settlement` is all that is needed to repair the row.
 * - `VerdictJournaled`: a parked verdict, or one that a shutdown leaves, is in the journal: it outlives the process.
 * - `JournalRead`: what a kernel found in its journal. `JournalLineRejected`: a line of it that could not be used.
 * - `VerdictReplayed`: what the write of a journaled verdict met, at the start of a later kernel. `VerdictOverruled`: it is
 *   not what the row says, since somebody else had settled the run; `settlement` and `status` are the two truths.
 * - `JournalFailed`: the journal could not do what it was asked to; the verdicts are in memory all the same.
 * - `RowUnknown`: the database has an active row of this host that nobody here started; it is settled.
 * - `DatabaseDamaged`: a fatal failure; nothing is written until the database passes its check.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Line = Schema.Union(
  line("HostStarted", {
    hostId: HostId,
    /** What the checks of a log measure against, in milliseconds. */
    parkAfterMillis: Schema.Number,
    attemptTimeoutMillis: Schema.Number,
    delayMaxMillis: Schema.Number
  }),
  line("HostStopping", { hostId: HostId, active: Schema.Int }),
  line("HostStopped", { hostId: HostId, unwritten: Schema.Int }),
  line("LeaseFailed", { hostId: HostId, failure: Failure }),
  line("LeaseReplaced", { hostId: HostId, previousHostId: HostId }),
  line("LeaseEnded", { hostId: HostId, policy: Schema.Literal("stop", "continue"), active: Schema.Int }),
  line("HostFenced", {
    hostId: HostId,
    fencedHostId: HostId,
    why: Schema.Literal("silent", "processGone"),
    silentMillis: Schema.Int
  }),
  line("RunRecovered", {
    ...runFields,
    name: Schema.String,
    status: TerminalStatus,
    previousHostId: optional(HostId)
  }),
  line("RunTakenOver", {
    ...runFields,
    name: Schema.String,
    attempt: Schema.Int,
    /** Absent where the run was nobody's, or where the answer to the take-over was lost. */
    previousHostId: optional(HostId)
  }),
  line("RecoveryProgressed", {
    hostId: HostId,
    previousHostId: optional(HostId),
    settled: Schema.Int,
    restarted: Schema.Int
  }),
  line("DefinitionUnknown", {
    ...runFields,
    name: Schema.String,
    attempt: Schema.Int,
    previousHostId: optional(HostId)
  }),
  line("RunReleased", { ...runFields, attempt: Schema.Int, attempts: Schema.Int }),
  line("RunLeft", { ...runFields, attempt: Schema.Int }),
  line("RunStarted", { ...runFields, name: Schema.String, attempt: Schema.Int, key: optional(Schema.String) }),
  line("StartFailed", {
    hostId: HostId,
    runId: optional(RunId),
    name: Schema.String,
    error: Schema.String,
    message: Schema.String,
    abandoned: Schema.Boolean
  }),
  line("CancelRequested", { ...runFields, reason: optional(Schema.String) }),
  line("CancelAnswered", {
    ...runFields,
    answer: Schema.Literal("Requested", "AlreadyTerminal", "Failed"),
    durable: optional(Schema.Boolean),
    status: optional(TerminalStatus),
    error: optional(Schema.String)
  }),
  line("StopRequested", { ...runFields, stop: Schema.Literal("timeout", "shutdown", "lease") }),
  line("GraceExceeded", { ...runFields, graceMillis: Schema.Number }),
  line("WorkEnded", {
    ...runFields,
    outcome: WorkOutcome,
    reason: optional(FailureReason),
    message: optional(Schema.String),
    cause: optional(Schema.String)
  }),
  line("WriteFailed", {
    hostId: HostId,
    failure: Failure,
    rows: Schema.Int,
    /** The first hundred of them. */
    runIds: Schema.Array(RunId),
    attempt: Schema.Int,
    retryInMillis: Schema.Number
  }),
  line("VerdictWritten", {
    ...runFields,
    outcome: Schema.Literal("Applied", "AlreadyApplied", "NoOp", "NotFound", "NotMine"),
    status: optional(RunStatus),
    workOutcome: optional(WorkOutcome),
    /** Why the row is `failed`. */
    reason: optional(FailureReason),
    attempts: Schema.Int
  }),
  line("VerdictParked", { ...runFields, verdict: RunStatus, attempts: Schema.Int, failure: Failure }),
  line("Settled", { ...runFields, status: TerminalStatus, workOutcome: WorkOutcome, attempts: Schema.Int }),
  line("Superseded", { ...runFields, status: RunStatus }),
  line("RunVanished", { ...runFields }),
  line("VerdictLost", { ...runFields, settlement: SettlementFields }),
  line("VerdictJournaled", { ...runFields, journal: Schema.String, verdict: TerminalStatus, workOutcome: WorkOutcome }),
  line("JournalRead", {
    hostId: HostId,
    /** Those that were taken over, as `VerdictJournaled` names them. */
    journals: Schema.Array(Schema.String),
    entries: Schema.Int,
    torn: Schema.Int,
    rejected: Schema.Int
  }),
  line("JournalLineRejected", {
    hostId: HostId,
    file: Schema.String,
    lineNumber: Schema.Int,
    reason: Schema.String,
    keptIn: Schema.String
  }),
  line("VerdictReplayed", {
    ...runFields,
    previousHostId: HostId,
    /** As it was journaled. */
    verdict: TerminalStatus,
    outcome: Schema.Literal("Applied", "AlreadyApplied", "NoOp", "NotFound", "NotMine", "Refused"),
    /** What the row says. */
    status: optional(RunStatus),
    workOutcome: optional(WorkOutcome),
    reason: optional(FailureReason),
    attempts: Schema.Int
  }),
  line("VerdictOverruled", {
    ...runFields,
    previousHostId: HostId,
    settlement: SettlementFields,
    /** What the row says; nothing where there is none, or where the database refuses the verdict. */
    status: optional(RunStatus)
  }),
  line("JournalFailed", {
    hostId: HostId,
    operation: Schema.String,
    code: optional(Schema.String),
    message: Schema.String,
    entries: Schema.Int,
    /** The first hundred of them. */
    runIds: Schema.Array(RunId),
    retryInMillis: optional(Schema.Number)
  }),
  line("RowUnknown", { ...runFields, attempt: Schema.Int }),
  line("DatabaseDamaged", { hostId: HostId, failure: Failure })
)
/**
 * @since 0.1.0
 * @category models
 */
export type Line = typeof Line.Type
