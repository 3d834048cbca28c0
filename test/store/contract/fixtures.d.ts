import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { StoreFailure } from "../../../src/RunError.js"
import { HostId, RunId } from "../../../src/RunId.js"
import type * as RunStoreModule from "../../../src/RunStore.js"
import { RunStore } from "../../../src/RunStore.js"
export declare const runId: (n: number) => RunId
export declare const hostId: (n: number) => HostId
export declare const here: string & import("effect/Brand").Brand<"effect-holdfast/HostId">
export declare const elsewhere: string & import("effect/Brand").Brand<"effect-holdfast/HostId">
export declare const newRun: (n: number, over?: Partial<RunStoreModule.NewRun>) => RunStoreModule.NewRun
export declare const settlement: (n: number, over?: Partial<RunStoreModule.Settlement>) => RunStoreModule.Settlement
export declare const tombstone: (
  run: RunStoreModule.NewRun,
  over?: Partial<RunStoreModule.Settlement>
) => RunStoreModule.Tombstone
export declare const cancel: (n: number, over?: Partial<RunStoreModule.CancelRequest>) => RunStoreModule.CancelRequest
/** Inserts, and fails the test unless every row is new. */
export declare const inserted: (
  ...runs: ReadonlyArray<RunStoreModule.NewRun>
) => Effect.Effect<void, StoreFailure, RunStoreModule.RunStore>
/** The row, which has to be there. */
export declare const row: (n: number) => Effect.Effect<RunStoreModule.StoredRun, StoreFailure, RunStoreModule.RunStore>
export declare const isThere: (n: number) => Effect.Effect<boolean, StoreFailure, RunStoreModule.RunStore>
/** A test with a store of its own. */
export type StoreTest = (promise: string, body: Effect.Effect<void, StoreFailure, RunStore>) => void
export declare const testOn: (layer: Layer.Layer<RunStore, StoreFailure>) => StoreTest
//# sourceMappingURL=fixtures.d.ts.map
