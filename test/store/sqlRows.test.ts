/** How a row of the runs table is read, whatever a driver gives its columns as. */
import { assert, describe, it } from "@effect/vitest"
import { hostsSeen, ownedRuns, storedRun } from "../../src/internal/store/sqlRows.js"
import { here, runId } from "./contract/fixtures.js"

const columns = {
  run_id: runId(1),
  name: "import",
  run_key: "tenant",
  idempotency_key: "request",
  payload: "{}",
  payload_hash: "hash",
  status: "cancelled",
  host_id: here,
  attempt: 1,
  attempt_max: 3,
  on_host_exit: "restart",
  restart_deadline: 10,
  cancel_requested_at: 20,
  cancel_reason: "by hand",
  created_at: 30,
  started_at: 40,
  finished_at: 50,
  work_outcome: "succeeded",
  result: "1",
  error: "2",
  settle_token: "token",
  progress_current: 60,
  progress_total: 70,
  progress_step: "step"
}

const row = {
  id: runId(1),
  name: "import",
  key: "tenant",
  idempotencyKey: "request",
  payload: "{}",
  payloadHash: "hash",
  status: "cancelled",
  hostId: here,
  attempt: 1,
  attemptMax: 3,
  onHostExit: "restart",
  restartDeadline: 10,
  cancelRequestedAt: 20,
  cancelReason: "by hand",
  createdAt: 30,
  startedAt: 40,
  finishedAt: 50,
  workOutcome: "succeeded",
  result: "1",
  error: "2",
  settleToken: "token",
  progressCurrent: 60,
  progressTotal: 70,
  progressStep: "step"
}

/** Every number of the row, as this. */
const withNumbers = (as: (number: number) => unknown) =>
  Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [name, typeof value === "number" ? as(value) : value])
  )

const required = ["run_id", "name", "status", "attempt", "attempt_max", "on_host_exit", "created_at"]

/** Every column that may be empty, as this. */
const withEmpty = (empty: null | undefined) =>
  Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, required.includes(name) ? value : empty]))

describe("a row of the runs table", () => {
  it("is read column by column", () => {
    assert.deepStrictEqual<unknown>(storedRun(columns), row)
  })

  it("has numbers, also where the driver gives text or bigints", () => {
    assert.deepStrictEqual<unknown>(storedRun(withNumbers(String)), row)
    assert.deepStrictEqual<unknown>(storedRun(withNumbers(BigInt)), row)
  })

  it("has null where a column is empty, or was not asked for", () => {
    for (const empty of [null, undefined]) {
      const read = storedRun(withEmpty(empty))
      const kept = ["id", "name", "status", "attempt", "attemptMax", "onHostExit", "createdAt"]
      for (const [name, value] of Object.entries(read)) {
        assert.strictEqual(value, kept.includes(name) ? row[name as keyof typeof row] : null, name)
      }
    }
  })

  it("keeps a zero, which is no empty column", () => {
    const { progressCurrent, startedAt } = storedRun({ ...columns, progress_current: 0, started_at: 0 })
    assert.deepStrictEqual([progressCurrent, startedAt], [0, 0])
  })

  it("is a host's own, as its renewal finds it: all in one text, and those with a cancel once more", () => {
    const none = { run_id: null, cancel_requested_at: null, cancel_reason: null }
    const rows = [
      { ...none, runs: `${runId(1)} 1,${runId(2)} 12,${runId(3)} 1` },
      { runs: null, run_id: runId(2), cancel_requested_at: "20", cancel_reason: "by hand" },
      { runs: null, run_id: runId(3), cancel_requested_at: 30n, cancel_reason: null }
    ]
    assert.deepStrictEqual(ownedRuns(rows), [
      { id: runId(1), attempt: 1, cancelRequestedAt: null, cancelReason: null },
      { id: runId(2), attempt: 12, cancelRequestedAt: 20, cancelReason: "by hand" },
      { id: runId(3), attempt: 1, cancelRequestedAt: 30, cancelReason: null }
    ])
    assert.deepStrictEqual(ownedRuns([{ ...none, runs: null }]), [])
  })

  it("of hosts are those that are live, whose rows wait for another host, and who may go", () => {
    const live = { host_id: here, pid: 1n, boot_id: null, process_started_at: "7", registered_at: 1, state: "live" }
    const rows = [{ ...live, lease_until: 2, lease_millis: 3, renew_seq: 4n }, ...[here, null].map(lostHost)]
    const spent = { host_id: here, state: "spent" }
    const host = { hostId: here, pid: 1, bootId: null, processStartedAt: 7, registeredAt: 1, leaseUntil: 2 }
    assert.deepStrictEqual(hostsSeen([...rows, spent]), {
      live: [{ ...host, leaseMillis: 3, renewSeq: 4 }],
      lost: [here, null],
      spent: [here]
    })
  })
})

const lostHost = (host_id: string | null) => ({ host_id, state: "lost" })
