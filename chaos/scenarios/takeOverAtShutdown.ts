/**
 * The ticket: a host was shut down while it took a lost run over. It went before the answer came, and the row said that it
 * had the run: the next host had to find out first that this one was gone as well.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { ghost } from "./ghost.js"
import { registerImport } from "./restartable.js"
import { beside, scenario, World } from "./world.js"

export default scenario({
  name: "takeOverAtShutdown",
  promise: "a shutdown waits for a take-over that is on its way, and gives back what it brings",
  guarantees: ["G5", "G9"],
  kernel: { leaseDuration: "6 seconds", shutdownGrace: "20 seconds" },
  plan: FaultPlan.fromRules(FaultPlan.rule("takeOver", "latency", { phase: "after", after: 5_000 })),
  program: Effect.gen(function* () {
    const world = yield* World
    const { attempts } = yield* registerImport()
    const id = yield* ghost(world)
    yield* Effect.sleep("9 seconds")
    const taken = yield* world.row(id)
    assert.deepEqual([taken?.["status"], taken?.["attempt"]], ["running", 2], "the answer is on its way")
    yield* world.close
    const row = yield* world.row(id)
    assert.deepEqual([row?.["status"], row?.["host_id"], row?.["attempt"]], ["pending", null, 2])
    assert.deepEqual(attempts, [])
    assert.deepEqual(yield* world.foreign("SELECT host_id FROM holdfast_hosts WHERE state = 'live'"), [])
    const next = RunKernel.layer().pipe(Layer.provide(world.database.store))
    yield* beside(next, (context) =>
      Effect.gen(function* () {
        const later = yield* Effect.provide(registerImport(), context)
        yield* Effect.sleep("1 second")
        assert.deepEqual(later.attempts, [3], "it goes on at once")
        assert.equal((yield* world.row(id))?.["status"], "completed")
      })
    )
  }).pipe(Effect.scoped)
})
