/**
 * The ticket: a defect between the insert's answer and the fork of the work (here the host's logger
 * throws at that very line) left a row that said `running` and a record that nothing would ever end.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"

let isBroken = true

export default scenario({
  name: "startLoggerDefect",
  promise: "a defect after the insert's answer settles the row as StartAbandoned, and frees its key",
  guarantees: ["G5", "G7", "G8"],
  logging: (line) => {
    if (!isBroken || !line.includes('"RunStarted"')) return
    isBroken = false
    throw new Error("the host's logger has a defect")
  },
  program: Effect.gen(function* () {
    isBroken = true
    const kernel = yield* RunKernel
    const world = yield* World
    let effects = 0
    const work = Effect.sync(() => effects++)
    const exit = yield* Effect.exit(within("5 seconds")(kernel.start("import", work, { key: "one" })))
    assert.ok(Exit.isFailure(exit) && exit.cause._tag === "Die", `${exit}`)
    const again = yield* within("5 seconds")(kernel.start("import", work, { key: "one" }))
    assert.equal((yield* within("1 second")(again.settled)).status, "completed")
    const [row] = yield* world.foreign("SELECT * FROM holdfast_runs WHERE run_id <> ?", again.id)
    assert.deepEqual([row?.status, row?.work_outcome], ["failed", "notStarted"])
    assert.equal(JSON.parse(String(row?.error)).reason, "StartAbandoned")
    assert.equal(effects, 1)
  })
})
