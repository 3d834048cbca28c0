/**
 * Which process this host is, so that hosts on the same machine can tell that one of them is gone: its
 * pid, when it started, and the boot of the machine together with the namespace that pids count in.
 * Linux tells all of it; where it is not told, or the machine is another one, only leases count. A
 * reference with a default, which simulations replace.
 *
 * @since 0.1.0
 */
import { readFileSync, readlinkSync } from "node:fs"
import * as Context from "effect/Context"
import type { LiveHost } from "../../RunStore.js"

/** @internal */
export type ProcessIdentity = Pick<LiveHost, "pid" | "bootId" | "processStartedAt">

/** @internal */
export interface Processes {
  readonly own: ProcessIdentity
  /** Whether it is certain that the process is gone. */
  readonly isGone: (host: ProcessIdentity) => boolean
}

const textOr = (read: () => string): string | null => {
  try {
    return read().trim()
  } catch {
    // Not Linux, or not ours to read: nothing is known then.
    return null
  }
}

/** Containers of one machine share its boot, and count their pids each for itself. */
const bootIdOf = (): string | null => {
  const boot = textOr(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"))
  const namespace = textOr(() => readlinkSync("/proc/self/ns/pid"))
  return boot === null || namespace === null ? null : `${boot} ${namespace}`
}

/** State and start time of a process. The name before them, in brackets, may hold anything. */
const statOf = (pid: number): { readonly state: string; readonly startedAt: number } | undefined => {
  const stat = textOr(() => readFileSync(`/proc/${pid}/stat`, "utf8"))
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? []
  const [state, startedAt] = [fields[0], Number(fields[19])]
  return state === undefined || !Number.isInteger(startedAt) ? undefined : { state, startedAt }
}

/** Answers also for processes of other users, whose files may be hidden. */
const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"
  }
}

const own: ProcessIdentity = {
  pid: process.pid,
  bootId: bootIdOf(),
  processStartedAt: statOf(process.pid)?.startedAt ?? null
}

const isGone = (host: ProcessIdentity): boolean => {
  if (own.bootId === null || host.bootId !== own.bootId) return false
  if (!exists(host.pid)) return true
  const stat = statOf(host.pid)
  if (stat === undefined) return false
  // A process that was killed stays in the table until its parent has looked at it; a pid may be given again.
  const isDead = stat.state === "Z" || stat.state === "X"
  return isDead || (host.processStartedAt !== null && stat.startedAt !== host.processStartedAt)
}

/** @internal */
export class HostProcesses extends Context.Reference<HostProcesses>()("effect-holdfast/internal/HostProcesses", {
  defaultValue: (): Processes => ({ own, isGone })
}) {}
