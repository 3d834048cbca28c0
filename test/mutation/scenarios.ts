/**
 * The scenarios, for Stryker alone: without those that take seconds or start a process of their own.
 */
import { describe, it } from "@effect/vitest"
import { Scenario } from "../../chaos/index.js"
import { scenarios } from "../../chaos/scenarios/index.js"

const slow: ReadonlySet<string> = new Set(["tenThousand", "pipedLog"])

describe("the tickets", () => {
  for (const scenario of scenarios.filter(({ name }) => !slow.has(name))) {
    it.live(scenario.name, () => Scenario.run(scenario, { timeLimit: "10 seconds" }))
  }
})
