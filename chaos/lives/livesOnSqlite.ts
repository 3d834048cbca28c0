/**
 * Lives on a real SQLite file, with the chaos layer at its connections: reconnects, triggers and
 * transactions take part. The rows are read over a connection of the recorder's own, and only where the
 * file has changed since.
 *
 * @since 0.1.0
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import Sqlite from "better-sqlite3"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type SqlRow, storedRun } from "../../src/internal/store/sqlRows.js"
import { RunStore } from "../../src/RunStore.js"
import { SqlConnector } from "../../src/SqlConnector.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import * as Chaos from "../Chaos.js"
import type { Recorder } from "../internal/recorder.js"
import { temporaryDirectory } from "../internal/temporaryDirectory.js"
import { upon } from "../internal/upon.js"
import type { Scenario } from "../Scenario.js"
import { hastyConnector, migratedFile } from "../scenarios/migratedFile.js"
import { generateLife, simplifyLife } from "./generation.js"
import { guarantees } from "./guarantees.js"
import { type Ground, living } from "./living.js"
import { watchedConnector } from "./watchedConnector.js"

/** A file of its own, and a connection beside it for the recorder. */
export const ground: Effect.Effect<Ground, never, Scope.Scope> = Effect.gen(function* () {
  const filename = join(yield* temporaryDirectory, "runs.db")
  writeFileSync(filename, yield* migratedFile)
  const database = yield* Effect.acquireRelease(
    Effect.sync(() => new Sqlite(filename)),
    (database) => Effect.sync(() => database.close())
  )
  const version = database.prepare("PRAGMA data_version").pluck()
  const runs = database.prepare("SELECT * FROM holdfast_runs")
  let seen: unknown
  let recorder: Recorder | undefined
  return {
    watch: (given) => {
      recorder = given
    },
    store: Effect.gen(function* () {
      const plain = yield* upon(Context.empty())(hastyConnector(filename))
      const connector = watchedConnector(Context.get(plain, SqlConnector), () => recorder?.look())
      const broken = yield* upon(Context.make(SqlConnector, connector))(Chaos.layerConnector())
      return Context.make(RunStore, yield* Effect.provide(SqlRunStore.make(), broken))
    }),
    rows: () => {
      const now = version.get()
      if (now === seen) return undefined
      seen = now
      return (runs.all() as ReadonlyArray<SqlRow>).map(storedRun)
    }
  }
})

export const livesOnSqlite: Scenario = {
  name: "livesOnSqlite",
  promise: "whatever a life on a SQLite file meets, its history keeps every guarantee",
  guarantees,
  inputs: { generate: generateLife, simplify: simplifyLife },
  program: living(ground)
}

export default livesOnSqlite
