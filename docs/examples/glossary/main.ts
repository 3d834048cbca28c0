/**
 * `npm start`: builds a glossary of each document in a folder, under Holdfast and under a naive manager,
 * while the same storm of faults hits the database of both; then compares what they recorded with what
 * really happened. Exits with 0 when Holdfast recorded nothing wrongly (and, in the storm that the
 * example was made for, the naive manager did), with 1 otherwise, and with 2 where it could not begin.
 */
import { fileURLToPath } from "node:url"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer, Logger, Schema } from "effect"
import { UsageError } from "../commandLine.js"
import * as Documents from "./documents.js"
import * as Options from "./options.js"
import * as Race from "./race.js"
import * as Report from "./report.js"
import * as Rows from "./rows.js"
import { Result } from "./work.js"

/** The essays lie beside the sources, not beside what is compiled. */
const essays = () =>
  fileURLToPath(new URL("docs/examples/glossary/texts", import.meta.resolve("effect-holdfast/package.json")))

const program = Effect.gen(function* () {
  const options = yield* Options.parse(process.argv.slice(2))
  if (options === "help") return yield* Effect.as(Console.log(Options.usage), 0)
  const documents = yield* Documents.list(options.folder ?? essays())
  const filename = options.database ?? (yield* temporaryFile)
  yield* Effect.mapError(Rows.prepare(filename), (error) => unwritable("database", filename, error))
  if (options.log !== undefined) yield* checkLog(options.log)

  const outcome = yield* Race.run(documents, filename, options)
  yield* print(outcome, options)
  return exitCode(outcome, options)
})

const print = ({ holdfast, naive, rows }: Race.Outcome, { seed, storm }: Options.Options) =>
  Effect.gen(function* () {
    yield* Console.log("\nGlossaries, from the rows that Holdfast wrote:\n")
    for (const { document, result } of rows) {
      if (result !== null) yield* Console.log(Report.glossary(document, yield* decodeResult(result)))
    }
    yield* Console.log(`\n${Report.table(holdfast, naive, process.stdout.columns ?? 160)}`)
    yield* Console.log(`\nStorm ${storm}, seed ${seed}. ✗ marks what is not true.`)
    yield* Console.log(`${Report.summary(holdfast)}\n${Report.summary(naive)}`)
  })

const decodeResult = Schema.decode(Schema.parseJson(Result))

/** The essays in the default storm are known to defeat the naive manager; if they do not, the example is broken. */
const exitCode = ({ holdfast, naive }: Race.Outcome, { folder, seed, storm }: Options.Options): number => {
  const { seed: seedDefault, storm: stormDefault } = Options.defaults
  const isDefault = folder === undefined && seed === seedDefault && storm === stormDefault
  return Report.countWrong(holdfast) === 0 && (!isDefault || Report.countWrong(naive) >= 3) ? 0 : 1
}

// -- files ----------------------------------------------------------------------------------------------

/** Removed, with its journal files, when the example ends. */
const temporaryFile = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fileSystem.makeTempDirectoryScoped({ prefix: "glossary-" }), "runs.db")
})

const checkLog = (file: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fileSystem) =>
    Effect.mapError(fileSystem.writeFileString(file, "", { flag: "a" }), (error) => unwritable("log", file, error))
  )

const unwritable = (option: string, file: string, error: { readonly message: string; readonly cause?: unknown }) => {
  // What the driver or the system said stands below what the library made of it.
  const reason = error.cause instanceof Error ? error.cause.message : error.message
  return new UsageError({
    message: `--${option} ${file} cannot be written to. ${reason.replace(/\.?$/, ".")} Name another file.`
  })
}

// -- the process ------------------------------------------------------------------------------------------

const main = program.pipe(
  Effect.scoped,
  Effect.catchTags({
    UsageError: ({ message }) => Effect.as(Console.error(`glossary: ${message}`), 2),
    FolderError: ({ message }) => Effect.as(Console.error(`glossary: ${message}`), 2),
    // The database could not be brought up, or could not be read at the end.
    StoreFailure: ({ message }) => Effect.as(Console.error(`glossary: ${message}`), 2)
  }),
  Effect.tapErrorCause((cause) => (Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(Cause.pretty(cause)))),
  // Lines of the log would cut into the display; what the runs log is shown there, and kept by `--log`.
  Effect.provide(Layer.merge(NodeContext.layer, Logger.remove(Logger.defaultLogger)))
)

const codeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return Number(exit.value)
  return Cause.isInterruptedOnly(exit.cause) ? 130 : 1
}

// Whoever read the output has gone (`| head`): as good a reason to stop as Ctrl-C, and no crash.
process.stdout.on("error", () => process.emit("SIGINT"))

// Ctrl-C interrupts the program, whose scope settles every run before the process ends.
NodeRuntime.runMain(main, {
  disablePrettyLogger: true,
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(codeOf(exit))
})
