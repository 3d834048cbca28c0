/**
 * A host that is gone: it registered in the file, left active runs there, and is never heard of again.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { makeHostId, make as makeRunId, type RunId } from "../../src/RunId.js"
import type { World } from "./world.js"

export interface Ghost {
  readonly name?: string
  readonly onHostExit?: "fail" | "restart"
  readonly attempt?: number
  readonly attemptMax?: number
  readonly payload?: string
  readonly cancelRequestedAt?: number
  readonly leaseMillis?: number
  readonly pid?: number
  readonly bootId?: string
}

/** The id of its run, which is `running` at its first attempt, of the work "import", to be restarted. */
export const ghost = (world: typeof World.Service, over: Ghost = {}): Effect.Effect<RunId> =>
  Effect.gen(function* () {
    const hostId = yield* makeHostId
    const id = yield* makeRunId
    const { attempt = 1, attemptMax = 3, cancelRequestedAt = null, leaseMillis = 1_000, payload = "{}" } = over
    yield* world.foreign(
      "INSERT INTO holdfast_hosts (host_id, pid, boot_id, process_started_at, registered_at, lease_until, lease_millis) VALUES (?, ?, ?, 1, 0, 0, ?)",
      ...[hostId, over.pid ?? 1, over.bootId ?? null, leaseMillis]
    )
    yield* world.foreign(
      "INSERT INTO holdfast_runs (run_id, name, payload, status, host_id, attempt, attempt_max, on_host_exit, created_at, started_at, cancel_requested_at) VALUES (?, ?, ?, 'running', ?, ?, ?, ?, 0, 0, ?)",
      ...[id, over.name ?? "import", payload, hostId, attempt, attemptMax, over.onHostExit ?? "restart"],
      cancelRequestedAt
    )
    return id
  })
