/**
 * Statements whose caller was told that they failed, and which the database executes afterwards. They
 * land in the order in which they became due: at the next operation, when healed, or after a time. Each
 * is taken out of the list before it is applied, so it lands at most once; what has not landed when the
 * layer's scope closes is dropped, always.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { Decision } from "./faultEngine.js"

/**
 * `operation`: another call is about to be made on the target. `alone`: nobody calls; it is healed, or
 * the time of the statement has come.
 */
export type Occasion = "operation" | "alone"

/** A statement that is to land on a target: a database session, or a store. */
export interface LateStatement<Target> {
  readonly judge: (target: Target, occasion: Occasion) => "apply" | "wait" | "drop"
  readonly apply: (target: Target) => Effect.Effect<unknown, unknown>
}

interface Waiting<Target> extends LateStatement<Target> {
  readonly decision: Decision
  isDue: boolean
}

export class LateStatements<Target> {
  private waiting: Array<Waiting<Target>> = []
  private isClosed = false

  constructor(
    private readonly scope: Scope.Scope,
    /** Where a statement may land of its own accord, the newest first. */
    private readonly targets: () => ReadonlyArray<Target>,
    private readonly max: number
  ) {}

  add(statement: LateStatement<Target>, decision: Decision): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.isClosed || this.waiting.length >= this.max) {
        decision.landed("dropped")
        return Effect.void
      }
      const entry: Waiting<Target> = { ...statement, decision, isDue: decision.after === undefined }
      this.waiting.push(entry)
      if (decision.after === undefined) {
        return Effect.void
      }
      // Interruptible by itself: the caller may be inside an uninterruptible region, and the layer's
      // scope, which ends this fiber, must not wait for the sleep.
      return Effect.sleep(decision.after).pipe(
        Effect.andThen(
          Effect.suspend(() => {
            entry.isDue = true
            return this.landAlone
          })
        ),
        Effect.interruptible,
        Effect.forkIn(this.scope),
        Effect.asVoid
      )
    })
  }

  /** Applies what is due and fits this target. */
  land(target: Target, occasion: Occasion): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.waiting.length === 0) {
        return Effect.void
      }
      const landing: Array<Waiting<Target>> = []
      this.waiting = this.waiting.filter((entry) => {
        const judgement = entry.isDue ? entry.judge(target, occasion) : "wait"
        if (judgement === "drop") {
          entry.decision.landed("dropped")
        } else if (judgement === "apply") {
          landing.push(entry)
        }
        return judgement === "wait"
      })
      return Effect.forEach(
        landing,
        (entry) =>
          Effect.map(Effect.exit(entry.apply(target)), (exit) =>
            // Nobody waits for the answer any more; an error is kept in the record.
            entry.decision.landed(Exit.isSuccess(exit) ? "landed" : "refused")
          ),
        { discard: true }
      ).pipe(Effect.uninterruptible)
    })
  }

  /** Applies what is due, wherever it can land now. */
  readonly landAlone: Effect.Effect<void> = Effect.suspend(() =>
    Effect.forEach(this.targets(), (target) => this.land(target, "alone"), { discard: true })
  )

  /** Makes due whatever waits for a time: healing brings it forward. */
  readonly landAll: Effect.Effect<void> = Effect.suspend(() => {
    for (const entry of this.waiting) {
      entry.isDue = true
    }
    return this.landAlone
  })

  readonly dropAll: Effect.Effect<void> = Effect.sync(() => {
    this.isClosed = true
    for (const entry of this.waiting.splice(0)) {
      entry.decision.landed("dropped")
    }
  })
}

/** Late statements that are dropped when this scope closes. */
export const make = <Target>(
  targets: () => ReadonlyArray<Target>,
  max: number
): Effect.Effect<LateStatements<Target>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const late = new LateStatements(scope, targets, max)
    yield* Scope.addFinalizer(scope, late.dropAll)
    return late
  })
