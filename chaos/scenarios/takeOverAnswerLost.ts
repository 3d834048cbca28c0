/**
 * The ticket: a host took a lost run over, and the answer was lost on the way. The row said that the host
 * had it, the host knew nothing of it, and nobody ever looked again.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Run from "../../src/Run.js"
import * as RunKernel from "../../src/RunKernel.js"
import * as Work from "../../src/Work.js"
import * as FaultPlan from "../FaultPlan.js"
import { ghost } from "./ghost.js"
import { scenario, World } from "./world.js"

const Import = Work.make("import", { onHostExit: "restart" })

export default scenario({
  name: "takeOverAnswerLost",
  promise: "a take-over whose answer was lost is found at the next renewal, and the run begins, once",
  guarantees: ["G9"],
  kernel: { leaseDuration: "6 seconds" },
  plan: FaultPlan.fromRules(FaultPlan.rule("takeOver", "ioError", { phase: "after" })),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel.RunKernel
    const world = yield* World
    const works: Array<number> = []
    const importing = Import.toLayer(() =>
      Effect.map(Run.CurrentRun, ({ attempt }) => {
        works.push(attempt)
      })
    ).pipe(Layer.provide(Layer.succeed(RunKernel.RunKernel, kernel)))
    yield* Layer.build(importing)
    const id = yield* ghost(world)
    yield* Effect.sleep("14 seconds")
    assert.deepEqual(works, [2])
    const row = yield* world.row(id)
    assert.deepEqual([row?.["status"], row?.["attempt"]], ["completed", 2])
  }).pipe(Effect.scoped)
})
