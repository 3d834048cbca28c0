/**
 * `npm run hosts`: three host processes on one Postgres. Each starts three reports; then one of them is killed, and the
 * others write what it had begun. Prints what each host does, and at the end what the database says.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Context, Effect, Layer, Logger } from "effect"
import { RunKernel } from "effect-holdfast"
import * as PgRunStore from "effect-holdfast/PgRunStore"
import * as Postgres from "./postgres.js"

const hosts = {
  anna: ["january", "february", "march"],
  bela: ["april", "may", "june"],
  cleo: ["july", "august", "september"]
} as const

type Name = keyof typeof hosts

const program = Effect.gen(function* () {
  const url = yield* Postgres.url
  const kernel = yield* looking(url)
  yield* hostProcess("bela", url)
  yield* hostProcess("cleo", url)
  yield* Effect.repeat(Effect.delay(kernel.list(), "50 millis"), { until: ({ length }) => length === 6 })
  const anna = yield* hostProcess("anna", url)
  const reports = yield* Effect.repeat(Effect.delay(kernel.list(), "50 millis"), {
    until: ({ length }) => length === 9
  })
  yield* Effect.sleep("700 millis")
  yield* Console.log("  anna is killed")
  yield* Effect.sync(() => anna.kill("SIGKILL"))
  yield* Effect.forEach(reports, ({ id }) => kernel.settled(id), { concurrency: "unbounded", discard: true })
  yield* Console.log("\n  what the database says:")
  for (const { attempt, key, status } of yield* kernel.list()) {
    yield* Console.log(`  ${key?.padEnd(10)} ${status}${attempt === 1 ? "" : `, in attempt ${attempt}`}`)
  }
})

/** A kernel that executes nothing: it looks at the runs of the others, and could cancel them. */
const looking = (url: string) =>
  Effect.map(
    Layer.build(Layer.provide(RunKernel.layer({ followInterval: "200 millis" }), PgRunStore.layer({ url }))),
    (context) => Context.get(context, RunKernel.RunKernel)
  )

/** Prints what it says behind its name. Ends with the program. */
const hostProcess = (name: Name, url: string) =>
  Effect.acquireRelease(
    Effect.sync((): ChildProcess => {
      const path = fileURLToPath(new URL("host.js", import.meta.url))
      const child = spawn(process.execPath, [path, url, ...hosts[name]], { stdio: ["ignore", "pipe", "inherit"] })
      createInterface({ input: child.stdout }).on("line", (line) => console.log(`  ${name} ${line}`))
      return child
    }),
    (child) =>
      Effect.async<void>((resume) => {
        if (child.exitCode !== null || child.signalCode !== null) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGTERM")
      })
  )

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Logger.remove(Logger.defaultLogger))), {
  disablePrettyLogger: true
})
