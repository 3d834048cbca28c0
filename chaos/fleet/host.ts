/**
 * One host of the fleet, in a process of its own: a kernel with leases of a second on the database that it is given, by a
 * way that somebody else may cut, with a journal of its own. It plays the rounds that it is told to, and ends when its
 * standard input does, so that none outlives whoever started it.
 *
 * @since 0.1.0
 */
import { openSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import { HostProcesses, type Processes } from "../../src/internal/hosts/hostProcess.js"
import * as PgRunStore from "../../src/PgRunStore.js"
import * as RunKernel from "../../src/RunKernel.js"
import * as RunLog from "../../src/RunLog.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as VerdictJournal from "../../src/VerdictJournal.js"
import { played } from "./callers.js"
import { type Disk, layer as diskLayer } from "./disk.js"
import { Command, type Database, files, HostInput } from "./hostInput.js"
import { options } from "./times.js"
import { tellTo } from "./told.js"
import { layer as worksLayer } from "./works.js"

const storeLayer = (database: Database, slot: number) =>
  database._tag === "Sqlite"
    ? SqliteRunStore.layer({ filename: database.filename, openTimeout: "5 seconds" })
    : PgRunStore.layer({
        url: database.url,
        schema: database.schema,
        applicationName: `host ${slot}`,
        connectTimeout: "2 seconds",
        statementTimeout: "1500 millis",
        lockTimeout: "500 millis",
        openTimeout: "5 seconds"
      })

const kernelLayer = ({ database, directory, slot }: HostInput, disk: Disk) =>
  RunKernel.layer(options).pipe(
    Layer.provide(storeLayer(database, slot)),
    Layer.provide(VerdictJournal.layerFile({ directory: join(directory, files.journalOf(slot)) })),
    Layer.provide(diskLayer(disk))
  )

/** Nothing is known of the other processes, as from another machine. */
const alone: Processes = { own: { pid: process.pid, bootId: null, processStartedAt: null }, isGone: () => false }

const decodeCommand = Schema.decodeUnknownSync(Schema.parseJson(Command))

/** What it is told to do; the end of the input is a `Stop`. */
const commands = Effect.gen(function* () {
  const queue = yield* Queue.bounded<Command>(256)
  yield* Effect.acquireRelease(
    Effect.sync(() => {
      const lines = createInterface({ input: process.stdin })
      lines.on("line", (line) => void queue.unsafeOffer(decodeCommand(line)))
      lines.on("close", () => void queue.unsafeOffer({ _tag: "Stop" }))
      return lines
    }),
    (lines) => Effect.sync(() => lines.close())
  )
  return queue
})

const live = (input: HostInput) =>
  Effect.gen(function* () {
    const tell = tellTo(openSync(join(input.directory, files.toldOf(input.life)), "a"), input)
    const disk: Disk = { isFull: false }
    const queue = yield* commands
    const host = Effect.gen(function* () {
      yield* Effect.sync(() => tell({ _tag: "Up" }))
      for (;;) {
        const command = yield* Queue.take(queue)
        if (command._tag === "Stop") return
        if (command._tag === "Disk") disk.isFull = command.isFull
        else yield* Effect.forkScoped(played({ ...command, seed: input.seed, slot: input.slot }, tell))
      }
    }).pipe(Effect.scoped)
    yield* Effect.provide(host, Layer.provideMerge(worksLayer(tell), kernelLayer(input, disk)))
  }).pipe(
    Effect.scoped,
    Effect.provide(RunLog.layerFile(join(input.directory, files.log))),
    Effect.provide(Logger.remove(Logger.defaultLogger)),
    (host) => (input.isAlone ? Effect.provideService(host, HostProcesses, alone) : host)
  )

Effect.runFork(
  Schema.decodeUnknown(Schema.parseJson(HostInput))(process.argv.at(-1)).pipe(
    Effect.flatMap(live),
    Effect.matchCause({
      onSuccess: () => process.exit(0),
      onFailure: (cause) => {
        process.stderr.write(Cause.pretty(cause))
        process.exit(1)
      }
    })
  )
)
