/**
 * Rows for the store's tests: ids that are numbers in disguise, and one valid row of each kind, of
 * which a test says only what it is about.
 */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { assert } from "vitest"
import { HostId, RunId } from "../../../src/RunId.js"
import { RunStore } from "../../../src/RunStore.js"

const uuid = (n) => `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`
export const runId = (n) => RunId.make(uuid(n))
export const hostId = (n) => HostId.make(uuid(0xa000 + n))
export const here = hostId(1)
export const elsewhere = hostId(2)
export const newRun = (n, over = {}) => ({
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
export const settlement = (n, over = {}) => ({
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
export const tombstone = (run, over = {}) => ({
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
export const cancel = (n, over = {}) => ({
  id: runId(n),
  requestedAt: 3000,
  reason: "by hand",
  token: `cancel-${n}`,
  ...over
})
/** Inserts, and fails the test unless every row is new. */
export const inserted = (...runs) =>
  Effect.gen(function* () {
    const outcomes = yield* (yield* RunStore).insert(runs)
    assert.deepStrictEqual(
      outcomes.map((outcome) => outcome._tag),
      runs.map(() => "Inserted")
    )
  })
/** The row, which has to be there. */
export const row = (n) =>
  Effect.gen(function* () {
    const found = yield* (yield* RunStore).get(runId(n))
    return yield* Effect.orDieWith(found, () => new Error(`There is no row of run ${n}.`))
  })
export const isThere = (n) =>
  Effect.map(
    Effect.flatMap(RunStore, (store) => store.get(runId(n))),
    Option.isSome
  )
export const testOn = (layer) => (promise, body) => {
  it.effect(promise, () => Effect.provide(body, Layer.fresh(layer)))
}
//# sourceMappingURL=fixtures.js.map
