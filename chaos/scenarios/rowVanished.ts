/**
 * The ticket: a terminal write for a run that has no row any more was told as done, or repeated for
 * ever. It is an answer of its own: the run is not there.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { RunKernel } from "../../src/RunKernel.js"
import { Chaos } from "../Chaos.js"
import { scenario, World, within } from "./world.js"

export default scenario({
  name: "rowVanished",
  promise: "a terminal write that finds no row is told as not found, once, and never as done",
  guarantees: ["G4", "G5", "G10"],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const gate = yield* Deferred.make<void>()
    const handle = yield* kernel.start("import", Effect.as(Deferred.await(gate), 10), { key: "a.csv" })
    const told: Array<string> = []
    const listener = yield* Effect.fork(
      Stream.runForEach(handle.events, ({ _tag }) => Effect.sync(() => told.push(_tag)))
    )
    yield* Effect.sleep(0)
    yield* world.foreign("DELETE FROM holdfast_runs WHERE run_id = ?", handle.id)
    yield* Deferred.succeed(gate, undefined)
    for (const asked of [handle.settled, handle.result, kernel.settled(handle.id), kernel.get(handle.id)]) {
      const error = yield* within(0)(Effect.flip<unknown, { readonly _tag: string }, never>(asked))
      assert.equal(error._tag, "RunNotFound")
    }
    assert.equal((yield* within(0)(Effect.flip(Fiber.join(listener))))._tag, "RunNotFound")
    assert.deepEqual(told, ["Snapshot"])
    assert.equal((yield* Effect.flip(handle.cancel()))._tag, "RunNotFound")

    const settles = (yield* (yield* Chaos).operations).filter(({ label }) => label === "settle")
    assert.equal(settles.length, 1)
    const tags = (yield* world.lines).map(({ _tag }) => _tag)
    assert.equal(tags.filter((tag) => tag === "RunVanished").length, 1)
    assert.equal(tags.filter((tag) => tag === "Settled" || tag === "WriteFailed").length, 0)
    // Nothing of it is left in memory, either: its key is free.
    const next = yield* kernel.start("import", Effect.succeed(11), { key: "a.csv" })
    assert.equal(yield* within(0)(next.result), 11)
  })
})
