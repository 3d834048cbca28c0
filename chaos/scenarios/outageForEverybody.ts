/**
 * The ticket: the database was away for a minute. When it came back, the first host that got through found
 * that no other one had renewed for so long, and took everybody's runs.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { ghost } from "./ghost.js"
import { scenario, World } from "./world.js"

export default scenario({
  name: "outageForEverybody",
  promise: "an outage for everybody kills nobody: who could not look has not seen that the others were silent",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds" },
  // Some looks come through before it.
  plan: FaultPlan.fromRules(FaultPlan.rule({ label: "hosts", attempt: 3 }, "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const world = yield* World
    const chaos = yield* Chaos.Chaos
    // The other host, which renews when it can: by hand.
    const id = yield* ghost(world, { leaseMillis: 6_000 })
    const renew = world.foreign("UPDATE holdfast_hosts SET renew_seq = renew_seq + 1 WHERE pid = 1")
    yield* Effect.sleep("30 seconds")
    yield* chaos.heal
    // The observer is the first to get through.
    yield* Effect.sleep("5 seconds")
    for (let seconds = 0; seconds < 12; seconds += 2) yield* Effect.zipRight(renew, Effect.sleep("2 seconds"))
    assert.equal((yield* world.lines).filter(({ _tag }) => _tag === "HostFenced").length, 0)
    assert.equal((yield* world.row(id))?.status, "running")
    yield* world.foreign("DELETE FROM holdfast_runs WHERE run_id = ?", id)
  })
})
