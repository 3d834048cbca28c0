/**
 * The ticket: a start had failed with an error, and its host was silent meanwhile. Another host found the row that the
 * start had left after all, and did work that nobody had been told of.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Run from "../../src/Run.js"
import * as RunKernel from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import { Chaos } from "../Chaos.js"
import * as FaultPlan from "../FaultPlan.js"
import { beside, scenario, World, within } from "./world.js"

const Import = Work.make("import", { onHostExit: "restart" })

export default scenario({
  name: "tombstoneMeetsAnother",
  promise:
    "a tombstone that finds the run at work on another host leaves a cancel there, since its start was never answered",
  guarantees: ["G7", "G9"],
  kernel: { leaseDuration: "6 seconds" },
  plan: FaultPlan.fromRules(
    // It is applied, and nobody hears of it.
    FaultPlan.rule("insert", "hang", { phase: "after" }),
    FaultPlan.rule("entomb", "busy", { window: "untilHealed" }),
    FaultPlan.rule("renew", "busy", { window: "untilHealed" })
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const chaos = yield* Chaos
    const works: Array<string> = []
    const host = (name: string) =>
      Import.toLayer(() =>
        Effect.flatMap(Run.CurrentRun, ({ attempt }) => {
          works.push(`${name}#${attempt}`)
          return Effect.sleep("1 hour")
        })
      )
    const first = yield* Layer.build(Layer.provideMerge(host("first"), Layer.succeed(RunKernel.RunKernel, kernel)))
    const second = Layer.provideMerge(host("second"), RunKernel.layer({ leaseDuration: "6 seconds" })).pipe(
      Layer.provide(world.database.store)
    )
    yield* beside(second, () =>
      Effect.gen(function* () {
        const failure = yield* within("15 seconds")(Effect.flip(Effect.provide(Import.start(), first)))
        assert.ok(failure._tag === "StoreFailure" && failure.inDoubt, `${failure}`)
        yield* Effect.sleep("12 seconds")
        assert.deepEqual(works, ["second#2"])
        yield* chaos.heal
        // The tombstone is tried again, later where an attempt of it fails once more, and the other host renews.
        const looked = world.foreign("SELECT status, attempt, work_outcome, cancel_reason FROM holdfast_runs")
        const rows = yield* within("40 seconds")(
          Effect.repeat(Effect.zipRight(Effect.sleep("2 seconds"), looked), {
            until: ([row]) => row?.status !== "running"
          })
        )
        assert.deepEqual(
          rows.map((row) => Object.values(row)),
          [["cancelled", 2, "interrupted", "Its start was abandoned."]]
        )
      })
    )
  }).pipe(Effect.scoped)
})
