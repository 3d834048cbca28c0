/**
 * The Postgres page against the code: every option of a connection is on it with its default, and the
 * rights that it asks for are granted on the tables that there are.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import { pgMigrations } from "../../src/internal/store/pgSchema.js"
import { read } from "./pages.js"

const page = read("docs/postgres.md")
const source = read("src/PgRunStore.ts")

const connection = source.split("export interface Connection {\n")[1]?.split("\n}\n")[0] ?? ""

/** Each field, and the default that its comment says in backticks. */
const fields = [...connection.matchAll(/(?:\/\*\*([\s\S]*?)\*\/\s+)?readonly (\w+)\?:/g)].map(
  ([, comment = "", name = ""]) => [name, /Defaults to\s+(?:\*\s+)?`([^`]+)`/.exec(comment)?.[1]] as const
)

describe("the Postgres page", () => {
  it("has every option of a connection, with its default", () => {
    assert.isAbove(fields.length, 10)
    for (const [name, fallback] of fields) {
      const row = page.split("\n").find((line) => new RegExp(`^\\| (?:.*, )?\`${name}\``).test(line))
      assert.isDefined(row, name)
      if (fallback !== undefined && name !== "ssl") assert.include(row, fallback, name)
    }
  })

  it("asks for rights on the tables that there are", () => {
    const made = pgMigrations("holdfast_").flatMap(({ statements }) =>
      statements.flatMap((sql) => /CREATE TABLE (\w+)/.exec(sql)?.[1] ?? [])
    )
    const granted = [...page.matchAll(/holdfast\.(holdfast_\w+)/g)].map((match) => match[1])
    assert.sameMembers([...new Set(granted)], [...made, "holdfast_migrations"])
  })
})
