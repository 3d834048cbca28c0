/**
 * Lives of two hosts in memory: each starts, cancels and follows runs, also those of the other one, and goes
 * on with what the other has to leave.
 *
 * @since 0.1.0
 */
import type { Scenario } from "../Scenario.js"
import { generateSharedLife, simplifyLife } from "./generation.js"
import { guarantees } from "./guarantees.js"
import { sharedLife } from "./Life.js"
import { ground } from "./livesInMemory.js"
import { living } from "./living.js"

export const sharedLivesInMemory: Scenario = {
  name: "sharedLivesInMemory",
  promise: "whatever two hosts in memory do with each other's runs, their history keeps every guarantee",
  guarantees,
  inputs: { generate: generateSharedLife, simplify: simplifyLife },
  program: living(ground, sharedLife)
}

export default sharedLivesInMemory
