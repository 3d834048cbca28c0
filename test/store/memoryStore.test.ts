/** The memory store where the contract of all stores does not reach, or reaches it by luck only. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { makeMemory } from "../../src/internal/store/memoryStore.js"
import { cancel, here, newRun, runId, settlement, tombstone } from "./contract/fixtures.js"

describe("the memory store", () => {
  it.effect("dies of a run that is named twice, and says where", () =>
    Effect.gen(function* () {
      const store = yield* makeMemory
      const progress = { id: runId(1), hostId: here, attempt: 1, current: 1, total: null, step: null }
      const writes: Readonly<Record<string, Effect.Effect<unknown, unknown>>> = {
        insert: store.insert([newRun(1), newRun(1)]),
        settle: store.settle([settlement(1), settlement(1)]),
        entomb: store.entomb([tombstone(newRun(1)), tombstone(newRun(1))]),
        cancel: store.requestCancel([cancel(1), cancel(1)]),
        progress: store.reportProgress([progress, progress])
      }
      for (const [operation, write] of Object.entries(writes)) {
        const exit = yield* Effect.exit(write)
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause), operation)
        assert.include(Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "", `RunStore.${operation} was given run`)
      }
    })
  )

  it.effect("lists runs of one millisecond by their ids, the newest first, in whatever order they came", () =>
    Effect.gen(function* () {
      const orders = [
        [1, 2, 3],
        [3, 2, 1],
        [2, 1, 3],
        [2, 3, 1]
      ]
      for (const order of orders) {
        const store = yield* makeMemory
        yield* store.insert(order.map((n) => newRun(n, { createdAt: 1 })))
        assert.deepStrictEqual(
          (yield* store.list({})).map(({ id }) => id),
          [runId(3), runId(2), runId(1)]
        )
      }
    })
  )
})
