/**
 * The command line: pure, from the arguments to the options or to one line that says what was expected,
 * what was found and what to do.
 */
import { Either } from "effect"
import { mistake, pathOf, type UsageError, valuesOf } from "../commandLine.js"

export type StormKind = "none" | "light" | "heavy"

export interface Options {
  /** The folder of documents; where it is absent, the essays that come with the example. */
  readonly folder: string | undefined
  /** The database file; where it is absent, a temporary one that is removed at the end. */
  readonly database: string | undefined
  readonly seed: number
  readonly storm: StormKind
  readonly log: string | undefined
}

export const defaults = { seed: 13, storm: "light" } as const

export const usage = `npm start -- [options]

Builds a glossary of each document in a folder, while a storm of faults hits the database that the runs
are kept in, and compares what Holdfast recorded with what a naive manager did.

  --folder PATH              documents, .md and .txt   (the essays of this example)
  --database FILE            SQLite file for the runs  (a temporary one)
  --seed NUMBER              of the storm and cancels  (${defaults.seed})
  --storm none|light|heavy   what hits the database    (${defaults.storm})
  --log FILE                 the kernel's log, NDJSON  (none)
  --help                     this text`

const specification = {
  folder: { type: "string" },
  database: { type: "string" },
  seed: { type: "string" },
  storm: { type: "string" },
  log: { type: "string" },
  help: { type: "boolean" }
} as const

/** `"help"` where help was asked for. */
export const parse = (args: ReadonlyArray<string>): Either.Either<Options | "help", UsageError> =>
  Either.gen(function* () {
    const values = yield* valuesOf(args, specification)
    if (values.help === true) return "help"
    return {
      folder: yield* pathOf("folder", values.folder),
      database: yield* databaseOf(values.database),
      seed: yield* seedOf(values.seed),
      storm: yield* stormOf(values.storm),
      log: yield* pathOf("log", values.log)
    }
  })

const seedOf = (text: string | undefined): Either.Either<number, UsageError> => {
  if (text === undefined) return Either.right(defaults.seed)
  const seed = Number(text)
  return /^\d+$/.test(text) && Number.isSafeInteger(seed)
    ? Either.right(seed)
    : Either.left(mistake(`--seed takes a whole number from 0, not '${text}'.`))
}

const stormOf = (text: string | undefined): Either.Either<StormKind, UsageError> => {
  switch (text) {
    case undefined:
      return Either.right(defaults.storm)
    case "none":
    case "light":
    case "heavy":
      return Either.right(text)
    default:
      return Either.left(mistake(`--storm takes none, light or heavy, not '${text}'.`))
  }
}

/** Each manager, and the judge at the end, opens a connection of its own. */
const databaseOf = (text: string | undefined): Either.Either<string | undefined, UsageError> =>
  text === ":memory:"
    ? Either.left(mistake("--database takes a file that several connections can open, not ':memory:'."))
    : pathOf("database", text)
