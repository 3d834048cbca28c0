/** Processes of this machine, real ones: this one, one that has ended, and what only looks like one of them. */
import { execFileSync, spawn } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { HostProcesses } from "../../src/internal/hosts/hostProcess.js"

describe.runIf(process.platform === "linux")("the processes of this machine", () => {
  it.effect("one that runs is not gone, by pid and start time", () =>
    Effect.gen(function* () {
      const { isGone, own } = yield* HostProcesses
      assert.isFalse(isGone(own))
      assert.strictEqual(own.pid, process.pid)
      assert.isTrue(isGone({ ...own, processStartedAt: (own.processStartedAt ?? 0) - 1 }), "the pid was given again")
      assert.isFalse(isGone({ ...own, processStartedAt: null }))
    })
  )

  it.effect("one that has ended is gone, and one that was killed and not looked at yet", () =>
    Effect.gen(function* () {
      const { isGone, own } = yield* HostProcesses
      const pid = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }))
      assert.isTrue(isGone({ ...own, pid, processStartedAt: 1 }))
      const child = spawn("sleep", ["60"])
      assert.isFalse(isGone({ ...own, pid: child.pid ?? 0, processStartedAt: null }))
      child.kill("SIGKILL")
      // This turn of the event loop does not reap it: it is a zombie, or gone.
      execFileSync("true")
      assert.isTrue(isGone({ ...own, pid: child.pid ?? 0, processStartedAt: null }))
    })
  )

  it.effect("of another boot, another namespace or an unknown machine nothing is known", () =>
    Effect.gen(function* () {
      const { isGone, own } = yield* HostProcesses
      for (const bootId of [null, "another"]) assert.isFalse(isGone({ pid: 2 ** 22, bootId, processStartedAt: 1 }))
      assert.match(own.bootId ?? "", /^[0-9a-f-]{36} pid:\[\d+\]$/)
    })
  )
})
