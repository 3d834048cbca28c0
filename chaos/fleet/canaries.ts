/**
 * Kernels that are wrong in what several hosts owe each other, and right for one host alone. The fleet must find each within
 * few rounds, or it is blind.
 *
 * @since 0.1.0
 */
import { Mutant } from "../mutants/Mutant.js"

const killedBy = "fleet"

/** A kernel, a seed whose first rounds have what it gets wrong, and what the judge must say of it. */
export interface Canary {
  readonly mutant: Mutant
  readonly seed: number
  readonly found: RegExp
}

export const canaries: ReadonlyArray<Canary> = [
  {
    found: /two hosts were at work on run/,
    seed: 1,
    mutant: new Mutant({
      name: "hosts-are-judged-at-sight",
      guarantee: "G9",
      defect: "A host that has not renewed between two looks is judged lost, whatever its lease (rule 6).",
      file: "src/internal/hosts/observer.ts",
      find: "silentMillis >= host.leaseMillis + this.options.beyondLease",
      replace: "silentMillis > 0",
      killedBy
    })
  },
  {
    found: /two hosts were at work on run/,
    seed: 150,
    mutant: new Mutant({
      name: "lease-ends-unnoticed",
      guarantee: "G9",
      defect:
        "A host that cannot renew goes on working after its lease, beside the one that has taken its runs (rule 7).",
      file: "src/internal/hosts/leaseEnd.ts",
      find: 'onLeaseEnd === "stop"',
      replace: "onLeaseEnd === undefined",
      killedBy
    })
  },
  {
    found: /a cancel of run .* was acknowledged, and the row says/,
    seed: 23,
    mutant: new Mutant({
      name: "take-over-forgets-cancels",
      guarantee: "G2",
      defect:
        "A run of a lost host goes on, or has failed, though its row had a cancel that was acknowledged (rule 2).",
      file: "src/internal/store/pgHosts.ts",
      find: "CASE WHEN r.cancel_requested_at IS NOT NULL THEN",
      replace: "CASE WHEN r.cancel_requested_at < 0 THEN",
      killedBy
    })
  },
  {
    found: /two hosts were at work on run|was settled by|is not what it did/,
    seed: 191,
    mutant: new Mutant({
      name: "fence-is-ignored",
      guarantee: "G9",
      // Not in the statement: the row of a fenced host goes when its runs have, and its renewal then matches nothing anyway.
      defect: "A host that was fenced takes its renewal for done, and starts runs that others take from it (rule 5).",
      file: "src/SqlRunStore.ts",
      find: "held: renewed.length > 0",
      replace: "held: true",
      killedBy
    })
  }
]
