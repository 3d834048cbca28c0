/**
 * The ticket: after each crash everybody waited a minute for the lease of a process that was known to be
 * gone, with all its keys taken.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HostProcesses } from "../../src/internal/hosts/hostProcess.js"
import * as RunKernel from "../../src/RunKernel.js"
import { ghost } from "./ghost.js"
import { beside, scenario, World } from "./world.js"

export default scenario({
  name: "processGone",
  promise: "on one machine a host whose process is gone is taken over at once, by a host that comes up",
  guarantees: ["G8", "G9"],
  kernel: {},
  program: Effect.gen(function* () {
    const world = yield* World
    const id = yield* ghost(world, { pid: 7, bootId: "machine", onHostExit: "fail", leaseMillis: 60_000 })
    const alive = yield* ghost(world, { pid: 8, bootId: "machine", onHostExit: "fail", leaseMillis: 1_000_000 })
    const next = RunKernel.layer().pipe(Layer.provide(world.database.store))
    yield* beside(next, (context) =>
      Effect.gen(function* () {
        const kernel = Context.get(context, RunKernel.RunKernel)
        assert.equal((yield* kernel.get(id)).failure?.reason, "HostLost")
        assert.equal((yield* kernel.get(alive)).status, "running")
        assert.ok((yield* world.lines).some((line) => line._tag === "HostFenced" && line.why === "processGone"))
      })
    ).pipe(
      Effect.provideService(HostProcesses, {
        own: { pid: 9, bootId: "machine", processStartedAt: 1 },
        isGone: ({ pid }) => pid === 7
      })
    )
    yield* world.foreign("DELETE FROM holdfast_runs WHERE run_id = ?", alive)
  })
})
