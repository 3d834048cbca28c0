/**
 * Plans name statements by label, so a label must survive what a refactoring changes, and must not be
 * fooled by what a host writes.
 *
 * @since 0.1.0
 */
import { assert, describe, it } from "@effect/vitest"
import { labelOf, runsOf } from "../../chaos/internal/statementLabel.js"

const a = "01890a5d-ac96-774b-bcce-b302099a8057"
const b = "01890a5d-ac96-774b-bcce-b302099a8058"

describe("statement labels", () => {
  it.each([
    ["/* holdfast:settle */ WITH j AS (SELECT 1) UPDATE r SET x = 1", "settle"],
    ["  /*holdfast:readBack*/SELECT 1", "readBack"],
    ["BEGIN IMMEDIATE", "BEGIN"],
    ["START TRANSACTION", "BEGIN"],
    ["COMMIT", "COMMIT"],
    ["END", "COMMIT"],
    ["ROLLBACK", "ROLLBACK"],
    ["ROLLBACK TO SAVEPOINT effect_sql_1", "ROLLBACK TO"],
    ["SAVEPOINT effect_sql_1", "SAVEPOINT"],
    ["PRAGMA journal_mode = WAL", "PRAGMA"],
    ["CREATE TABLE IF NOT EXISTS documents (title TEXT)", "CREATE"],
    ["INSERT INTO documents (title) VALUES (?)", "INSERT documents"],
    ['insert or replace into "documents" values (?)', "INSERT documents"],
    ["-- why\n/* and more */ SELECT title FROM main.documents d JOIN folders", "SELECT documents"],
    ["SELECT 1", "SELECT"],
    ["UPDATE OR IGNORE documents SET title = ?", "UPDATE documents"],
    ["DELETE FROM documents WHERE title = ?", "DELETE documents"],
    ["ALTER TABLE documents ADD COLUMN size", "ALTER documents"],
    ["DROP TABLE IF EXISTS documents", "DROP documents"],
    [
      "WITH j AS (SELECT value FROM json_each(?)), k AS (SELECT ') UPDATE') INSERT INTO documents SELECT * FROM j",
      "INSERT documents"
    ],
    ["WITH RECURSIVE n(i) AS (SELECT 1) SELECT i FROM n", "SELECT n"],
    ["", "?"]
  ])("%s is %s", (sql, label) => {
    assert.strictEqual(labelOf(sql), label)
  })

  it("runs are found in a statement's JSON, each once and in order", () => {
    assert.deepStrictEqual(runsOf("settle", [JSON.stringify([{ id: b, hostId: a }, { id: a }, { id: b }])]), [b, a])
    assert.deepStrictEqual(runsOf("readBack", [JSON.stringify([a, b])]), [a, b])
    assert.deepStrictEqual(runsOf("entomb", [JSON.stringify([{ run: { id: a } }])]), [a])
    assert.deepStrictEqual(runsOf("read", [a]), [a])
  })

  it("a host's id, a broken JSON and a host's own text carry no runs", () => {
    assert.deepStrictEqual(runsOf("renew", [12, a]), [])
    assert.deepStrictEqual(runsOf("settle", ["[oops", null, 1n]), [])
    assert.deepStrictEqual(runsOf("INSERT documents", ['{"id": "not a run"}', a]), [])
  })
})
