/**
 * The command line's promises: the documented defaults, and for every mistake one line that says what
 * was expected and what was found.
 */
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as Options from "../../docs/examples/glossary/options.js"

const mistakeIn = (...args: ReadonlyArray<string>): string =>
  Either.match(Options.parse(args), {
    onLeft: ({ message }) => message,
    onRight: (options) => assert.fail(`accepted as ${JSON.stringify(options)}`)
  })

describe("options", () => {
  it("without arguments are the defaults that the usage shows", () => {
    assert.deepStrictEqual(Either.getOrThrow(Options.parse([])), {
      folder: undefined,
      database: undefined,
      seed: Options.defaults.seed,
      storm: Options.defaults.storm,
      log: undefined
    })
    assert.include(Options.usage, `(${Options.defaults.seed})`)
    assert.include(Options.usage, `(${Options.defaults.storm})`)
  })

  it("are taken in both spellings", () => {
    assert.deepStrictEqual(
      Either.getOrThrow(
        Options.parse(["--folder", "a", "--database=b.db", "--seed=0", "--storm", "heavy", "--log", "c.ndjson"])
      ),
      { folder: "a", database: "b.db", seed: 0, storm: "heavy", log: "c.ndjson" }
    )
  })

  it("show the usage where help is asked for", () => {
    assert.strictEqual(Either.getOrThrow(Options.parse(["--help"])), "help")
  })

  const mistakes: ReadonlyArray<readonly [args: ReadonlyArray<string>, said: ReadonlyArray<string>]> = [
    [["--bogus"], ["--bogus"]],
    [["texts"], ["texts"]],
    [["--seed"], ["--seed"]],
    [
      ["--seed", "x"],
      ["--seed", "whole number", "'x'"]
    ],
    [
      ["--seed", "1.5"],
      ["whole number", "'1.5'"]
    ],
    [["--seed="], ["whole number", "''"]],
    [["--seed", "99999999999999999999"], ["whole number"]],
    [
      ["--storm", "gale"],
      ["none, light or heavy", "'gale'"]
    ],
    [["--folder="], ["--folder", "path"]],
    [
      ["--database", ":memory:"],
      ["--database", "file", "':memory:'"]
    ],
    [["--log="], ["--log", "path"]],
    [["--storm", "a\nb"], ["'a b'"]]
  ]
  for (const [args, said] of mistakes) {
    it(`${JSON.stringify(args)} is refused in one line`, () => {
      const message = mistakeIn(...args)
      assert.notInclude(message, "\n")
      assert.include(message, "--help")
      for (const part of said) assert.include(message, part)
    })
  }
})
