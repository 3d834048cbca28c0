/**
 * The command lines of the examples: options only, each with a value or none. A mistake is one line that says
 * what was expected, what was found and what to do.
 */
import { type ParseArgsConfig, parseArgs } from "node:util"
import { Data, Either } from "effect"

export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** `problem` is a sentence; it becomes one line, whatever was in the arguments. */
export const mistake = (problem: string): UsageError =>
  new UsageError({ message: `${problem.replace(/\s+/g, " ")} Try --help.` })

type Specification = NonNullable<ParseArgsConfig["options"]>
type Values<S extends Specification> = ReturnType<typeof parseArgs<{ options: S; allowPositionals: false }>>["values"]

/** What was given of these options. An unknown option, a value too many or one too few is a mistake. */
export const valuesOf = <const S extends Specification>(
  args: ReadonlyArray<string>,
  options: S
): Either.Either<Values<S>, UsageError> =>
  Either.try({
    try: () => parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values as Values<S>,
    catch: (error) => mistake(firstSentence(error))
  })

/** A path, where one was given. */
export const pathOf = (name: string, value: string | undefined): Either.Either<string | undefined, UsageError> =>
  value === "" ? Either.left(mistake(`--${name} takes a path, and was given an empty one.`)) : Either.right(value)

/** Node goes on about how to pass an argument that begins with a dash. */
const firstSentence = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  return `${message.split(/\.(?=\s|$)/, 1)[0] ?? message}.`
}
