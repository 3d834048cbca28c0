/**
 * A process of its own that takes the write lock of a SQLite file, says so, and keeps it for a while.
 *
 * @since 0.1.0
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import Sqlite from "better-sqlite3"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"

const [filename = "", millis = "0"] = process.argv.slice(2)

const locked = Effect.acquireRelease(
  Effect.sync(() => new Sqlite(filename).exec("BEGIN IMMEDIATE")),
  (database) => Effect.sync(() => database.exec("ROLLBACK").close())
)

NodeRuntime.runMain(
  Effect.scoped(
    Effect.gen(function* () {
      yield* locked
      yield* Console.log("locked")
      yield* Effect.sleep(Number(millis))
    })
  )
)
