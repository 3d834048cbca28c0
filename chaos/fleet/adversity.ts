/**
 * What happens to a fleet in a round, drawn from a seed: which, to whom, when, and for how long.
 *
 * @since 0.1.0
 */
import { choose, fraction } from "../internal/decisionHash.js"
import type { Direction } from "./proxy.js"
import { delayMaxMillis, leaseMillis } from "./times.js"

/**
 * - `kill`: SIGKILL; `forMillis` later the host is started again. `restart`: it is told to stop, and started again.
 * - `freeze`: SIGSTOP, and SIGCONT after `forMillis`.
 * - `fullDisk`: of the host's journal.
 * - Postgres: `terminate`: its sessions, by the server. `stopServer`, `crashServer`: stopped in good order, or at once.
 *   `drop`: its connections, and new ones are refused. `silence`, `delay`: bytes vanish, or arrive when it is over.
 *   `lockRows`: somebody holds the locks of some rows, of whatever hosts.
 * - SQLite: `lock`: somebody else holds the file's lock.
 */
export type Kind =
  | "kill"
  | "restart"
  | "freeze"
  | "fullDisk"
  | "terminate"
  | "stopServer"
  | "crashServer"
  | "drop"
  | "silence"
  | "delay"
  | "lockRows"
  | "lock"

export interface Adversity {
  readonly kind: Kind
  /** The host; of no meaning where the server itself is meant. */
  readonly slot: number
  /** From the beginning of the round. */
  readonly atMillis: number
  readonly forMillis: number
  /** Of bytes that vanish or are late. */
  readonly direction: Direction
}

/** Those that make others lose their leases come more often. */
const kinds = {
  sqlite: ["kill", "kill", "freeze", "freeze", "restart", "lock", "fullDisk"],
  postgres: [
    "kill",
    "kill",
    "freeze",
    "freeze",
    "restart",
    "terminate",
    "stopServer",
    "crashServer",
    "drop",
    "silence",
    "silence",
    "delay",
    "fullDisk"
  ]
} as const satisfies Record<string, readonly [Kind, ...Array<Kind>]>

/** A host that is silent for so long is judged lost, if the others can look. */
const lostAfterMillis = leaseMillis + delayMaxMillis

/** One to three for each round, and sometimes locks besides. A full disk comes with a database that is away. */
export const adversitiesOf = (
  database: "sqlite" | "postgres",
  seed: number,
  round: number
): ReadonlyArray<Adversity> => [
  ...drawnOf(database, seed, round),
  ...(database === "postgres" && fraction("rows locked", seed, round) < 0.4 ? [locksOf(seed, round)] : [])
]

const locksOf = (seed: number, round: number): Adversity => ({
  kind: "lockRows",
  slot: 0,
  ...timeOf("lockRows", fraction("locked at", seed, round), fraction("locked for", seed, round)),
  direction: "both"
})

const timeOf = (kind: Kind, at: number, length: number): Pick<Adversity, "atMillis" | "forMillis"> => ({
  atMillis: Math.floor(100 + at * 900),
  forMillis: lengthOf(kind, length)
})

const drawnOf = (database: "sqlite" | "postgres", seed: number, round: number): ReadonlyArray<Adversity> =>
  Array.from({ length: 1 + Math.floor(fraction("how many", seed, round) * 2.5) }, (_, index) => {
    const drawn = (what: string) => fraction(what, seed, round, index)
    const kind: Kind = choose(kinds[database], "kind", seed, round, index)
    const adversity: Adversity = {
      kind,
      slot: Math.floor(drawn("slot") * 3),
      ...timeOf(kind, drawn("at"), drawn("length")),
      direction: choose(["up", "down", "both"], "direction", seed, round, index)
    }
    if (kind !== "fullDisk") return [adversity]
    const away: Kind = database === "sqlite" ? "lock" : "silence"
    return [adversity, { ...adversity, kind: away, direction: "both" as const }]
  }).flat()

/** Short, or longer than a host may be silent. */
const lengthOf = (kind: Kind, drawn: number): number => {
  const isShort = drawn < 0.3
  const long = lostAfterMillis + 300 + Math.floor(drawn * 900)
  switch (kind) {
    case "freeze":
    case "drop":
    case "silence":
    case "delay":
    case "lockRows":
      return isShort ? 100 + Math.floor(drawn * 1_500) : long
    case "fullDisk":
      return long
    case "kill":
    case "restart":
    case "stopServer":
    case "crashServer":
    case "lock":
      return 50 + Math.floor(drawn * 900)
    case "terminate":
      return 0
  }
}
