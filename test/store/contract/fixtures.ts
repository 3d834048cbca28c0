/**
 * Rows for the store's tests: ids that are numbers in disguise, and one valid row of each kind, of
 * which a test says only what it is about.
 */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { assert } from "vitest"
import type { StoreFailure } from "../../../src/RunError.js"
import { HostId, RunId } from "../../../src/RunId.js"
import type * as RunStoreModule from "../../../src/RunStore.js"
import { RunStore } from "../../../src/RunStore.js"

const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`

export const runId = (n: number): RunId => RunId.make(uuid(n))
export const hostId = (n: number): HostId => HostId.make(uuid(0xa000 + n))

export const here = hostId(1)
export const elsewhere = hostId(2)

export const newRun = (n: number, over: Partial<RunStoreModule.NewRun> = {}): RunStoreModule.NewRun => ({
  id: runId(n),
  name: "import",
  key: null,
  idempotencyKey: null,
  payload: `{"n":${n}}`,
  payloadHash: `hash-${n}`,
  hostId: here,
  attemptMax: 3,
  onHostExit: "fail",
  createdAt: 1000 + n,
  ...over
})

export const settlement = (n: number, over: Partial<RunStoreModule.Settlement> = {}): RunStoreModule.Settlement => ({
  id: runId(n),
  hostId: here,
  attempt: 1,
  token: `${over.hostId ?? here}:${over.attempt ?? 1}`,
  status: "completed",
  workOutcome: "succeeded",
  finishedAt: 5000,
  result: `{"done":${n}}`,
  error: null,
  cancelRequestedAt: null,
  cancelReason: null,
  ...over
})

export const tombstone = (
  run: RunStoreModule.NewRun,
  over: Partial<RunStoreModule.Settlement> = {}
): RunStoreModule.Tombstone => ({
  run,
  settlement: {
    ...settlement(0),
    id: run.id,
    hostId: run.hostId,
    token: `${run.hostId}:1`,
    status: "failed",
    workOutcome: "notStarted",
    result: null,
    error: `{"reason":"StartAbandoned","message":"gone"}`,
    ...over
  }
})

export const cancel = (n: number, over: Partial<RunStoreModule.CancelRequest> = {}): RunStoreModule.CancelRequest => ({
  id: runId(n),
  requestedAt: 3000,
  reason: "by hand",
  token: `cancel-${n}`,
  ...over
})

/** Inserts, and fails the test unless every row is new. */
export const inserted = (...runs: ReadonlyArray<RunStoreModule.NewRun>) =>
  Effect.gen(function* () {
    const outcomes = yield* (yield* RunStore).insert(runs)
    assert.deepStrictEqual(
      outcomes.map((outcome) => outcome._tag),
      runs.map(() => "Inserted")
    )
  })

/** The row, which has to be there. */
export const row = (n: number) =>
  Effect.gen(function* () {
    const found = yield* (yield* RunStore).get(runId(n))
    return yield* Effect.orDieWith(found, () => new Error(`There is no row of run ${n}.`))
  })

export const isThere = (n: number) =>
  Effect.map(
    Effect.flatMap(RunStore, (store) => store.get(runId(n))),
    Option.isSome
  )

/** A test with a store of its own. */
export type StoreTest = (promise: string, body: Effect.Effect<void, StoreFailure, RunStore>) => void

export const testOn =
  (layer: Layer.Layer<RunStore, StoreFailure>): StoreTest =>
  (promise, body) => {
    it.effect(promise, () => Effect.provide(body, Layer.fresh(layer)))
  }
