/**
 * `npm run host`: a host with its page and its API on loopback. It starts one glossary after the other, so
 * that there is something to look at; `--storm` takes its database away for some seconds, again and again.
 * Ends with Ctrl-C, or SIGTERM: then it interrupts what is at work and stores how it ended, for five seconds at
 * most. Exits with 2 where it could not begin.
 */
import { fileURLToPath } from "node:url"
import { FileSystem, HttpServer, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Logger } from "effect"
import * as Documents from "../glossary/documents.js"
import { Glossary, layer } from "./host.js"
import * as Options from "./options.js"
import { storms } from "./storm.js"

/** The essays lie beside the sources, not beside what is compiled. */
const essays = () =>
  fileURLToPath(new URL("docs/examples/glossary/texts", import.meta.resolve("effect-holdfast/package.json")))

const program = Effect.gen(function* () {
  const options = yield* Options.parse(process.argv.slice(2))
  if (options === "help") return yield* Console.log(Options.usage)
  const documents = yield* Documents.list(options.folder ?? essays())
  const filename = options.database ?? (yield* temporaryFile)
  const setting = { documents, filename, port: options.port }
  return yield* Effect.provide(host(documents, options.storm), layer(setting))
})

const host = (documents: ReadonlyArray<string>, isStormy: boolean) =>
  Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    const origin = address._tag === "TcpAddress" ? `http://127.0.0.1:${address.port}` : address.path
    yield* Console.log(`page: ${origin}/\nAPI:  ${origin}/runs, described by ${origin}/openapi.json`)
    yield* Console.log("Open the page in a browser. Ctrl-C ends the host.")
    if (isStormy) yield* Effect.fork(storms)
    return yield* startAll(documents)
  }).pipe(Effect.onInterrupt(() => Console.log("ending: it stores how its runs ended, for five seconds at most")))

/** One after the other, for ever. A start that is refused (a key is taken, the database is away) has its turn again. */
const startAll = (documents: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const start = (document: string) => Effect.ignore(Glossary.start({ document: path.basename(document) }))
    return yield* Effect.forever(
      Effect.forEach(documents, (document) => Effect.zipRight(start(document), Effect.sleep("1500 millis")))
    )
  })

/** Removed, with its journal files, when the host ends. */
const temporaryFile = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fileSystem.makeTempDirectoryScoped({ prefix: "host-" }), "runs.db")
})

// -- the process ------------------------------------------------------------------------------------------

/** What could not begin is one line for the person who started it. */
const complain = (message: string) => Effect.zipRight(Console.error(`host: ${message}`), Effect.fail(2 as const))

const main = program.pipe(
  Effect.scoped,
  Effect.catchTags({
    UsageError: ({ message }) => complain(message),
    FolderError: ({ message }) => complain(message),
    StoreFailure: ({ message }) => complain(`${message} Name another file with --database.`),
    ServeError: ({ cause }) =>
      complain(`The server could not listen (${cause instanceof Error ? cause.message : cause}). Name another --port.`)
  }),
  // A mistake of this program's own: the one case in which its inside is of use to somebody.
  Effect.tapDefect((cause) => Console.error(Cause.pretty(cause))),
  Effect.provide(Layer.merge(NodeContext.layer, Logger.remove(Logger.defaultLogger)))
)

const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause) ? 0 : exit.cause._tag === "Fail" ? 2 : 1

NodeRuntime.runMain(main, {
  disablePrettyLogger: true,
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(codeOf(exit))
})
