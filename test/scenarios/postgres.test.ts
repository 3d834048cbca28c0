/**
 * The tickets once more, each in a schema of its own on a real Postgres, in simulated time: the same stories, the same
 * checks, and faults that look as those of Postgres do where it has them.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Scenario } from "../../chaos/index.js"
import { loadMutated } from "../../chaos/mutants/loadMutated.js"
import { onPostgres as mutants } from "../../chaos/mutants/onPostgres.js"
import { place } from "../../chaos/scenarios/database.js"
import { scenarios } from "../../chaos/scenarios/index.js"
import * as Exceptions from "../../chaos/scenarios/postgresExceptions.js"
import { postgresServer } from "../store/postgresServer.js"

const server = postgresServer()

const onPostgres = (scenario: Scenario.Scenario) =>
  Effect.suspend(() => Scenario.execute(scenario).pipe(Effect.locally(place, { url: server.url() })))

const { large, meaningless, without } = Exceptions
const reasons: { readonly [scenario: string]: string } = { ...large, ...meaningless, ...without }

describe("the tickets, on Postgres", () => {
  for (const scenario of scenarios.filter(({ name }) => reasons[name] === undefined)) {
    it.live(`${scenario.name}: ${scenario.promise}`, () =>
      Effect.map(onPostgres(scenario), ({ failure }) => assert.strictEqual(failure, undefined))
    )
  }
})

describe("the tickets that are not executed on Postgres", () => {
  it("are tickets", () => {
    const names = new Set(scenarios.map(({ name }) => name))
    assert.deepStrictEqual(
      Object.keys(reasons).filter((name) => !names.has(name)),
      []
    )
  })

  for (const scenario of scenarios.filter(({ name }) => meaningless[name] !== undefined)) {
    it.live(`${scenario.name}: ${meaningless[scenario.name]}`, () =>
      Effect.map(onPostgres(scenario), ({ failure }) => assert.notStrictEqual(failure, undefined))
    )
  }

  for (const scenario of scenarios.filter(({ name }) => without[name] !== undefined)) {
    it(`${scenario.name}: ${without[scenario.name]}`, () => assert.isTrue(scenario.isReal))
  }
})

describe("mutants of what is written to Postgres", () => {
  for (const mutant of mutants) {
    it.scopedLive(`${mutant.killedBy} kills ${mutant.name}: ${mutant.defect}`, () =>
      Effect.gen(function* () {
        const path = `/chaos/scenarios/${mutant.killedBy}.ts`
        const module = yield* loadMutated<{ readonly default: Scenario.Scenario }>([mutant], path)
        const { failure } = yield* onPostgres(module.default)
        assert.notStrictEqual(failure, undefined, `${mutant.name} survived ${mutant.killedBy}`)
      })
    )
  }
})
