/**
 * The seam at a `RunStore`: the same plans and faults as at a connection, for simulations that need no
 * SQL. There is no connection to lose here, so `connectionLost` is the failure of one call, and late
 * operations land at the next call or when healed.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { FaultEngine } from "./faultEngine.js"
import { storeFailure } from "./faultErrors.js"
import { pass } from "./faultGate.js"
import type { LateStatements } from "./lateStatements.js"
import { type Store, type Through, throughAll } from "./storeOperations.js"

type Changes = Exclude<Store["changes"], undefined>

/** The one target of late operations: the store itself. */
export type StoreTarget = Store

export interface StoreSeam {
  readonly engine: FaultEngine
  readonly late: LateStatements<StoreTarget>
  readonly yields: boolean
}

/** A store like this one, with every operation led through the gate. */
export const wrapStore = (seam: StoreSeam, store: Store): Store => {
  const through: Through = (label, runIds, perform) =>
    pass(seam.engine, seam.yields, {
      label,
      runIds,
      perform,
      apply: perform,
      arrive: seam.late.land(store, "operation"),
      unreachable: () => undefined,
      fail: (fault) => Effect.suspend(() => Effect.fail(storeFailure(fault, label))),
      die: Effect.die,
      defer: (decision) => seam.late.add({ judge: () => "apply", apply: () => perform }, decision)
    })

  /** What is told is an operation each: one that fails is lost, and the session that listened with it. */
  const told = (changes: Changes): Changes =>
    Stream.unwrap(
      Effect.as(
        through("listen", [], Effect.void),
        Stream.mapEffect(changes, (id) => through("changed", [id], Effect.succeed(id)))
      )
    )

  const { changes } = store
  // `isCallerInTransaction` asks the caller's context, not the database: nothing can go wrong.
  return { ...throughAll(store, through), changes: changes === undefined ? undefined : told(changes) }
}
