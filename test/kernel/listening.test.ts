/** A kernel on a store that tells of changes: they make it prompt, and nothing else. */
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { Wire } from "../../chaos/scenarios/wire.js"
import type { RunId } from "../../src/RunId.js"
import { cancel, elsewhere, newRun, runId, settlement } from "../store/contract/fixtures.js"
import { registration } from "../store/contract/hosting.js"
import { failure, onStage } from "./onStage.js"

/** A kernel that looks by itself once in an hour. */
const listening = Effect.gen(function* () {
  const wire = new Wire()
  const reads: Array<RunId> = []
  const stage = yield* onStage({ leaseDuration: "3 hours", followInterval: "1 hour" }, (store) => ({
    changes: wire.changes,
    get: (id) =>
      Effect.zipRight(
        Effect.sync(() => void reads.push(id)),
        store.get(id)
      )
  }))
  const tell = (id: RunId) =>
    Effect.zipRight(
      Effect.sync(() => wire.tell(id)),
      TestClock.adjust("1 millis")
    )
  yield* TestClock.adjust("1 millis")
  return { ...stage, wire, reads, tell }
})

describe("a kernel that listens", () => {
  it.scoped("reads a run that may have been cancelled elsewhere, and none whose change is its own doing", () =>
    Effect.gen(function* () {
      const { kernel, reads, store, tell } = yield* listening
      const atWork = yield* kernel.start("import", Effect.never)
      const ended = yield* kernel.start("import", Effect.void)
      yield* ended.settled
      yield* tell(ended.id)
      yield* tell(runId(7))
      assert.deepStrictEqual(reads, [])
      yield* tell(atWork.id)
      assert.deepStrictEqual(reads, [atWork.id], "and has found that it is not")
      assert.strictEqual((yield* kernel.get(atWork.id)).status, "running")
      const request = { id: atWork.id, requestedAt: 5, reason: "by hand", token: "t" }
      yield* store.requestCancel([request])
      yield* tell(atWork.id)
      assert.include(yield* atWork.settled, { status: "cancelled" })
      assert.include(yield* Effect.flip(atWork.result), { _tag: "RunCancelled", reason: "by hand" })
    })
  )

  it.scoped("takes no cancel from a row that is another host's by now", () =>
    Effect.gen(function* () {
      const { kernel, store, tables, tell } = yield* listening
      let interrupted = 0
      const work = Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++))
      const handle = yield* kernel.start("import", work)
      const row = tables.runs.get(handle.id)
      assert(row !== undefined)
      tables.runs.set(handle.id, { ...row, hostId: elsewhere, attempt: 2 })
      yield* store.requestCancel([{ id: handle.id, requestedAt: 5, reason: null, token: "t" }])
      yield* tell(handle.id)
      assert.strictEqual(interrupted, 0)
    })
  )

  it.scoped("tells those who follow a run of another host as soon as it is told, and each change once", () =>
    Effect.gen(function* () {
      const { kernel, reads, store, tell } = yield* listening
      yield* store.registerHost(registration({ hostId: elsewhere }))
      yield* store.insert([newRun(1, { hostId: elsewhere })])
      const events = yield* Effect.fork(Stream.runCollect(kernel.events(runId(1))))
      const waiter = yield* Effect.fork(kernel.settled(runId(1)))
      yield* TestClock.adjust("1 millis")
      yield* store.requestCancel([cancel(1)])
      yield* tell(runId(1))
      yield* tell(runId(1))
      yield* store.settle([settlement(1, { hostId: elsewhere, token: "theirs" })])
      yield* tell(runId(1))
      assert.include(yield* Fiber.join(waiter), { status: "cancelled" })
      assert.deepStrictEqual(
        Chunk.toReadonlyArray(yield* Fiber.join(events)).map(({ _tag, sequence }) => [_tag, sequence]),
        [
          ["Snapshot", 0],
          ["CancelRequested", 1],
          ["Settled", 2]
        ]
      )
      const before = reads.length
      yield* tell(runId(1))
      assert.lengthOf(reads, before, "nobody follows it any more")
    })
  )

  it.scoped("listens again while it cannot, with delays up to the longest, and says so once", () =>
    Effect.gen(function* () {
      let asked = 0
      const changes = Stream.suspend(() =>
        ++asked === 3 ? Stream.die("made up") : Stream.fail(failure({ operation: "listen" }))
      )
      const { text } = yield* onStage({ persist: { delayMax: "5 seconds" } }, () => ({ changes }))
      yield* TestClock.adjust("20 seconds")
      const early = asked
      yield* TestClock.adjust("100 seconds")
      assert.isAtLeast(early, 6)
      assert.isAtMost(asked - early, 21)
      assert.isAtLeast(asked - early, 19)
      assert.lengthOf(text().match(/tells of no changes/g) ?? [], 1)
    })
  )
})
