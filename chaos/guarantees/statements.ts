/**
 * What is guaranteed, in one place: the README, the page of guarantees and the tests that compare them
 * all take it from here. The numbers are those of the invariants, the scenarios and the mutants.
 *
 * @since 0.1.0
 */
import type { Guarantee } from "../../src/RunHistory.js"

export interface Statement {
  readonly guarantee: Guarantee
  /** As a sentence that begins with its name. */
  readonly says: string
  /** How far it holds. Where that is not "holds", its invariant judges what holds. */
  readonly today: string
}

export const statements: ReadonlyArray<Statement> = [
  {
    guarantee: "G1",
    says: "Fidelity: the status written is the one that follows from what the work did, under any storm of transient faults.",
    today: "holds"
  },
  {
    guarantee: "G2",
    says: "Cancel precedence: a cancel acknowledged as durable never ends as `completed` or `failed`; one that came too late says so.",
    today: "holds"
  },
  {
    guarantee: "G3",
    says: "Terminal is final: no write changes a terminal row; triggers refuse it to foreign clients as well.",
    today: "holds"
  },
  {
    guarantee: "G4",
    says: "Truthful signal: at most one `Settled`, after the commit, equal to the row, and last; within `parkAfter` of the work's end, a word.",
    today: "holds"
  },
  {
    guarantee: "G5",
    says: "Liveness: once the database heals, every verdict is written within one maximal delay.",
    today: "holds"
  },
  {
    guarantee: "G6",
    says: "Nothing lost at exit: a verdict that could not be written is replayed at the next start.",
    today: "holds, with a journal"
  },
  {
    guarantee: "G7",
    says: "Atomic start: a start that succeeds is in the database, in memory and cancellable; one that fails leaves nothing active.",
    today: "holds"
  },
  {
    guarantee: "G8",
    says: "Single active: at most one active run for a key; the key frees when the run settles.",
    today: "holds, on one database"
  },
  {
    guarantee: "G9",
    says: "Host loss: the runs of a lost host are settled or restarted by exactly one other host.",
    today: "holds, on one database"
  },
  {
    guarantee: "G10",
    says: "No-op, not found, not mine and failed write are four different answers.",
    today: "holds"
  },
  {
    guarantee: "G11",
    says: "The log is evidence: one well-formed JSON object per line, from which each run's history can be rebuilt.",
    today: "holds"
  },
  {
    guarantee: "G12",
    says: "Interruptions are told apart: user cancel, timeout, host shutdown, lost lease, and work that interrupted itself.",
    today: "holds"
  }
]
