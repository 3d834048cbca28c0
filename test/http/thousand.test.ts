/**
 * A thousand clients of one run over real sockets, half of them slow or gone: what the server holds for
 * them is bounded, and nobody who stays, however slowly, misses the end or is told of it twice.
 *
 * The sockets are those of a file, whose buffers in the operating system hold 0.2 MB: over TCP on loopback they hold
 * 4 MB for each client, and what the server has to hold begins only after that.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

import { countSubscribers, makeGate, start } from "./host.js"

const clients = { reading: 500, stopped: 250, gone: 250 }
const linesMax = 25
const line = "x".repeat(40_000)

const { subscribers, untilSubscribers } = countSubscribers()

const launch = (socketPath: string, path: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const script = fileURLToPath(new URL("fixture/clients.mjs", import.meta.url))
      const counts = [clients.reading, clients.stopped, clients.gone].map(String)
      return spawn(process.execPath, [script, socketPath, path, ...counts], { stdio: ["pipe", "pipe", "inherit"] })
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

interface Summary {
  readonly clients: number
  readonly once: number
  readonly bytes: number
}

/** The next line that the clients say. */
const said = (child: ChildProcess) =>
  Effect.async<Record<string, Summary>>((resume) => {
    child.stdout?.once("data", (chunk) => resume(Effect.succeed(JSON.parse(String(chunk)))))
  })

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-thousand-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

/** What is really held: collecting needs two rounds to free what finalizers let go of. */
const heldBytes = () => {
  collectGarbage()
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20)

describe("a thousand clients of one run", () => {
  it.scopedLive(
    "cost bounded memory, and all that stay are told the end exactly once",
    () =>
      Effect.gen(function* () {
        const gate = yield* makeGate
        const lines = Effect.gen(function* () {
          yield* gate.wait
          for (let number = 1; number <= linesMax; number++) {
            yield* Effect.log(`${number} ${line}`)
            yield* Effect.sleep("5 millis")
          }
          return 1
        })
        const socketPath = join(yield* folder, "host.socket")
        const { kernel } = yield* start({ socketPath, kernel: { eventBufferMax: 8 } })
        const { id } = yield* kernel.start("import", lines)
        const before = heldBytes()
        const child = yield* launch(socketPath, `/runs/${id}/events`)
        yield* untilSubscribers(clients.reading + clients.stopped + clients.gone)
        child.stdin.write("leave\n")
        yield* untilSubscribers(clients.reading + clients.stopped)

        const heard = yield* Effect.fork(said(child))
        yield* gate.open
        const { reading } = yield* Fiber.join(heard)
        assert.deepInclude(reading, { clients: clients.reading, once: clients.reading })

        // Those that stopped reading hold their listeners; when they read on they are told the end as well.
        assert.strictEqual(yield* subscribers, clients.stopped)
        const held = megabytes(heldBytes() - before)
        const resumed = yield* Effect.fork(said(child))
        yield* Effect.yieldNow()
        child.stdin.write("resume\n")
        const { stopped } = yield* Fiber.join(resumed)
        assert.deepInclude(stopped, { clients: clients.stopped, once: clients.stopped })
        yield* untilSubscribers(0)

        const told = megabytes((clients.reading + clients.stopped) * linesMax * line.length)
        const got = megabytes((reading?.bytes ?? 0) + (stopped?.bytes ?? 0))
        console.log(
          `a thousand clients: ${told} MB to tell, ${got} MB read, ${held} MB held for ${clients.stopped} stopped`
        )
        // A text of its own for each of them, or a buffer without an end, is seen here.
        assert.isBelow(held, 48)
        assert.isBelow(stopped?.bytes ?? 0, 0.8 * clients.stopped * linesMax * line.length)
      }).pipe(Effect.timeout("200 seconds")),
    220_000
  )
})
