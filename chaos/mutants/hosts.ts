/**
 * Mutants of what becomes of a host's runs when it is lost, when its lease ends, and when it leaves.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

export const hosts: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "old-owner-settles",
    guarantee: "G9",
    defect: "A write names the run alone: what the previous owner still writes ends the run of the next one.",
    file: "src/internal/store/sqliteStatements.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    find: " AND +${alias}.host_id = j.hostId AND +${alias}.attempt = j.attempt",
    replace: "",
    killedBy: "hostGoesSilent"
  }),
  new Mutant({
    name: "taken-without-a-fence",
    guarantee: "G9",
    defect: "A silent host is not fenced before its runs are to be taken over (rule 5).",
    file: "src/internal/hosts/recovering.ts",
    find: "core.store.fence(host)",
    replace: "Effect.succeed(host.renewSeq >= 0)",
    killedBy: "hostGoesSilent"
  }),
  new Mutant({
    name: "lost-fence-is-not-told",
    guarantee: "G11",
    defect: "A fence whose answer was lost is never told of: runs go on elsewhere, and no log says why.",
    file: "src/internal/hosts/recovering.ts",
    find: "failure.inDoubt && inDoubt.set(host.hostId, silent)",
    replace: "failure.inDoubt",
    killedBy: "fenceAnswerLost"
  }),
  new Mutant({
    name: "silence-is-not-waited-for",
    guarantee: "G9",
    defect: "A host that has not renewed between two looks is judged lost, whatever its lease (rule 6).",
    file: "src/internal/hosts/observer.ts",
    find: "silentMillis >= host.leaseMillis + this.options.beyondLease",
    replace: "silentMillis > 0",
    killedBy: "hostGoesSilent"
  }),
  new Mutant({
    name: "contact-is-never-broken",
    guarantee: "G9",
    defect: "An observer that could not look counts that time as silence of the others (rule 6).",
    file: "src/internal/hosts/observer.ts",
    find: "    this.seen = new Map()\n",
    replace: "    this.seen = new Map(this.seen)\n",
    killedBy: "outageForEverybody"
  }),
  new Mutant({
    name: "lease-by-wall-clock",
    guarantee: "G7",
    defect: "A host measures its lease by its wall clock, which somebody may set back.",
    file: "src/internal/wallClock.ts",
    find: "Number(clockOf(fiber).unsafeCurrentTimeNanos() / 1_000n) / 1_000",
    replace: "clockOf(fiber).unsafeCurrentTimeMillis()",
    killedBy: "clockJumps"
  }),
  new Mutant({
    name: "lease-end-is-ignored",
    guarantee: "G12",
    defect: "A host that cannot renew goes on working until its lease has ended, and after (rule 7).",
    file: "src/internal/hosts/leaseEnd.ts",
    find: 'onLeaseEnd === "stop"',
    replace: "onLeaseEnd === undefined",
    killedBy: "leaseEndsBeforeWork"
  }),
  new Mutant({
    name: "lost-take-over-is-forgotten",
    guarantee: "G9",
    defect: "A row that is this host's, by a take-over whose answer was lost, is left as it is (rule 9).",
    file: "src/internal/hosts/auditing.ts",
    find: "row.attempt === 1 ? abandonRow(core, row) : adoptRow(core, row)",
    replace: "row.attempt === 1 ? abandonRow(core, row) : Effect.void",
    killedBy: "takeOverAnswerLost"
  }),
  new Mutant({
    name: "audit-begins-what-is-being-taken",
    guarantee: "G9",
    defect:
      "A renewal takes a run that is being taken over for one whose take-over was lost, and begins it as well (rule 9).",
    file: "src/internal/hosts/auditing.ts",
    find: "core.isTakingOver ? Effect.succeedNone : core.store.get(owned.id)",
    replace: "core.store.get(owned.id)",
    killedBy: "takeOverAnswersLate"
  }),
  new Mutant({
    name: "restarted-for-ever",
    guarantee: "G9",
    defect: "A run is restarted however often its hosts were lost.",
    file: "src/internal/store/sqliteHosts.ts",
    find: "r.attempt >= r.attempt_max OR ",
    replace: "",
    killedBy: "attemptsUsedUp"
  }),
  new Mutant({
    name: "unknown-definition-is-taken",
    guarantee: "G9",
    defect: "A host takes over runs of which it does not know what they are to do.",
    file: "src/internal/store/sqliteHosts.ts",
    find: "r.name IN (SELECT name FROM known)",
    replace: "true",
    killedBy: "definitionUnknown"
  }),
  new Mutant({
    name: "left-runs-are-not-told",
    guarantee: "G11",
    defect: "A run that waits for a host which knows its definition waits in silence.",
    file: "src/internal/hosts/recovering.ts",
    find: "!reported.has(id)",
    replace: "reported.has(id) && false",
    killedBy: "definitionUnknown"
  }),
  new Mutant({
    name: "take-over-forgets-the-cancel",
    guarantee: "G2",
    defect: "A run of a lost host is restarted, though its row has a cancel that was acknowledged (rule 2).",
    file: "src/internal/store/sqliteHosts.ts",
    find: "CASE WHEN r.cancel_requested_at IS NOT NULL THEN",
    replace: "CASE WHEN r.cancel_requested_at < 0 THEN",
    killedBy: "cancelBeforeTakeOver"
  }),
  new Mutant({
    name: "release-forgets-the-cancel",
    guarantee: "G2",
    defect: "A run is given back to be restarted, though its row has a cancel that was acknowledged (rule 2).",
    file: "src/internal/store/sqliteStatements.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    find: "CASE WHEN COALESCE(r.cancel_requested_at, j.cancelRequestedAt) IS NULL THEN ${otherwise}",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    replace: "CASE WHEN j.cancelRequestedAt IS NULL THEN ${otherwise}",
    killedBy: "cancelBeforeRelease"
  }),
  new Mutant({
    name: "tombstone-lets-another-go-on",
    guarantee: "G7",
    defect: "A start that was never answered goes on where another host has taken its row over (rule 4).",
    file: "src/internal/runs/settling.ts",
    find: '    if (run.state._tag === "Ended" && run.state.entomb) yield* leaveCancel(core, run)\n',
    replace: "",
    killedBy: "tombstoneMeetsAnother"
  }),
  new Mutant({
    name: "superseded-is-not-followed",
    guarantee: "G4",
    defect:
      "The stream of a run that another host has now is told so, and never of the end that the row has (rule 10).",
    file: "src/internal/runs/settling.ts",
    find: "    yield* Effect.forkIn(Effect.interruptible(follow(core, run)), core.scope)\n",
    replace: "",
    killedBy: "hostGoesSilent"
  }),
  new Mutant({
    name: "late-take-over-takes-again",
    guarantee: "G9",
    defect:
      "A take-over names its taker and not the previous owner: one that lands late takes the taker's own run (rule 5).",
    file: "src/internal/store/sqliteHosts.ts",
    find: 'labelled("takeOver", takeOverSql, [',
    replace:
      'labelled("takeOver", takeOverSql.replaceAll("r.host_id IS p.source", "(r.host_id IS p.source OR r.host_id = p.taker)"), [',
    killedBy: "takeOverLandsLate"
  }),
  new Mutant({
    name: "everybody-waits-for-the-lease",
    guarantee: "G8",
    defect: "A host on the same machine is not seen to be gone, and keeps its keys until its lease is over.",
    file: "src/internal/hosts/recovering.ts",
    find: "(host) => processes.isGone(host)",
    replace: "() => false",
    killedBy: "processGone"
  }),
  new Mutant({
    name: "shutdown-fails-what-could-go-on",
    guarantee: "G9",
    defect: "A shutdown fails its runs, also those whose definition lets another host restart them.",
    file: "src/internal/runs/verdict.ts",
    find: "facts.restarts && (facts.leaseLost || facts.shuttingDown)",
    replace: "facts.restarts && facts.leaseLost",
    killedBy: "givenBackAtShutdown"
  }),
  new Mutant({
    name: "host-row-goes-first",
    guarantee: "G9",
    defect:
      "A host takes its row with it, round work that has not stopped, and that is done again beside it (rule 11).",
    file: "src/internal/store/sqliteHosts.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    find: "AND NOT EXISTS (SELECT 1 FROM ${prefix}runs AS r WHERE r.host_id = ? AND r.${isActive})",
    replace: "AND ? IS NOT NULL",
    killedBy: "hostRowStays"
  }),
  new Mutant({
    name: "lease-outlives-its-row",
    guarantee: "G9",
    defect: "A host that leaves takes its row, which is gone already, for one that was fenced, and registers anew.",
    file: "src/internal/hosts/hostLease.ts",
    find: "yield* isLeaving ? Effect.void : reRegister",
    replace: "yield* reRegister",
    killedBy: "hostLeavesOnce"
  }),
  new Mutant({
    name: "changes-are-not-listened-to",
    guarantee: "G2",
    defect: "A cancel that the database tells of is left to the renewal.",
    file: "src/internal/hosts/listening.ts",
    find: "    return mayBeCancelled(core.runs.get(id))\n  }",
    replace: "    return mayBeCancelled(core.runs.get(id)) && false\n  }",
    killedBy: "changesTold"
  }),
  new Mutant({
    name: "lost-session-is-not-replaced",
    guarantee: "G2",
    defect: "A host whose session is lost never listens again.",
    file: "src/internal/hosts/listening.ts",
    find: "Effect.forever(listening)",
    replace: "listening",
    killedBy: "changesTold"
  }),
  new Mutant({
    name: "only-what-is-told-is-looked-at",
    guarantee: "G4",
    defect: "Whoever follows a run of another host waits for the database to tell of it, and for nothing else.",
    file: "src/internal/runs/runChanges.ts",
    find: "        interval\n      ),",
    replace: '        interval === undefined ? 0 : "1 hour"\n      ),',
    killedBy: "changesTold"
  }),
  new Mutant({
    name: "fenced-hosts-stay",
    guarantee: "G9",
    defect: "The row of a host that was lost is never removed: each restart after a crash leaves one more for ever.",
    file: "src/internal/hosts/recovering.ts",
    find: "Effect.forEach(spent, core.store.removeHost",
    replace: "Effect.forEach(spent, () => Effect.void",
    killedBy: "hostGoesSilent"
  })
]
