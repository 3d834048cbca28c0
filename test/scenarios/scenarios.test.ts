import { describe, it } from "@effect/vitest"
import { Scenario } from "../../chaos/index.js"
import { scenarios } from "../../chaos/scenarios/index.js"

describe("the tickets", () => {
  for (const scenario of scenarios) {
    it.live(`${scenario.name}: ${scenario.promise}`, () => Scenario.run(scenario, { timeLimit: "60 seconds" }), 90_000)
  }
})
