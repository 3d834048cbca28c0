/**
 * Every scenario, in the order of the tickets.
 *
 * @since 0.1.0
 */
import type { Scenario } from "../Scenario.js"
import transientCompletion from "./transientCompletion.js"

export const scenarios: ReadonlyArray<Scenario> = [transientCompletion]
