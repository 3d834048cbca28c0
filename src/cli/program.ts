/**
 * The command line as one effect: which commands there are, and how each failure is said. No stack trace
 * reaches a user: what a command cannot use is one sentence, and a defect of ours says where to report it.
 *
 * @since 0.1.0
 */
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StoreFailure } from "../RunError.js"
import { cancelCommand } from "./cancelCommand.js"
import { doctorCommand } from "./doctorCommand.js"
import { endWith } from "./exitCode.js"
import { inspectCommand } from "./inspectCommand.js"
import { printable } from "./printing.js"
import { runsCommand } from "./runsCommand.js"
import { showCommand } from "./showCommand.js"
import { nameStandardInput } from "./standardInput.js"
import { troubleText } from "./storeTrouble.js"
import type { Unusable } from "./unusable.js"
import { watchCommand } from "./watchCommand.js"

const holdfast = Command.make("holdfast").pipe(
  Command.withDescription(
    HelpDoc.blocks([
      HelpDoc.p("Shows what became of the runs of Holdfast hosts, from their logs and from their database."),
      HelpDoc.p(
        "holdfast --completions bash prints completions for a shell; holdfast inspect --help says more of a command."
      )
    ])
  ),
  Command.withSubcommands([inspectCommand, runsCommand, showCommand, watchCommand, cancelCommand, doctorCommand])
)

const command = Command.run(holdfast, { name: "Holdfast", version: "0.1.0", executable: "holdfast" })

type Failure = Unusable | StoreFailure | ValidationError.ValidationError

/** What the command line itself does not understand it has said already. */
const tell = (cause: Cause.Cause<Failure>): Effect.Effect<void> => {
  if (Cause.isInterruptedOnly(cause)) return Effect.void
  const failure = Option.getOrUndefined(Cause.failureOption(cause))
  const said =
    failure === undefined
      ? Console.error(`holdfast met a mistake of its own: ${printable(String(Cause.squash(cause)))}`)
      : ValidationError.isValidationError(failure)
        ? Effect.void
        : Console.error(printable(failure._tag === "StoreFailure" ? troubleText(failure) : failure.message))
  return Effect.zipRight(said, endWith(2))
}

/**
 * What the program does with `process.argv`: it says all that is to be said, and never fails.
 *
 * @internal
 */
export const program = (args: ReadonlyArray<string>): Effect.Effect<void, never, NodeContext.NodeContext> =>
  command(nameStandardInput(args)).pipe(
    Effect.sandbox,
    Effect.catchAll(tell),
    Effect.provide(CliConfig.layer({ showBuiltIns: false }))
  )

/**
 * What is printed may not arrive: a disk is full, or nobody reads any more. The console says nothing of it, and a report
 * that is cut off must not pass for one that is whole. A reader that has gone, such as `head`, has what it wanted.
 */
const endWhereNothingArrives = (): void => {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit()
    process.stderr.write(`What holdfast prints cannot be written: ${error.message}.\n`)
    process.exit(2)
  })
}

/** @internal */
export const run = (args: ReadonlyArray<string>): void => {
  endWhereNothingArrives()
  program(args).pipe(Effect.provide(NodeContext.layer), NodeRuntime.runMain({ disableErrorReporting: true }))
}
