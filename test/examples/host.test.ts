/**
 * What `npm run host` runs, as a real process: its page and its API answer, runs go on in its storm, and a
 * signal ends it cleanly though a browser is still reading. Runs what `tsc -b` has compiled.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Reader } from "../http/host.js"

const main = fileURLToPath(new URL("../../dist/docs/examples/host/main.js", import.meta.url))

interface Host {
  readonly child: ChildProcess
  stdout: string
  stderr: string
}

const launch = (...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.sync((): Host => {
      assert.isTrue(existsSync(main), "run `npx tsc -b` first: the example is not compiled")
      const child = spawn(process.execPath, [main, ...args])
      const host: Host = { child, stdout: "", stderr: "" }
      child.stdout.on("data", (chunk) => (host.stdout += chunk))
      child.stderr.on("data", (chunk) => (host.stderr += chunk))
      return host
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const exited = ({ child }: Host) =>
  Effect.async<number | null>((resume) => {
    if (child.exitCode !== null) resume(Effect.succeed(child.exitCode))
    else child.once("exit", (code) => resume(Effect.succeed(code)))
  })

/** The port that it says it listens on. */
const listening = (host: Host) =>
  Effect.async<number>((resume) => {
    const look = () => {
      const port = /page: http:\/\/127\.0\.0\.1:(\d+)\//.exec(host.stdout)?.[1]
      if (port !== undefined) resume(Effect.succeed(Number(port)))
    }
    host.child.stdout?.on("data", look)
  })

const reader = (port: number, path: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new Reader(port, path)),
    (opened) => Effect.sync(() => opened.close())
  )

describe("npm run host", () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    it.scopedLive(`serves page and runs, and ends cleanly on ${signal} while somebody reads`, () =>
      Effect.gen(function* () {
        const host = yield* launch("--port", "0", "--storm")
        const port = yield* listening(host)
        const page = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text()))
        assert.include(page, "<title>Runs</title>")
        const all = yield* reader(port, "/live")
        yield* all.until(({ events }) => events.some(({ data }) => data.runs.length > 0))
        const { id } = all.events.at(-1)?.data.runs[0] ?? {}
        const one = yield* reader(port, `/runs/${id}/events`)
        yield* one.until(({ names }) => names.includes("snapshot"))
        host.child.kill(signal)
        assert.strictEqual(yield* exited(host), 0)
        assert.strictEqual(host.stderr, "")
        assert.match(host.stdout, /^page: .+\nAPI: .+\nOpen the page in a browser. Ctrl-C ends the host.\nstorm: .+\n/)
        assert.match(host.stdout, /\nending: .+\n$/)
        yield* Reader.all([all, one], ({ isEnded }) => isEnded)
      })
    )
  }

  it.scopedLive("asked for the impossible says so in one line, and exits with 2", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["--port", "70000"], /--port takes a whole number from 0 to 65535, not '70000'/],
        [["--port", "x"], /--port takes/],
        [["--nonsense"], /--nonsense/],
        [["--folder", "/no/such/folder"], /--folder \/no\/such\/folder could not be read/],
        [["--port", "0", "--database", "/no/such/folder/runs.db"], /--database/]
      ]
      for (const [args, message] of cases) {
        const host = yield* launch(...args)
        assert.strictEqual(yield* exited(host), 2, args.join(" "))
        assert.match(host.stderr, message)
        assert.match(host.stderr, /^host: [^\n]+\n$/)
      }
    })
  )

  it.scopedLive("on a port that is taken says so", () =>
    Effect.gen(function* () {
      const taken = yield* Effect.acquireRelease(
        Effect.async<Server>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const host = yield* launch("--port", String((taken.address() as AddressInfo).port))
      assert.strictEqual(yield* exited(host), 2)
      assert.match(host.stderr, /^host: The server could not listen \(.*EADDRINUSE.*\)\. Name another --port\.\n$/)
    })
  )
})
