/**
 * Writes the kernel's lines. They go to the loggers that the kernel was built with, not to those of
 * whoever happens to call: the evidence stays in one place, and the kernel's own lines are no events of
 * the run whose fiber writes them. A logger that throws harms nothing that it is told of.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as List from "effect/List"
import * as LogLevel from "effect/LogLevel"
import type { Line } from "../../RunLog.js"
import { millisOf } from "../wallClock.js"

/** A line before it is stamped with its time. */
export type Unstamped = Line extends infer L ? (L extends Line ? Omit<L, "holdfast" | "at"> : never) : never

/** @internal */
export type WriteLine = (line: Unstamped) => Effect.Effect<void>

/**
 * The writer of the calling fiber's loggers. A line below its minimum level costs nothing.
 *
 * @internal
 */
export const make: Effect.Effect<WriteLine> = Effect.gen(function* () {
  const loggers = [...(yield* FiberRef.get(FiberRef.currentLoggers))]
  const minimum = yield* FiberRef.get(FiberRef.currentMinimumLogLevel)
  return (line) => {
    const logLevel = levelOf(line._tag)
    if (loggers.length === 0 || LogLevel.greaterThan(minimum, logLevel)) return Effect.void
    // Straight to the loggers: by way of the fiber's own references each line would cost as much as a small run.
    return Effect.withFiberRuntime<void>((fiber) => {
      const at = millisOf(fiber)
      const entry = {
        fiberId: fiber.id(),
        logLevel,
        message: [{ ...line, holdfast: 1, at }],
        cause: Cause.empty,
        context: fiber.getFiberRefs(),
        spans: List.empty<never>(),
        annotations:
          "runId" in line ? HashMap.make(["runId", line.runId as unknown]) : HashMap.empty<string, unknown>(),
        date: DateTime.toDate(DateTime.unsafeMake(at))
      }
      for (const logger of loggers) {
        try {
          logger.log(entry)
        } catch (defect) {
          tellOfLogger(defect)
        }
      }
      return Effect.void
    })
  }
})

let isLoggerTold = false

/** The first time is told on standard error, and the runs go on. */
const tellOfLogger = (defect: unknown): void => {
  if (isLoggerTold) return
  isLoggerTold = true
  process.stderr.write(`effect-holdfast: a logger throws, and its log may be incomplete: ${String(defect)}\n`)
}

/** At Info stands what is routine, so that the evidence is complete at the usual level. */
export const levelOf = (tag: Line["_tag"]): LogLevel.LogLevel => {
  switch (tag) {
    case "VerdictParked":
    case "JournalFailed":
    case "JournalLineRejected":
    case "VerdictOverruled":
    case "VerdictLost":
      return LogLevel.Error
    case "DatabaseDamaged":
      return LogLevel.Fatal
    case "LeaseFailed":
    case "LeaseEnded":
    case "HostFenced":
    case "DefinitionUnknown":
    case "RunLeft":
    case "LeaseReplaced":
    case "StartFailed":
    case "GraceExceeded":
    case "WriteFailed":
    case "RunVanished":
    case "RowUnknown":
    case "Superseded":
      return LogLevel.Warning
    case "HostStarted":
    case "HostStopping":
    case "HostStopped":
    case "JournalRead":
    case "VerdictJournaled":
    case "VerdictReplayed":
    case "RunRecovered":
    case "RunTakenOver":
    case "RecoveryProgressed":
    case "RunReleased":
    case "RunStarted":
    case "CancelRequested":
    case "CancelAnswered":
    case "StopRequested":
    case "WorkEnded":
    case "VerdictWritten":
    case "Settled":
      return LogLevel.Info
  }
}
