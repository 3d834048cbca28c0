/**
 * What the doctor looks at, and what it makes of it: each finding says what was found, what that means,
 * and what to do.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Host, RunDatabase } from "../RunDatabase.js"
import type { StoreFailure } from "../RunError.js"
import type { HostId, RunId } from "../RunId.js"
import { missing, newer, older, whereElse } from "./databaseUrl.js"
import { duration, plural } from "./printing.js"

export interface Finding {
  readonly kind:
    | "noTables"
    | "olderTables"
    | "newerTables"
    | "damaged"
    | "deadHost"
    | "fencedHost"
    | "orphans"
    | "parkedJournal"
    | "liveJournal"
    | "storedVerdicts"
    | "contradictedVerdict"
    | "setAside"
    | "unusableLines"
    | "tornLine"
    | "foreignFile"
  /** Nothing has to be done about a note. */
  readonly weight: "problem" | "note"
  readonly found: string
  readonly means: string
  readonly todo: string
  /** The file of a journal that it is about. */
  readonly file?: string
  /** The runs that it concerns; of orphans the oldest. */
  readonly runIds: ReadonlyArray<RunId>
}

type Database = typeof RunDatabase.Service

/** Of the runs that a finding concerns, those that are named. */
const namedMax = 5

export const diagnose = (database: Database, name: string): Effect.Effect<ReadonlyArray<Finding>, StoreFailure> =>
  Effect.gen(function* () {
    // A damaged file may answer everything else with nonsense.
    const checked = yield* Effect.either(database.check)
    if (checked._tag === "Left" && checked.left.class === "fatal") return [damaged(checked.left)]
    const tables = yield* database.tables
    const { expected, found } = tables
    // Of tables that are not there Postgres has nothing to check.
    if (found === undefined) return [noTables(name, whereElse(tables))]
    yield* checked
    if (found > expected) return [newerTables(newer(name, found, expected))]
    const drift = found < expected ? [olderTables(older(name, found, expected))] : []
    return [...drift, ...(yield* hostsOf(database, yield* database.now))]
  })

// -- hosts and their runs ----------------------------------------------------------------------------------

const hostsOf = (database: Database, now: number) =>
  Effect.gen(function* () {
    const hosts = yield* database.hosts
    const active = yield* database.activeByHost
    const known = new Set(hosts.map(({ hostId }) => hostId))
    const ofHosts = yield* Effect.forEach(hosts, (host) =>
      hostFindings(database, host, active.get(host.hostId) ?? 0, now)
    )
    const gone = [...active].flatMap(([hostId, count]) =>
      hostId === undefined || known.has(hostId) ? [] : [[hostId, count] as const]
    )
    const ofGone = yield* Effect.forEach(gone, ([hostId, count]) =>
      Effect.map(namesOf(database, hostId), (runIds) => orphans(hostId, "has no row any more", count, runIds))
    )
    return [...ofHosts.flat(), ...ofGone]
  })

const namesOf = (database: Database, hostId: HostId) =>
  Effect.map(database.activeOf(hostId, namedMax), (runs) => runs.map(({ id }) => id))

const hostFindings = (database: Database, host: Host, count: number, now: number) =>
  Effect.gen(function* () {
    if (host.state === "live" && host.leaseUntil >= now) return []
    const why = host.state === "fenced" ? "was fenced" : `let its lease run out ${duration(now - host.leaseUntil)} ago`
    const hostFinding = host.state === "fenced" ? fencedHost(host) : deadHost(host, why)
    if (count === 0) return [hostFinding]
    return [hostFinding, orphans(host.hostId, why, count, yield* namesOf(database, host.hostId))]
  })

const orphans = (hostId: HostId, why: string, count: number, runIds: ReadonlyArray<RunId>): Finding => ({
  kind: "orphans",
  weight: "problem",
  found: `${plural(count, "active run")} of host ${hostId}, which ${why}`,
  means: "Nobody executes them any more, or somebody does who has lost the database. Their keys are taken.",
  todo: "Start a host on this database: it settles them as failed (HostLost), as cancelled where that was asked for. If the host's log has VerdictLost lines, repair those rows first (docs/run-lifecycle.md, At exit).",
  runIds
})

const deadHost = ({ hostId, pid }: Host, why: string): Finding => ({
  kind: "deadHost",
  weight: "problem",
  found: `Host ${hostId} (process ${pid}) ${why}`,
  means: "It was killed, is frozen, or cannot reach the database.",
  todo: "Look whether the process is there and what its log says. Any other host fences it when it next renews its own lease.",
  runIds: []
})

const fencedHost = ({ hostId, pid }: Host): Finding => ({
  kind: "fencedHost",
  weight: "note",
  found: `Host ${hostId} (process ${pid}) is fenced`,
  means: "Its lease had run out, and another host took over. It writes nothing under this id any more.",
  todo: "Nothing, if its process is gone or goes on under a new id. Its row may be deleted when it has no active runs.",
  runIds: []
})

// -- the database itself -----------------------------------------------------------------------------------

const damaged = (failure: StoreFailure): Finding => ({
  kind: "damaged",
  weight: "problem",
  found: failure.message,
  means: `${failure.code === "SQLITE_NOTADB" ? "It is another file than the one that the hosts write, or the" : "The"} database is damaged. Hosts write nothing more and say DatabaseDamaged.`,
  todo: "Stop the hosts. On SQLite keep a copy of the file with its -wal, and restore a backup or try the .recover command of the sqlite3 shell; on Postgres read the server's own log, and restore a backup.",
  runIds: []
})

const noTables = (name: string, elsewhere: string | undefined): Finding => ({
  kind: "noTables",
  weight: "problem",
  found: missing(name),
  means: "No host has used this database, or it uses another table prefix.",
  todo: elsewhere ?? "Check that this is the database that the host writes. A host makes the tables when it starts.",
  runIds: []
})

const olderTables = (found: string): Finding => ({
  kind: "olderTables",
  weight: "problem",
  found,
  means: "The last host that opened it was of an older version.",
  todo: "Nothing, if hosts of that version are running. Otherwise start one of this version.",
  runIds: []
})

const newerTables = (found: string): Finding => ({
  kind: "newerTables",
  weight: "problem",
  found,
  means: "A host of a newer version has opened it. What follows cannot be judged.",
  todo: "Install the version of the host.",
  runIds: []
})
