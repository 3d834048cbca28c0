/**
 * One of the places of a fleet: a host process there, its successor when it was killed or has stopped, and what may be done
 * to it. A process that ends though nobody asked it to is started again where it could not come up, as whoever runs hosts
 * would do, and is a finding where it had.
 *
 * @since 0.1.0
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import type { HostProgram } from "../crash/hostProgram.js"
import { fraction } from "../internal/decisionHash.js"
import type { Freeze } from "./atWork.js"
import { type Command, type Database, files, type HostInput } from "./hostInput.js"
import { machineMillis } from "./told.js"

export interface SlotOptions {
  readonly program: HostProgram
  readonly directory: string
  readonly database: Database
  readonly seed: number
  readonly slot: number
  readonly nextLife: () => number
  readonly onFreeze: (freeze: Freeze) => void
  readonly onFinding: (finding: string) => void
}

interface Life {
  readonly life: number
  readonly child: ChildProcess
  readonly ended: Deferred.Deferred<void>
  isExpected: boolean
}

export interface HostSlot {
  /** The processes so far, the last one first. */
  readonly lives: ReadonlyArray<number>
  /** Of all, those that could not come up. */
  readonly failures: () => number
  /** Kept for those who come after, until the next one. */
  readonly round: (command: Extract<Command, { readonly _tag: "Round" }>) => Effect.Effect<void>
  readonly send: (command: Command) => Effect.Effect<void>
  /** SIGKILL, and a successor after this time. */
  readonly kill: (downMillis: number) => Effect.Effect<void>
  /** In good order, and a successor after this time. */
  readonly restart: (downMillis: number) => Effect.Effect<void>
  /** SIGSTOP, and SIGCONT after this time. */
  readonly freeze: (millis: number) => Effect.Effect<void>
}

/** Longer than `shutdownGrace`, the journal, and a slow machine. */
const stopLimit = "15 seconds"

const respawnMillis = 150

export const make = (options: SlotOptions): Effect.Effect<HostSlot, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lives: Array<number> = []
    let current: Life | undefined
    let last: Command | undefined
    let failures = 0
    let isClosed = false
    // One thing at a time may be done to a process: a frozen one cannot be told to stop.
    const permit = Effect.unsafeMakeSemaphore(1)

    const write = (life: Life, command: Command) => void life.child.stdin?.write(`${JSON.stringify(command)}\n`)

    const start = () => {
      if (isClosed) return
      const life = begun(options)
      current = life
      lives.unshift(life.life)
      if (last !== undefined) write(life, last)
      let said = ""
      life.child.stderr?.on("data", (chunk: Buffer) => {
        said += chunk.toString("utf8")
      })
      life.child.on("close", (code, signal) => {
        Deferred.unsafeDone(life.ended, Effect.void)
        if (life.isExpected) return
        if (wasUp(options, life)) {
          options.onFinding(`host ${options.slot} (process ${life.life}) ended by itself: ${signal ?? code} ${said}`)
        }
        failures++
        Effect.runFork(Effect.delay(Effect.sync(start), respawnMillis))
      })
    }

    const gone = (end: (life: Life) => void, downMillis: number) =>
      Effect.gen(function* () {
        const life = current
        if (life === undefined) return
        life.isExpected = true
        end(life)
        yield* Effect.timeoutOption(Deferred.await(life.ended), stopLimit)
        if (life.child.exitCode === null && life.child.signalCode === null) {
          options.onFinding(`host ${options.slot} (process ${life.life}) did not stop within ${stopLimit}`)
          life.child.kill("SIGKILL")
        }
        yield* Effect.sleep(downMillis)
        start()
      }).pipe(permit.withPermits(1))

    const freeze = (millis: number) =>
      Effect.gen(function* () {
        const life = current
        if (life === undefined) return
        const from = machineMillis()
        life.child.kill("SIGSTOP")
        yield* Effect.sleep(millis)
        // Before it goes on, so that whatever it says after that is later.
        options.onFreeze({ life: life.life, from, to: machineMillis() })
        life.child.kill("SIGCONT")
      }).pipe(permit.withPermits(1))

    yield* Effect.acquireRelease(Effect.sync(start), () =>
      Effect.suspend(() => {
        isClosed = true
        if (current === undefined) return Effect.void
        current.isExpected = true
        current.child.kill("SIGKILL")
        return Deferred.await(current.ended)
      })
    )
    const send = (command: Command) => Effect.sync(() => void (current !== undefined && write(current, command)))
    return {
      lives,
      failures: () => failures,
      round: (command) =>
        Effect.suspend(() => {
          last = command
          return send(command)
        }),
      send,
      kill: (downMillis) => gone(({ child }) => void child.kill("SIGKILL"), downMillis),
      restart: (downMillis) => gone((life) => write(life, { _tag: "Stop" }), downMillis),
      freeze
    }
  })

const begun = ({ database, directory, nextLife, program, seed, slot }: SlotOptions): Life => {
  const life = nextLife()
  const input: HostInput = { directory, database, seed, slot, life, isAlone: fraction("alone", seed, life) < 0.5 }
  const child = spawn(process.execPath, [program.path, JSON.stringify(input)], { stdio: ["pipe", "ignore", "pipe"] })
  // A process that has gone takes no commands; that it has gone is seen elsewhere.
  child.stdin.on("error", () => undefined)
  return { life, child, ended: Deferred.unsafeMake(FiberId.none), isExpected: false }
}

const wasUp = ({ directory }: SlotOptions, { life }: Life): boolean => {
  const told = join(directory, files.toldOf(life))
  return existsSync(told) && readFileSync(told, "utf8").includes('"Up"')
}
