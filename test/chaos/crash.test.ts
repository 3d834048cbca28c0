/**
 * A crash is a real one: SIGKILL, in a process of its own, before or after the statement, and the file
 * is what it leaves behind.
 *
 * @since 0.1.0
 */
import { execFile } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FaultPlan from "../../chaos/FaultPlan.js"
import { type File, makeFile } from "./brokenDatabase.js"

const viteNode = join(dirname(createRequire(import.meta.url).resolve("vite-node/package.json")), "vite-node.mjs")
const crashing = fileURLToPath(new URL("fixture/crashing.ts", import.meta.url))

const run = (file: File, plan: FaultPlan.FaultPlan) =>
  Effect.async<{ readonly signal: string | undefined; readonly told: string }>((resume) => {
    const child = execFile(
      process.execPath,
      [viteNode, crashing, file.path, JSON.stringify(plan)],
      (error, stdout, stderr) =>
        resume(Effect.succeed({ signal: error?.signal ?? undefined, told: `${stdout}${stderr}` }))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

describe("crash", () => {
  it.scoped.each([
    { phase: "before", titles: [] },
    { phase: "after", titles: ["a"] },
    { phase: "late", titles: [] }
  ] as const)("$phase kills the process at once, and leaves the file so", ({ phase, titles }) =>
    Effect.gen(function* () {
      const file = yield* makeFile
      const ended = yield* run(file, FaultPlan.once("INSERT documents", "crash", phase))
      assert.deepStrictEqual(ended, { signal: "SIGKILL", told: "" })
      assert.deepStrictEqual(yield* file.titles, titles)
    })
  )

  it.scoped("the same process lives without the fault", () =>
    Effect.gen(function* () {
      const file = yield* makeFile
      assert.deepStrictEqual(yield* run(file, FaultPlan.none), { signal: undefined, told: "survived" })
      assert.deepStrictEqual(yield* file.titles, ["a"])
    })
  )
})
