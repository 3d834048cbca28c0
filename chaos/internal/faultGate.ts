/**
 * The gate that every operation passes: it lets late statements land, asks the engine for a decision
 * and carries it out. What a fault does to the world beyond its error (a rollback, a closed connection)
 * is the seam's own business. Without a decision the real operation runs, and its answer, failure or
 * defect passes through untouched.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Decision, FaultEngine } from "./faultEngine.js"
import type { ErrorFault } from "./faultErrors.js"
import { defect } from "./faultErrors.js"

/** One operation at a seam. */
export interface Call<A, E, R> {
  readonly label: string
  readonly runIds: ReadonlyArray<string>
  /** The real operation, with its answer. */
  readonly perform: Effect.Effect<A, E, R>
  /** The real operation, for its effect alone. */
  readonly apply: Effect.Effect<unknown, E, R>
  /** What comes before the decision: late statements land here. */
  readonly arrive: Effect.Effect<void>
  /** The error of a connection that is gone; asked anew at each operation. */
  readonly unreachable: () => E | undefined
  /** The fault's error, after what the fault does besides. */
  readonly fail: (fault: ErrorFault) => Effect.Effect<never, E>
  /** Dies, or fails where the seam promises never to die. */
  readonly die: (defect: Error) => Effect.Effect<never, E>
  /** Keeps the operation, to be applied later; undefined where that makes no sense. */
  readonly defer: ((decision: Decision) => Effect.Effect<void>) | undefined
}

/** How long a `latency` lasts where its rule does not say, in milliseconds. */
const latencyMillisDefault = 100

// Not Effect.never, whose timer would keep the process alive.
const silence: Effect.Effect<never> = Effect.async<never>(() => {})

const kill: Effect.Effect<never> = Effect.suspend(() => {
  process.kill(process.pid, "SIGKILL")
  return silence
})

/**
 * Lets an operation pass. With `yields` the fiber yields before it and after it: SQLite's statements
 * never yield by themselves, so races between fibers would be invisible.
 */
export const pass = <A, E, R>(engine: FaultEngine, yields: boolean, call: Call<A, E, R>): Effect.Effect<A, E, R> => {
  // From here to the operation nothing yields: the decision and what it is about belong together.
  const decided = Effect.zipRight(
    call.arrive,
    Clock.clockWith((clock) => {
      const sighting = engine.see(call.label, call.runIds)
      const gone = call.unreachable()
      if (gone !== undefined) {
        engine.lose(sighting)
        return Effect.fail(gone)
      }
      const decision = engine.decide(sighting, clock.unsafeCurrentTimeMillis(), call.defer !== undefined)
      return decision === undefined ? call.perform : carryOut(decision, call)
    })
  )
  return yields
    ? Effect.zipRight(
        Effect.yieldNow(),
        Effect.onExit(decided, () => Effect.yieldNow())
      )
    : decided
}

const carryOut = <A, E, R>(decision: Decision, call: Call<A, E, R>): Effect.Effect<A, E, R> => {
  switch (decision.fault) {
    case "latency": {
      const wait = Effect.sleep(decision.after ?? latencyMillisDefault)
      return decision.phase === "before"
        ? Effect.zipRight(wait, call.perform)
        : Effect.flatMap(Effect.exit(call.perform), (exit) => Effect.zipRight(wait, exit))
    }
    case "crash":
      return Effect.zipRight(toPhase(decision, call), kill)
    case "hang":
      return Effect.zipRight(toPhase(decision, call), silence)
    case "defect":
      return Effect.zipRight(
        toPhase(decision, call),
        Effect.suspend(() => call.die(defect()))
      )
    default:
      return Effect.zipRight(toPhase(decision, call), call.fail(decision.fault))
  }
}

// An answer that is lost is lost whatever it says, errors of the real operation included.
const toPhase = <A, E, R>(decision: Decision, call: Call<A, E, R>): Effect.Effect<void, never, R> => {
  switch (decision.phase) {
    case "before":
      return Effect.void
    case "after":
      return Effect.asVoid(Effect.exit(call.apply))
    case "late":
      return call.defer === undefined ? Effect.void : call.defer(decision)
  }
}
