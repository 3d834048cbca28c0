/**
 * The ticket: a host lost its way to the database for a minute and came back. Another one had restarted
 * its runs by then, and the first one's results were written over those of the second.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Run from "../../src/Run.js"
import * as RunKernel from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import * as Chaos from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { beside, scenario, World, within } from "./world.js"

const Import = Work.make("import", { success: Schema.String, onHostExit: "restart" })

export default scenario({
  name: "hostGoesSilent",
  promise:
    "a host that cannot renew is fenced by an observer, its run goes on elsewhere, and what it still writes changes nothing",
  guarantees: ["G3", "G4", "G9"],
  kernel: { leaseDuration: "6 seconds" },
  plan: FaultPlan.fromRules(FaultPlan.rule("renew", "busy", { window: "untilHealed" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const chaos = yield* Chaos.Chaos
    const works: Array<string> = []
    const host = (name: string, millis: number) =>
      Import.toLayer(() =>
        Effect.gen(function* () {
          const { attempt } = yield* Run.CurrentRun
          works.push(`${name}#${attempt}`)
          yield* Effect.uninterruptible(Effect.sleep(millis))
          return name
        })
      )
    const first = yield* Layer.build(
      Layer.provideMerge(host("first", 22_000), Layer.succeed(RunKernel.RunKernel, kernel))
    )
    const handle = yield* Effect.provide(Import.start(), first)
    const subscriber = yield* Effect.fork(Stream.runCollect(handle.events))
    const second = Layer.provideMerge(host("second", 20_000), RunKernel.layer({ leaseDuration: "6 seconds" })).pipe(
      Layer.provide(world.database.store)
    )
    yield* beside(second, (context) =>
      Effect.gen(function* () {
        yield* Effect.sleep("10 seconds")
        assert.deepEqual(works, ["first#1"], "a lease and delayMax have not passed yet")
        yield* Effect.sleep("9 seconds")
        assert.deepEqual(works, ["first#1", "second#2"])
        assert.ok((yield* world.lines).some((line) => line._tag === "HostFenced" && line.why === "silent"))
        const there = yield* Effect.provide(Import.attach(handle.id), context)
        assert.equal(yield* within("30 seconds")(there.result), "second")
        yield* chaos.heal
        yield* Effect.sleep("6 seconds")
        assert.ok((yield* world.lines).some(({ _tag }) => _tag === "LeaseReplaced"))
        const fenced = yield* world.foreign("SELECT host_id FROM holdfast_hosts WHERE state = 'fenced'")
        assert.deepEqual(fenced, [], "no run names it any more")
        const row = yield* world.row(handle.id)
        assert.deepEqual([row?.["status"], row?.["attempt"], row?.["result"]], ["completed", 2, '"second"'])
        const events = Chunk.toReadonlyArray(yield* within("20 seconds")(Fiber.join(subscriber)))
        const last = events.at(-1)
        assert.ok(last?._tag === "Settled" && last.status === "completed")
      })
    )
  }).pipe(Effect.scoped)
})
