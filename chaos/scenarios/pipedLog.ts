/**
 * The ticket: the log of concurrent runs could not be parsed; long lines had been cut into each other.
 * A real process writes, this one reads the other end of its pipe.
 *
 * @since 0.1.0
 */

import * as assert from "node:assert/strict"
import { spawn } from "node:child_process"
import * as Effect from "effect/Effect"
import * as RunHistory from "../../src/RunHistory.js"
import * as HostProgram from "../crash/hostProgram.js"
import type { Mutant } from "../mutants/Mutant.js"
import type { Scenario } from "../Scenario.js"

/** Those that this very module was loaded with: `chaos/mutants/loadMutated` leaves them for the processes of a scenario. */
const mutants = (): ReadonlyArray<Mutant> => JSON.parse(process.env["HOLDFAST_MUTANTS"] ?? "[]")

/** All that a host writes to its standard output. */
const outputOf = (host: HostProgram.HostProgram): Effect.Effect<string> =>
  Effect.async((resume) => {
    const child = spawn(process.execPath, [host.path], { stdio: ["ignore", "pipe", "inherit"] })
    const chunks: Array<Buffer> = []
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk))
    child.on("error", (error) => resume(Effect.die(error)))
    child.on("close", (code) => {
      if (code === 0) resume(Effect.succeed(Buffer.concat(chunks).toString("utf8")))
      else resume(Effect.dieMessage(`the host ended with ${code}`))
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const scenario: Scenario = {
  name: "pipedLog",
  promise: "the log lines of concurrent runs do not interleave, however long they are and whatever is in them",
  guarantees: ["G11"],
  isReal: true,
  program: Effect.gen(function* () {
    const output = yield* outputOf(yield* HostProgram.make(mutants(), "chaos/scenarios/hosts/chatty.ts"))
    const lines = output.split("\n").filter((line) => line !== "")
    const entries = lines.map((line) => JSON.parse(line) as { readonly message: unknown })
    const messages = entries.map(({ message }) => message).filter((message) => typeof message === "string")
    const long = messages.filter((message) => Buffer.byteLength(message) > 64 * 1024)
    assert.deepEqual(
      [messages.length, long.length],
      [120, 80],
      "every line that was logged is there, the long ones too"
    )
    assert.ok(messages.includes("run 7 begins\nwith a second line\r\nand a third"))
    assert.equal(messages.filter((message) => message.endsWith("光終")).length, 40)
    const history = RunHistory.fromLog(output)
    assert.deepEqual(RunHistory.check(history, { isFinal: true }).map(RunHistory.render), [])
    const settled = history.lines.flatMap((line) => (line._tag === "Settled" ? [line.status] : []))
    assert.deepEqual([settled.length, settled.filter((status) => status === "failed").length], [40, 14])
  }).pipe(Effect.scoped)
}

export default scenario
