/**
 * `npm run chaos:evidence -- [--mode MODE] FILE...`: adds the reports that `--json` left to
 * `chaos/evidence.json`, in place of earlier ones of the same exploration. Exits with 2 when a file holds
 * no reports.
 *
 * @since 0.1.0
 */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Evidence from "../guarantees/Evidence.js"
import { evidenceFile } from "../guarantees/sources.js"
import { optional } from "./options.js"
import * as Outcome from "./outcome.js"

const mode = optional(
  Options.choice("mode", Evidence.Mode.literals).pipe(
    Options.withDescription("of interleave: how its orders were chosen, which a report does not say")
  )
)
const files = Args.text({ name: "file" }).pipe(Args.atLeast(1))

const evidence = Command.make("evidence", { mode, files }, (given) =>
  Effect.gen(function* () {
    const system = yield* FileSystem.FileSystem
    const before = (yield* system.exists(evidenceFile))
      ? yield* Effect.flatMap(system.readFileString(evidenceFile), Schema.decode(Evidence.FromJson))
      : []
    const reports = (yield* Effect.forEach(given.files, Outcome.read)).flat()
    const entries = reports.flatMap((report) => Evidence.entryOf(report, given.mode) ?? [])
    const after = Evidence.add(before, entries)
    yield* system.writeFileString(evidenceFile, `${yield* Schema.encode(Evidence.FromJson)(after)}\n`)
    const executions = after.reduce((sum, entry) => sum + entry.executions, 0)
    yield* Console.log(
      `${entries.length} explorations added; ${evidenceFile} has ${after.length}, with ${executions} executions. Next: npm run chaos:guarantees`
    )
  })
).pipe(Command.withDescription("Adds reports to the evidence that the page of guarantees is made from."))

Command.run(evidence, { name: "evidence", version: "0.1.0", executable: "npm run chaos:evidence --" })(
  process.argv
).pipe(Effect.catchAll(Outcome.refuse), Effect.provide(NodeContext.layer), NodeRuntime.runMain)
