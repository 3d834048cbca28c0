/**
 * The seam at a `RunStore`: the same plans and faults as at a connection, for simulations that need no
 * SQL. There is no connection to lose here, so `connectionLost` is the failure of one call, and late
 * operations land at the next call or when healed.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { StoreFailure } from "../../src/RunError.js"
import type { RunStore } from "../../src/RunStore.js"
import type { FaultEngine } from "./faultEngine.js"
import { storeFailure } from "./faultErrors.js"
import { pass } from "./faultGate.js"
import type { LateStatements } from "./lateStatements.js"

type Store = Context.Tag.Service<RunStore>

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
  const through = <A>(
    label: string,
    runIds: ReadonlyArray<string>,
    perform: Effect.Effect<A, StoreFailure>
  ): Effect.Effect<A, StoreFailure> =>
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
  const ids = (rows: ReadonlyArray<{ readonly id: string }>): ReadonlyArray<string> => rows.map((row) => row.id)

  /** What is told is an operation each: one that fails is lost, and the session that listened with it. */
  const told = (changes: Changes): Changes =>
    Stream.unwrap(
      Effect.as(
        through("listen", [], Effect.void),
        Stream.mapEffect(changes, (id) => through("changed", [id], Effect.succeed(id)))
      )
    )

  return {
    insert: (runs) => through("insert", ids(runs), store.insert(runs)),
    settle: (settlements) => through("settle", ids(settlements), store.settle(settlements)),
    entomb: (tombstones) =>
      through("entomb", ids(tombstones.map((tombstone) => tombstone.run)), store.entomb(tombstones)),
    release: (releases) => through("release", ids(releases), store.release(releases)),
    requestCancel: (requests) => through("cancel", ids(requests), store.requestCancel(requests)),
    reportProgress: (reports) => through("progress", ids(reports), store.reportProgress(reports)),
    get: (id) => through("read", [id], store.get(id)),
    list: (query) => through("list", [], store.list(query)),
    registerHost: (host) => through("register", [], store.registerHost(host)),
    renewHost: (renewal) => through("renew", [], store.renewHost(renewal)),
    removeHost: (hostId) => through("remove", [], store.removeHost(hostId)),
    hosts: through("hosts", [], store.hosts),
    fence: (host) => through("fence", [], store.fence(host)),
    takeOver: (takeOver) => through("takeOver", [], store.takeOver(takeOver)),
    ownedBy: (owner) => through("ownedBy", [], store.ownedBy(owner)),
    onLeaseEnd: store.onLeaseEnd,
    check: through("check", [], store.check),
    changes: store.changes === undefined ? undefined : told(store.changes),
    // It asks the caller's context, not the database: nothing can go wrong.
    isCallerInTransaction: store.isCallerInTransaction
  }
}
