/**
 * The disk of a verdict journal at which its process can be killed: real calls on a real directory, each of
 * those that change something led through the gate that database statements pass, so that a plan counts
 * them and kills before or after each. An append is two of them, since a process can die between any two
 * bytes of it. The calls are synchronous: a simulation does not wait for a disk.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import { fraction } from "../internal/decisionHash.js"
import * as Exploration from "../internal/exploration.js"
import type { FaultEngine } from "../internal/faultEngine.js"
import { pass } from "../internal/faultGate.js"

type OnDisk<A> = Effect.Effect<A, PlatformError.PlatformError>

/** What the journal asks of its disk; `seed` says where its appends are cut. */
export const layer = (seed: number): Layer.Layer<FileSystem.FileSystem> =>
  Layer.effect(
    FileSystem.FileSystem,
    Effect.flatMap(FiberRef.get(Exploration.current), (exploration) =>
      exploration === undefined
        ? Effect.dieMessage("The crash host's disk is for executions of an explorer")
        : Effect.succeed(FileSystem.makeNoop(files(exploration.engine, seed)))
    )
  )

/** Every label that a plan can name here begins with this. */
export const journalLabel = "journal"

const files = (engine: FaultEngine, seed: number): Partial<FileSystem.FileSystem> => {
  const changing = <A>(method: string, change: () => A): OnDisk<A> => {
    const perform = tried(method, change)
    return pass(engine, true, {
      label: `${journalLabel} ${method}`,
      runIds: [],
      perform,
      apply: perform,
      arrive: Effect.void,
      unreachable: () => undefined,
      fail: () => Effect.dieMessage("No fault but a crash is for this disk"),
      die: Effect.die,
      defer: undefined
    })
  }
  const close = (descriptor: number) => Effect.sync(() => Fs.closeSync(descriptor))
  let appends = 0

  const file = (descriptor: number) => ({
    [FileSystem.FileTypeId]: FileSystem.FileTypeId as FileSystem.FileTypeId,
    fd: FileSystem.FileDescriptor(descriptor),
    stat: tried("stat", () => ({ size: FileSystem.Size(Fs.fstatSync(descriptor).size) })),
    sync: changing("sync", () => Fs.fsyncSync(descriptor)),
    truncate: (length?: FileSystem.SizeInput) =>
      changing("truncate", () => Fs.ftruncateSync(descriptor, Number(length ?? 0))),
    writeAll: (bytes: Uint8Array) =>
      Effect.suspend(() => {
        const cut = 1 + Math.floor(fraction(seed, "cut", appends++) * (bytes.length - 1))
        return Effect.zipRight(
          changing("write", () => Fs.writeSync(descriptor, bytes.subarray(0, cut))),
          changing("write the rest", () => Fs.writeSync(descriptor, bytes.subarray(cut)))
        )
      })
  })

  return {
    makeDirectory: (path) => tried("makeDirectory", () => void Fs.mkdirSync(path, { recursive: true })),
    access: (path) => tried("access", () => Fs.accessSync(path)),
    readDirectory: (path) => tried("readDirectory", () => Fs.readdirSync(path)),
    readFileString: (path) => tried("readFileString", () => Fs.readFileSync(path, "utf8")),
    open: (path, options) =>
      Effect.acquireRelease(
        changing("open", () => Fs.openSync(path, options?.flag ?? "r")),
        close
        // The journal asks for nothing else of it.
      ).pipe(Effect.map((descriptor) => file(descriptor) as unknown as FileSystem.File)),
    rename: (from, to) => changing("rename", () => Fs.renameSync(from, to)),
    remove: (path) => changing("remove", () => Fs.rmSync(path))
  }
}

const tried = <A>(method: string, call: () => A): OnDisk<A> =>
  Effect.try({
    try: call,
    catch: (cause) =>
      new PlatformError.SystemError({
        reason: (cause as NodeJS.ErrnoException).code === "ENOENT" ? "NotFound" : "Unknown",
        module: "FileSystem",
        method,
        description: String(cause),
        cause
      })
  })
