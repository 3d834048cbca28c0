/**
 * What stands for each rule of the model in the kernel: the mutant that lacks it, and with it the scenario that walks the
 * trace by which the model shows what is lost without the rule.
 */
export const mutantWithout: { readonly [rule: string]: string } = {
  attempt: "old-owner-settles",
  tomb: "start-in-flight-forgotten",
  tombJ: "tombstone-journaled-as-a-verdict",
  tombCreq: "tombstone-lets-another-go-on",
  relCase: "release-forgets-the-cancel",
  takeCase: "take-over-forgets-the-cancel",
  cancelPending: "pending-cancel-only-recorded",
  keepHost: "host-row-goes-first",
  fence: "taken-without-a-fence",
  observed: "silence-is-not-waited-for",
  stopAll: "lease-end-is-ignored",
  audit: "lost-take-over-is-forgotten",
  adopt: "recovery-before-replay",
  follow: "superseded-is-not-followed",
  takeCAS: "late-take-over-takes-again",
  leaseGate: "no-lease-gate",
  startUnk: "doubtful-start-called-failed",
  simpleCancel: "cancel-in-doubt-answered-from-memory"
}

/** Rules without one, each with its reason. */
export const without: { readonly [rule: string]: string } = {
  lostVerdict: "the table of verdicts is total, and has one for work that a lost lease has stopped",
  resolved: "the stream of a parked verdict ends by the row, as that of a run which was superseded does",
  removeFenced: "a host never comes back under an id that was fenced, and a look names no other",
  removeUnnamed: "nothing is lost without it"
}
