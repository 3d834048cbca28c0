/**
 * `npm run chaos -- scenarios|sweep|pairs|random|interleave|crash|outage|fleet|replay`: the explorers from the command
 * line.
 * Exits with 0 when everything was clean, with 1 when something was found, with 2 when the command does
 * not make sense.
 *
 * @since 0.1.0
 */
import * as Command from "@effect/cli/Command"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { coverage, crash, interleave, outage, pairs, random, replay, sweep } from "./commands.js"
import { fleet } from "./fleetCommand.js"
import * as Outcome from "./outcome.js"
import { scenarios } from "./scenariosCommand.js"

const chaos = Command.make("chaos").pipe(
  Command.withDescription("Breaks Holdfast on purpose, the same way each time."),
  Command.withSubcommands([scenarios, sweep, pairs, random, interleave, crash, outage, fleet, replay, coverage])
)

const run = Command.run(chaos, { name: "chaos", version: "0.1.0", executable: "npm run chaos --" })

run(process.argv).pipe(
  Effect.catchAll(Outcome.refuse),
  Effect.provide(NodeContext.layer),
  // Said once more at the end: what starts an embedded Postgres has exit hooks that forget a code which was only set.
  NodeRuntime.runMain({
    teardown: (exit, onExit) => onExit(Exit.isFailure(exit) ? 1 : Number(process.exitCode ?? 0))
  })
)
