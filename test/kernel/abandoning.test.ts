/** A start that is given up, as far as no caller of the kernel can bring it about: after a defect of the kernel's own. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { KernelCore } from "../../src/internal/kernel/kernelCore.js"
import { abandon } from "../../src/internal/runs/abandoning.js"
import * as ActiveRun from "../../src/internal/runs/activeRun.js"
import { here } from "../store/contract/fixtures.js"
import { freshRun } from "./freshRun.js"

const fresh = (): ActiveRun.ActiveRun => freshRun({ isInsertSent: true })

/** As much of a kernel as a start that is given up needs, and what it was asked for. */
const recording = () => {
  const seen: Array<unknown> = []
  // A part of a kernel only: whatever else is touched fails the test.
  const core = {
    isClosed: false,
    ended: undefined,
    options: { parkAfter: Duration.seconds(1) },
    inserts: new Map(),
    tombstones: new Map(),
    writer: {
      insert: { withdraw: () => seen.push("withdrawn") },
      entomb: { submit: () => seen.push("entombed") },
      wake: () => {}
    },
    log: (line: unknown) => Effect.sync(() => void seen.push(line))
  } as unknown as KernelCore
  return { core, seen }
}

describe("a start that is given up after a defect", () => {
  for (const state of ["Inserting", "Working"] as const) {
    it.effect(`says so, and is entombed, where it is ${state}`, () =>
      Effect.gen(function* () {
        const { core, seen } = recording()
        const run = fresh()
        if (state === "Working") ActiveRun.inserted(run, 1)
        yield* abandon(core, run, Cause.die(new Error("made up")))
        assert.deepStrictEqual(seen, [
          "withdrawn",
          {
            _tag: "StartFailed",
            runId: run.id,
            hostId: here,
            name: "import",
            error: "Defect",
            message: "Its start was given up: it met a defect.",
            abandoned: true
          },
          "entombed"
        ])
      })
    )
  }

  it.effect("is left alone where its end is on its way already", () =>
    Effect.gen(function* () {
      const { core, seen } = recording()
      const run = fresh()
      core.inserts.set(run.id, () => seen.push("answered"))
      ActiveRun.end(run, { _tag: "Interrupted" }, 1)
      const { state } = run
      yield* abandon(core, run, Cause.die(new Error("made up")))
      assert.deepStrictEqual(seen, [])
      assert.strictEqual(run.state, state)
      // Its place among the starts that wait is free.
      assert.strictEqual(core.inserts.size, 0)
    })
  )
})
