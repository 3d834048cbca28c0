/**
 * An ordinary service over a table, as hosts have them: payments from accounts, which may not be
 * overdrawn. Not about runs, and with two bugs that can be switched on.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { SqliteClient } from "@effect/sql-sqlite-node"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Chaos, Scenario } from "../../chaos/index.js"

export interface Bugs {
  /** A payment whose answer was lost is paid once more. */
  readonly isPaidTwice?: boolean
  /** Two payments that look at one balance both find it sufficient. */
  readonly isChecked?: "inCode"
}

const patience = Schedule.intersect(Schedule.spaced("100 millis"), Schedule.recurs(8))

const pay = (bugs: Bugs, what: string, amount: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    if (bugs.isChecked === "inCode") {
      const [account] = yield* sql<{ balance: number }>`SELECT balance FROM accounts`
      if (account === undefined || account.balance < amount) return
    }
    const key = bugs.isPaidTwice === true ? sql`NULL` : sql`${what}`
    const guard = bugs.isChecked === "inCode" ? sql`TRUE` : sql`balance >= ${amount}`
    yield* sql`INSERT INTO payments (id, what, amount)
      SELECT ${key}, ${what}, ${amount} FROM accounts WHERE ${guard} ON CONFLICT DO NOTHING`
  }).pipe(Effect.retry(patience), Effect.timeoutFail({ duration: "30 seconds", onTimeout: () => "too slow" as const }))

const tables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE accounts (balance INTEGER NOT NULL)`
  yield* sql`CREATE TABLE payments (id TEXT UNIQUE, what TEXT NOT NULL, amount INTEGER NOT NULL)`
  yield* sql`CREATE TRIGGER paid AFTER INSERT ON payments BEGIN UPDATE accounts SET balance = balance - NEW.amount; END`
  yield* sql`INSERT INTO accounts (balance) VALUES (100)`
})

/** The tables are there before the chaos begins. */
const Database = Chaos.layerClient().pipe(
  Layer.provide(Layer.tap(SqliteClient.layer({ filename: ":memory:" }), (context) => Effect.provide(tables, context)))
)

/** Two payments from one account that holds 100. */
export const payments = (bugs: Bugs, amount: number): Scenario.Scenario =>
  Scenario.make({
    name: "payments",
    promise: "an account is never overdrawn, and a payment is made once",
    layer: Database,
    program: Effect.all([pay(bugs, "rent", amount), pay(bugs, "rope", amount)], {
      concurrency: "unbounded",
      mode: "either"
    }),
    verify: () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const [account] = yield* sql<{ balance: number }>`SELECT balance FROM accounts`
        const paid = yield* sql<{ what: string }>`SELECT what FROM payments`
        const isOnce = new Set(paid.map(({ what }) => what)).size === paid.length
        if (account === undefined || account.balance < 0 || !isOnce) {
          yield* Effect.dieMessage(`paid were ${paid.map(({ what }) => what)}, and ${account?.balance} is left`)
        }
      })
  })
