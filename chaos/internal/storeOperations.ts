/**
 * Every operation of a `RunStore`, led through one function: what stands in front of a store needs to say no more than
 * what it does with each.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { StoreFailure } from "../../src/RunError.js"
import type { RunStore } from "../../src/RunStore.js"

export type Store = Context.Tag.Service<RunStore>

/** `label` names the operation, and `runIds` the rows that it is about, where it names any. */
export type Through = <A>(
  label: string,
  runIds: ReadonlyArray<string>,
  perform: Effect.Effect<A, StoreFailure>
) => Effect.Effect<A, StoreFailure>

/** A store like this one. What it tells of changes is as it was. */
export const throughAll = (store: Store, through: Through): Store => ({
  ...store,
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
  check: through("check", [], store.check)
})

const ids = (rows: ReadonlyArray<{ readonly id: string }>): ReadonlyArray<string> => rows.map((row) => row.id)
