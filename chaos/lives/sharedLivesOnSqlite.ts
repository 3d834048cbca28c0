/**
 * Lives of two hosts on a SQLite file: each starts, cancels and follows runs, also those of the other one, and goes
 * on with what the other has to leave.
 *
 * @since 0.1.0
 */
import type { Scenario } from "../Scenario.js"
import { generateSharedLife, simplifyLife } from "./generation.js"
import { guarantees } from "./guarantees.js"
import { sharedLife } from "./Life.js"
import { ground } from "./livesOnSqlite.js"
import { living } from "./living.js"

export const sharedLivesOnSqlite: Scenario = {
  name: "sharedLivesOnSqlite",
  promise: "whatever two hosts on a SQLite file do with each other's runs, their history keeps every guarantee",
  guarantees,
  inputs: { generate: generateSharedLife, simplify: simplifyLife },
  program: living(ground, sharedLife)
}

export default sharedLivesOnSqlite
