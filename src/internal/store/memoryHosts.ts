/**
 * The hosts of the store in memory: who is live, who is fenced, and what a take-over makes of the rows
 * of those that are not live. The same rules as the SQL store's statements, row by row.
 *
 * @since 0.1.0
 */
import type { HostId } from "../../RunId.js"
import { isTerminal } from "../../RunStatus.js"
import type { HostRegistration, HostsSeen, LiveHost, OwnedRun, StoredRun, TakeOver } from "../../RunStore.js"
import { put, type Tables } from "./memoryTables.js"

/** @internal */
export const register = (tables: Tables, host: HostRegistration): void => {
  // A repeated registration, whose first answer was lost, must not revive a host that was fenced meanwhile.
  if (!tables.hosts.has(host.hostId)) tables.hosts.set(host.hostId, { ...host, renewSeq: 0, state: "live" })
}

/** @internal */
export const renew = (
  tables: Tables,
  { hostId, leaseUntil }: { readonly hostId: HostId; readonly leaseUntil: number }
): { readonly held: boolean; readonly owned: ReadonlyArray<OwnedRun> } => {
  const host = tables.hosts.get(hostId)
  const held = host !== undefined && host.state === "live"
  if (held) {
    // An earlier renewal that lands late does not shorten the lease.
    const leaseLatest = Math.max(host.leaseUntil, leaseUntil)
    tables.hosts.set(hostId, { ...host, leaseUntil: leaseLatest, renewSeq: host.renewSeq + 1 })
  }
  const owned = activeOf(tables, hostId).map(
    ({ attempt, cancelReason, cancelRequestedAt, id }): OwnedRun => ({ id, attempt, cancelRequestedAt, cancelReason })
  )
  return { held, owned }
}

/** Rule 11: the row stays while an active run names it. */
export const remove = (tables: Tables, hostId: HostId): void => {
  if (activeOf(tables, hostId).length === 0) tables.hosts.delete(hostId)
}

/** @internal */
export const activeOf = (tables: Tables, hostId: HostId | null): ReadonlyArray<StoredRun> =>
  [...tables.runs.values()]
    .filter((row) => row.hostId === hostId && !isTerminal(row.status))
    .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1))

const isLive = (tables: Tables, hostId: HostId): boolean => tables.hosts.get(hostId)?.state === "live"

/** @internal */
export const seen = (tables: Tables): HostsSeen => {
  const live = [...tables.hosts.values()].filter(({ state }) => state === "live")
  const owners = new Set<HostId | null>()
  for (const { hostId, status } of tables.runs.values()) if (!isTerminal(status)) owners.add(hostId)
  return {
    live: live.map(({ state: _, ...host }): LiveHost => host),
    lost: [...owners].filter((owner) => owner === null || !isLive(tables, owner)),
    spent: [...tables.hosts.values()].flatMap(({ hostId, state }) =>
      state === "fenced" && !owners.has(hostId) ? [hostId] : []
    )
  }
}

/** Rule 6: by compare-and-set on the number that was observed. */
export const fence = (
  tables: Tables,
  { hostId, renewSeq }: { readonly hostId: HostId; readonly renewSeq: number }
): boolean => {
  const host = tables.hosts.get(hostId)
  if (host === undefined || host.state !== "live" || host.renewSeq !== renewSeq) return false
  tables.hosts.set(hostId, { ...host, state: "fenced" })
  return true
}

/** Rule 5: fence, then take. */
export const takeOver = (tables: Tables, request: TakeOver): ReadonlyArray<StoredRun> => {
  const { by, from, limit } = request
  if (!isLive(tables, by) || (from !== null && isLive(tables, from))) return []
  const taken: Array<StoredRun> = []
  for (const row of activeOf(tables, from)) {
    if (taken.length >= limit) break
    const now = from === null && row.onHostExit === "fail" ? undefined : takenOver(row, request)
    if (now === undefined) continue
    put(tables, now)
    taken.push(now)
  }
  return taken
}

/** What a take-over makes of a row; undefined where it is left to another host. */
const takenOver = (row: StoredRun, { by, error, names, now, token }: TakeOver): StoredRun | undefined => {
  const settled = { workOutcome: "unknown", finishedAt: now, settleToken: token } as const
  // Rule 2: cancel in every hand-over.
  if (row.cancelRequestedAt !== null) return { ...row, ...settled, status: "cancelled", error: null }
  const isLate = row.restartDeadline !== null && row.restartDeadline <= now
  if (row.onHostExit === "fail" || row.attempt >= row.attemptMax || isLate) {
    return { ...row, ...settled, status: "failed", error }
  }
  if (!names.includes(row.name)) return undefined
  const progress = { progressCurrent: null, progressTotal: null, progressStep: null }
  return { ...row, ...progress, status: "running", hostId: by, attempt: row.attempt + 1, startedAt: now }
}
