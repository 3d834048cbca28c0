/**
 * The ticket: the driver threw, as a defect and not as a typed failure, and the error walked past every
 * retry. A statement that dies is met like one that fails, whether it was applied or not.
 *
 * @since 0.1.0
 */
import * as assert from "node:assert/strict"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { RunKernel } from "../../src/RunKernel.js"
import * as FaultPlan from "../FaultPlan.js"
import { scenario, World, within } from "./world.js"

const dies = (label: string, attempt: number, phase: FaultPlan.Phase) =>
  FaultPlan.rule({ label, attempt }, "defect", { phase })

export default scenario({
  name: "driverThrows",
  promise: "a driver that throws is met as one that fails: the statement is repeated, after backoff",
  guarantees: ["G1", "G2", "G5", "G7"],
  plan: FaultPlan.fromRules(
    ...["insert", "settle", "cancel", "renew"].flatMap((label) => [dies(label, 1, "before"), dies(label, 2, "after")]),
    dies("read", 1, "before")
  ),
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const gate = yield* Deferred.make<void>()
    const handle = yield* within("1 second")(kernel.start("ignores", Effect.uninterruptible(Deferred.await(gate))))
    const cancelling = yield* Effect.fork(handle.cancel())
    assert.deepEqual(yield* within("1 second")(Fiber.join(cancelling)), { _tag: "Requested", durable: true })
    yield* Deferred.succeed(gate, undefined)
    assert.equal((yield* within("1 second")(handle.settled)).status, "cancelled")
    assert.equal((yield* world.row(handle.id))?.["status"], "cancelled")
    assert.equal((yield* within("1 second")(kernel.get(handle.id))).status, "cancelled")

    // Past the first lease, whose first two renewals died: the host still has it.
    yield* Effect.sleep("70 seconds")
    const next = yield* within("1 second")(kernel.start("import", Effect.succeed(10)))
    assert.equal(yield* within("1 second")(next.result), 10)
    const failures = (yield* world.lines).flatMap((line) =>
      line._tag === "WriteFailed" || line._tag === "LeaseFailed"
        ? [`${line.failure.operation}, ${line.failure.class}`]
        : []
    )
    assert.deepEqual(
      failures,
      ["insert", "cancel", "settle", "renew"].flatMap((operation) => Array(2).fill(`${operation}, unknown`))
    )
  })
})
