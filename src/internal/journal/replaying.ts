/**
 * The replay of a journal: verdicts of an earlier kernel are written before any orphan is judged, so that work which had
 * ended is what it was, and not `failed(HostLost)`. They take the same way as all others, a status writer with its guards
 * and retries, of their own and gone when they are written. A host that comes back holds the lease of its former self
 * meanwhile (rule 12), and then lets go of it.
 *
 * @since 0.1.0
 */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Metric from "effect/Metric"
import type * as Schedule from "effect/Schedule"
import type { StoreFailure } from "../../RunError.js"
import type { HostId, RunId } from "../../RunId.js"
import * as RunMetrics from "../../RunMetrics.js"
import type { RunStore, Settlement, SettleOutcome, Tombstone } from "../../RunStore.js"
import type { Entry, Pending, VerdictJournal } from "../../VerdictJournal.js"
import type { WriteLine } from "../log/lineWriter.js"
import { notStorable } from "../runs/activeRun.js"
import { storedErrorOf } from "../store/runRow.js"
import { refusesValue } from "../store/sqlFailure.js"
import { nowMillis } from "../wallClock.js"
import * as StatusWriter from "../writing/statusWriter.js"

/** @internal */
export interface ReplayOptions {
  readonly store: typeof RunStore.Service
  readonly journal: typeof VerdictJournal.Service
  /** Of the host that replays. */
  readonly hostId: HostId
  readonly log: WriteLine
  readonly persist: StatusWriter.PersistOptions & { readonly parkAfter: Duration.Duration }
  readonly leaseDuration: Duration.Duration
  readonly openRetry: Schedule.Schedule<unknown, StoreFailure>
}

/** How many bad lines are told of one by one. */
const namedMax = 100

/**
 * Fails where the database does not take them in the time that a verdict has until it is parked: the kernel does not come
 * up then, and the journal keeps all that is not written.
 *
 * @internal
 */
export const replay = (options: ReplayOptions): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function* () {
    const pending = yield* options.journal.pending
    yield* tellFound(options, pending.length)
    if (pending.length === 0) return
    const formerHosts = [...new Set(pending.filter(({ isOwnerGone }) => isOwnerGone).map(hostOf))]
    yield* Effect.forEach(formerHosts, (hostId) => hold(options, hostId), { discard: true })
    yield* Effect.scoped(
      Effect.gen(function* () {
        const writer = yield* StatusWriter.make(options.store, () => options.hostId, options.log, options.persist)
        for (const round of roundsOf(pending)) yield* replayAll(options, writer, round)
      })
    )
    yield* letGo(options, new Set(formerHosts))
  })

/** Their processes are gone, and their verdicts are written: recovery may have what they left, at once. */
const letGo = (options: ReplayOptions, formerHosts: ReadonlySet<HostId>): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function* () {
    const { store } = options
    yield* Effect.forEach(formerHosts, (hostId) => retrying(options, store.removeHost(hostId)), { discard: true })
    if (formerHosts.size === 0) return
    // The rows of those that left active runs are still there.
    const { live } = yield* retrying(options, store.hosts)
    const left = live.filter(({ hostId }) => formerHosts.has(hostId))
    yield* Effect.forEach(left, (host) => retrying(options, store.fence(host)), { discard: true })
  })

const hostOf = ({ entry }: Pending): HostId => entry.settlement.hostId

const tellFound = ({ hostId, journal, log }: ReplayOptions, entries: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { journals, rejected, torn } = journal.found
    for (const bad of rejected.slice(0, namedMax)) yield* log({ _tag: "JournalLineRejected", hostId, ...bad })
    if (entries === 0 && torn === 0 && rejected.length === 0) return
    yield* log({ _tag: "JournalRead", hostId, journals, entries, torn, rejected: rejected.length })
  })

/** Where it is fenced, or gone, nothing is held, and the guards decide. */
const hold = (options: ReplayOptions, hostId: HostId): Effect.Effect<void, StoreFailure> =>
  Effect.flatMap(nowMillis, (now) =>
    Effect.asVoid(
      retrying(options, options.store.renewHost({ hostId, leaseUntil: now + Duration.toMillis(options.leaseDuration) }))
    )
  )

const retrying = <A>({ openRetry }: ReplayOptions, effect: Effect.Effect<A, StoreFailure>) =>
  Effect.retry(effect, openRetry)

/** A lane has one job for a run: verdicts of earlier attempts of it come first, and by themselves. */
const roundsOf = (pending: ReadonlyArray<Pending>): ReadonlyArray<ReadonlyArray<Entry>> => {
  const rounds: Array<Map<RunId, Entry>> = []
  for (const { entry } of pending) {
    const { id } = entry.settlement
    let round = rounds.find((round) => !round.has(id))
    if (round === undefined) {
      round = new Map()
      rounds.push(round)
    }
    round.set(id, entry)
  }
  return rounds.map((round) => [...round.values()])
}

// -- one round --------------------------------------------------------------------------------------------

const replayAll = (
  options: ReplayOptions,
  writer: StatusWriter.StatusWriter,
  entries: ReadonlyArray<Entry>
): Effect.Effect<void, StoreFailure> =>
  Effect.gen(function* () {
    const ended = Deferred.unsafeMake<void, StoreFailure>(FiberId.none)
    const budgetUntil = (yield* nowMillis) + Duration.toMillis(options.persist.parkAfter)
    let left = entries.length
    const end = Effect.sync(() => {
      if (--left === 0) Deferred.unsafeDone(ended, Effect.void)
    })
    for (const entry of entries) {
      let settlement = entry.settlement
      const job = {
        id: settlement.id,
        budgetUntil,
        answered: (outcome: SettleOutcome, attempts: number) =>
          Effect.zipRight(replayed(options, { ...entry, settlement }, outcome, attempts), end),
        overdue: (failure: StoreFailure, attempts: number) =>
          failure.class === "permanent"
            ? Effect.zipRight(refused(options, entry, attempts), end)
            : Effect.sync(() => Deferred.unsafeDone(ended, Effect.fail(failure))),
        reshape: (failure: StoreFailure) => {
          const isNews = refusesValue(failure) && settlement.status !== "cancelled" && settlement === entry.settlement
          if (isNews) settlement = notStorable(settlement)
          return isNews
        }
      }
      if (entry._tag === "Settlement") writer.settle.submit({ ...job, row: (): Settlement => settlement })
      else writer.entomb.submit({ ...job, row: (): Tombstone => ({ run: entry.run, settlement }) })
    }
    writer.wake()
    yield* Deferred.await(ended)
  })

/** What the replay met. Where the row says something else, both are told, and the entry is kept aside. */
const replayed = (
  options: ReplayOptions,
  entry: Entry,
  outcome: SettleOutcome,
  attempts: number
): Effect.Effect<void> => {
  const { settlement } = entry
  const row = "row" in outcome ? outcome.row : undefined
  const status = outcome._tag === "Applied" ? outcome.status : row?.status
  const workOutcome = outcome._tag === "Applied" ? outcome.workOutcome : row?.workOutcome
  const isOurs = outcome._tag === "Applied" || outcome._tag === "AlreadyApplied"
  const reason = storedErrorOf(row === undefined ? settlement.error : row.error)?.reason
  const told = options.log({
    _tag: "VerdictReplayed",
    ...about(options, settlement),
    verdict: settlement.status,
    outcome: outcome._tag,
    attempts,
    ...(status === undefined ? {} : { status }),
    ...(workOutcome === null || workOutcome === undefined ? {} : { workOutcome }),
    ...(status === "failed" && reason !== undefined ? { reason } : {})
  })
  const counted = Metric.update(Metric.tagged(RunMetrics.replayed, "outcome", outcome._tag), 1)
  const ended =
    isOurs || status === settlement.status
      ? options.journal.forget([settlement])
      : Effect.zipRight(
          overruled(options, settlement, status),
          options.journal.setAside(entry, `the database has ${status ?? "no row"} for it: ${outcome._tag}`)
        )
  return told.pipe(
    Effect.zipRight(counted),
    Effect.zipRight(ended),
    // It is replayed again at the next start, and finds what it has found now.
    Effect.catchAll(({ code, message, operation }) =>
      options.log({
        _tag: "JournalFailed",
        hostId: options.hostId,
        operation,
        message,
        ...(code === undefined ? {} : { code }),
        entries: 1,
        runIds: [settlement.id]
      })
    )
  )
}

/** It stays in the journal; what else has to be done must not wait for it. */
const refused = (options: ReplayOptions, { settlement }: Entry, attempts: number): Effect.Effect<void> =>
  Effect.zipRight(
    options.log({
      _tag: "VerdictReplayed",
      ...about(options, settlement),
      verdict: settlement.status,
      outcome: "Refused",
      attempts
    }),
    overruled(options, settlement, undefined)
  )

const overruled = (
  options: ReplayOptions,
  settlement: Settlement,
  status: Exclude<SettleOutcome, { _tag: "NotFound" | "Applied" }>["row"]["status"] | undefined
): Effect.Effect<void> => {
  const { hostId: _, id: __, ...rest } = settlement
  return options.log({
    _tag: "VerdictOverruled",
    ...about(options, settlement),
    settlement: rest,
    ...(status === undefined ? {} : { status })
  })
}

const about = ({ hostId }: ReplayOptions, settlement: Settlement) => ({
  runId: settlement.id,
  hostId,
  previousHostId: settlement.hostId
})
