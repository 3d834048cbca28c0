/**
 * The headline table is run as `npm run headline` runs it, for the rows that take no time, and its judge
 * says of every peer's outcome that it is wrong.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import { isRight, type Outcome } from "../../chaos/headline/cases.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

const node = (...args: ReadonlyArray<string>): Promise<readonly [code: number | null, output: string]> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: root }, (_, stdout, stderr) =>
      resolve([child.exitCode, stdout + stderr])
    )
  })

beforeAll(() => node("node_modules/typescript/bin/tsc", "-b", "chaos"), 120_000)

describe("the headline table", () => {
  it("is right where a lock, a SQLSTATE and the end of the session meet the success write", async () => {
    const [code, output] = await node("dist/chaos/headline/main.js", "300 ms", "40001", "57P01")
    assert.include(output, "3 of 3 right")
    assert.strictEqual(code, 0, output)
  }, 60_000)

  it("has no row that is right for nothing", async () => {
    const [code, output] = await node("dist/chaos/headline/main.js", "no such fault")
    assert.include(output, "0 of 0 right")
    assert.strictEqual(code, 1)
  }, 60_000)

  const right: Outcome = { status: "completed", told: ["completed"], executions: 1, writes: 2, millis: 300 }
  for (const [what, wrong] of [
    ["a success that is recorded as failed", { status: "failed", told: ["failed"] }],
    ["a signal that is not the row", { told: ["failed"] }],
    ["two signals", { told: ["completed", "failed"] }],
    ["no signal", { told: [] }],
    ["work that ran twice", { executions: 2 }],
    ["a row that never settled", { status: "running" }],
    ["a fault that met no write", { writes: 1 }]
  ] as const) {
    it(`does not take ${what} for right`, () => {
      assert.isTrue(isRight(right))
      assert.isFalse(isRight({ ...right, ...wrong }))
    })
  }
})
