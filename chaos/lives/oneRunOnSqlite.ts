/**
 * The main job at its smallest, on the default database: small enough for every pair of faults.
 *
 * @since 0.1.0
 */
import type { Scenario } from "../Scenario.js"
import { guarantees } from "./guarantees.js"
import { oneRun } from "./Life.js"
import { ground } from "./livesOnSqlite.js"
import { living } from "./living.js"

export const oneRunOnSqlite: Scenario = {
  name: "oneRunOnSqlite",
  promise: "whatever the main job meets on a SQLite file, its history keeps every guarantee",
  guarantees,
  program: living(ground, oneRun)
}

export default oneRunOnSqlite
