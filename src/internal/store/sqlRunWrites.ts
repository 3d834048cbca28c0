/**
 * The writes of the SQL store: one guarded statement for the whole batch, then at most one read of
 * the rows that the statement did not give, which tells apart why. A row that a read-back finds ready
 * for the very write that missed it a moment ago makes the batch fail as `transient`: repeating it is
 * safe, guessing is not.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { StoreFailure } from "../../RunError.js"
import type { RunId } from "../../RunId.js"
import { isTerminal, type RunStatus, type TerminalStatus, type WorkOutcome } from "../../RunStatus.js"
import type {
  CancelOutcome,
  CancelRequest,
  InsertOutcome,
  NewRun,
  ProgressReport,
  Release,
  ReleaseOutcome,
  Settlement,
  SettleOutcome,
  StoredRun,
  Tombstone
} from "../../RunStore.js"
import type { CurrentClient } from "./currentClient.js"
import { assertDistinct } from "./runBatch.js"
import { type SqlRow, storedRun } from "./sqlRows.js"
import type { SqlDialect, SqlStatement } from "./sqlStatements.js"

// -- insert ----------------------------------------------------------------------------------------------

/** Statements for one batch at most: each repetition needs another run that settled in between. */
const insertAttemptsMax = 3

/** @internal */
export const insert = (
  current: CurrentClient,
  runs: ReadonlyArray<NewRun>
): Effect.Effect<ReadonlyArray<InsertOutcome>, StoreFailure> =>
  Effect.gen(function* () {
    assertDistinct(
      "insert",
      runs.map((run) => run.id)
    )
    const outcomes = new Map<RunId, InsertOutcome>()
    let waiting = runs
    for (let attempt = 1; waiting.length > 0 && attempt <= insertAttemptsMax; attempt++) {
      const asked = waiting
      for (const row of yield* current.run("insert", "autocommit", (dialect) => dialect.insert(asked))) {
        outcomes.set(row.run_id as RunId, { _tag: "Inserted" })
      }
      const missed = asked.filter((run) => !outcomes.has(run.id))
      if (missed.length === 0) break
      const found = yield* readBack(current, "insert", (dialect) => dialect.insertReadBack(missed))
      missed.forEach((run, position) => {
        const outcome = whatTookIt(
          run,
          found.filter((row) => Number(row.position) === position)
        )
        if (outcome !== undefined) outcomes.set(run.id, outcome)
      })
      // Nothing is in the way any more: the run that held the key has settled. Insert again.
      waiting = missed.filter((run) => !outcomes.has(run.id))
    }
    return yield* inOrder("insert", runs, (run) => run.id, outcomes)
  })

/** By id first (it may be mine), then the idempotency key, whose answer is the existing run, then the key. */
const whatTookIt = (run: NewRun, found: ReadonlyArray<SqlRow>): InsertOutcome | undefined => {
  const via = (name: string): StoredRun | undefined => {
    const row = found.find((candidate) => candidate.via === name)
    return row === undefined ? undefined : storedRun(row)
  }
  const there = via("id")
  if (there !== undefined) {
    return isActiveMine(there, run.hostId, 1)
      ? { _tag: "AlreadyInserted", cancelRequestedAt: there.cancelRequestedAt }
      : { _tag: "AlreadyThere", row: there }
  }
  const existing = via("idempotencyKey")
  if (existing !== undefined) return { _tag: "IdempotencyKeyTaken", row: existing }
  const holder = via("key")
  return holder === undefined ? undefined : { _tag: "KeyTaken", activeId: holder.id }
}

// -- settle and entomb -----------------------------------------------------------------------------------

/** @internal */
export const settle = (
  current: CurrentClient,
  settlements: ReadonlyArray<Settlement>
): Effect.Effect<ReadonlyArray<SettleOutcome>, StoreFailure> =>
  settleBatch(current, "settle", settlements, (dialect) => dialect.settle(settlements))

/** @internal */
export const entomb = (
  current: CurrentClient,
  tombstones: ReadonlyArray<Tombstone>
): Effect.Effect<ReadonlyArray<SettleOutcome>, StoreFailure> =>
  settleBatch(
    current,
    "entomb",
    tombstones.map(({ run, settlement }) => ({ id: run.id, hostId: run.hostId, attempt: 1, token: settlement.token })),
    (dialect) => dialect.entomb(tombstones)
  )

const settleBatch = (
  current: CurrentClient,
  operation: "settle" | "entomb",
  wanted: ReadonlyArray<Pick<Settlement, "id" | "hostId" | "attempt" | "token">>,
  statement: (dialect: SqlDialect) => SqlStatement
): Effect.Effect<ReadonlyArray<SettleOutcome>, StoreFailure> =>
  Effect.gen(function* () {
    const outcomes = new Map<RunId, SettleOutcome>()
    for (const row of yield* writeBatch(current, operation, wanted, statement)) {
      outcomes.set(row.run_id as RunId, {
        _tag: "Applied",
        status: row.status as TerminalStatus,
        workOutcome: row.work_outcome as WorkOutcome
      })
    }
    const missed = wanted.filter((row) => !outcomes.has(row.id))
    const found = yield* readBackRows(current, operation, missed)
    for (const row of missed) {
      const outcome = whyNotSettled(row, found.get(row.id), operation)
      if (outcome !== undefined) outcomes.set(row.id, outcome)
    }
    return yield* inOrder(operation, wanted, (row) => row.id, outcomes)
  })

const whyNotSettled = (
  wanted: Pick<Settlement, "hostId" | "attempt" | "token">,
  row: StoredRun | undefined,
  operation: "settle" | "entomb"
): SettleOutcome | undefined => {
  // A tombstone inserts what is not there: a row that is gone by now was there when it was refused.
  if (row === undefined) return operation === "settle" ? { _tag: "NotFound" } : undefined
  if (isTerminal(row.status)) {
    return { _tag: row.settleToken === wanted.token ? "AlreadyApplied" : "NoOp", row, status: row.status }
  }
  return isActiveMine(row, wanted.hostId, wanted.attempt) ? undefined : { _tag: "NotMine", row }
}

// -- cancel ----------------------------------------------------------------------------------------------

/** @internal */
export const requestCancel = (
  current: CurrentClient,
  requests: ReadonlyArray<CancelRequest>
): Effect.Effect<ReadonlyArray<CancelOutcome>, StoreFailure> =>
  Effect.gen(function* () {
    const outcomes = new Map<RunId, CancelOutcome>()
    for (const row of yield* writeBatch(current, "cancel", requests, (dialect) => dialect.cancel(requests))) {
      const _tag = isTerminal(row.status as RunStatus) ? "Settled" : "Recorded"
      outcomes.set(row.run_id as RunId, { _tag })
    }
    const missed = requests.filter((request) => !outcomes.has(request.id))
    const found = yield* readBackRows(current, "cancel", missed)
    for (const request of missed) {
      const outcome = whyNotCancelled(request, found.get(request.id))
      if (outcome !== undefined) outcomes.set(request.id, outcome)
    }
    return yield* inOrder("cancel", requests, (request) => request.id, outcomes)
  })

const whyNotCancelled = (request: CancelRequest, row: StoredRun | undefined): CancelOutcome | undefined => {
  if (row === undefined) return { _tag: "NotFound" }
  if (!isTerminal(row.status)) return undefined
  // An earlier attempt of this very request settled it, and its answer was lost.
  return row.settleToken === request.token ? { _tag: "Settled" } : { _tag: "NoOp", status: row.status }
}

// -- release and progress --------------------------------------------------------------------------------

/** @internal */
export const release = (
  current: CurrentClient,
  releases: ReadonlyArray<Release>
): Effect.Effect<ReadonlyArray<ReleaseOutcome>, StoreFailure> =>
  Effect.gen(function* () {
    const outcomes = new Map<RunId, ReleaseOutcome>()
    for (const row of yield* writeBatch(current, "release", releases, (dialect) => dialect.release(releases))) {
      const status = row.status as RunStatus
      const workOutcome = row.work_outcome as WorkOutcome
      outcomes.set(
        row.run_id as RunId,
        isTerminal(status) ? { _tag: "Applied", status, workOutcome } : { _tag: "Released" }
      )
    }
    const missed = releases.filter(({ id }) => !outcomes.has(id))
    const found = yield* readBackRows(current, "release", missed)
    for (const row of missed) {
      const outcome = whyNotReleased(row, found.get(row.id))
      if (outcome !== undefined) outcomes.set(row.id, outcome)
    }
    return yield* inOrder("release", releases, ({ id }) => id, outcomes)
  })

/** Nobody's at this very attempt: an earlier statement of ours has landed, since only its owner gives a run back. */
const whyNotReleased = (wanted: Release, row: StoredRun | undefined): ReleaseOutcome | undefined =>
  row?.status === "pending" && row.hostId === null && row.attempt === wanted.attempt
    ? { _tag: "Released" }
    : whyNotSettled(wanted, row, "settle")

/** @internal */
export const reportProgress = (
  current: CurrentClient,
  reports: ReadonlyArray<ProgressReport>
): Effect.Effect<void, StoreFailure> =>
  Effect.asVoid(writeBatch(current, "progress", reports, (dialect) => dialect.progress(reports)))

// -- batches ---------------------------------------------------------------------------------------------

/** Rule 1: at most one element per run in a statement. An empty batch does not touch the database. */
const writeBatch = (
  current: CurrentClient,
  operation: string,
  rows: ReadonlyArray<{ readonly id: RunId }>,
  statement: (dialect: SqlDialect) => SqlStatement
): Effect.Effect<ReadonlyArray<SqlRow>, StoreFailure> =>
  Effect.suspend(() => {
    assertDistinct(
      operation,
      rows.map((row) => row.id)
    )
    return rows.length === 0 ? Effect.succeed([]) : current.run(operation, "autocommit", statement)
  })

/** The read itself changed nothing; the write before it may have, so the operation as a whole is in doubt. */
const readBack = (
  current: CurrentClient,
  operation: string,
  statement: (dialect: SqlDialect) => SqlStatement
): Effect.Effect<ReadonlyArray<SqlRow>, StoreFailure> =>
  Effect.mapError(
    current.run(operation, "read", statement),
    (failure) => new StoreFailure({ ...failure, inDoubt: true, cause: failure.cause })
  )

const readBackRows = (
  current: CurrentClient,
  operation: string,
  missed: ReadonlyArray<{ readonly id: RunId }>
): Effect.Effect<ReadonlyMap<RunId, StoredRun>, StoreFailure> => {
  if (missed.length === 0) return Effect.succeed(new Map())
  const ids = missed.map((row) => row.id)
  return Effect.map(
    readBack(current, operation, (dialect) => dialect.readBack(ids)),
    (rows) => new Map(rows.map(storedRun).map((row) => [row.id, row]))
  )
}

const isActiveMine = (row: StoredRun, hostId: string, attempt: number): boolean =>
  !isTerminal(row.status) && row.hostId === hostId && row.attempt === attempt

/** The outcomes in the order of the rows, or a transient failure where one has none. */
const inOrder = <A, B>(
  operation: string,
  rows: ReadonlyArray<A>,
  idOf: (row: A) => RunId,
  outcomes: ReadonlyMap<RunId, B>
): Effect.Effect<ReadonlyArray<B>, StoreFailure> => {
  const ordered: Array<B> = []
  for (const row of rows) {
    const outcome = outcomes.get(idOf(row))
    if (outcome === undefined) return Effect.fail(changedUnderneath(operation, idOf(row), outcomes.size > 0))
    ordered.push(outcome)
  }
  return Effect.succeed(ordered)
}

const changedUnderneath = (operation: string, id: RunId, othersWereAnswered: boolean): StoreFailure =>
  new StoreFailure({
    operation,
    class: "transient",
    // Other rows of the batch may have been written: the batch as a whole is in doubt, this row is not.
    inDoubt: othersWereAnswered,
    cause: new Error(`Run ${id} changed between the ${operation} and the read that followed it. Repeat the batch.`)
  })
