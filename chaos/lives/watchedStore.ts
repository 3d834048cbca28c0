/**
 * A store whose writes are followed by a look at the rows: two changes between two entries of a history
 * would be one otherwise. It stands below a chaos layer, so that it sees every landing by itself.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { RunStore } from "../../src/RunStore.js"

export const watchedStore = (store: typeof RunStore.Service, look: () => void): typeof RunStore.Service => {
  // Whatever its answer: one that is lost says nothing of what was applied.
  const watched = <A, E>(write: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.ensuring(write, Effect.sync(look))
  return {
    ...store,
    insert: (runs) => watched(store.insert(runs)),
    settle: (settlements) => watched(store.settle(settlements)),
    entomb: (tombstones) => watched(store.entomb(tombstones)),
    requestCancel: (requests) => watched(store.requestCancel(requests)),
    release: (releases) => watched(store.release(releases)),
    takeOver: (takeOver) => watched(store.takeOver(takeOver))
  }
}
