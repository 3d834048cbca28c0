/**
 * What is wrong in the text of the statements on Postgres alone: the same defects as those of the text on SQLite, which
 * the same scenarios must notice when they are executed on a real server.
 *
 * @since 0.1.0
 */
import { Mutant } from "./Mutant.js"

const statements = "src/internal/store/pgStatements.ts"
const hosts = "src/internal/store/pgHosts.ts"

export const onPostgres: ReadonlyArray<Mutant> = [
  new Mutant({
    name: "completion-overwrites-cancel-on-postgres",
    guarantee: "G2",
    defect: "The terminal update sets the status without looking at a cancel that the row has recorded (rule 2).",
    file: statements,
    find: '"status = CASE WHEN COALESCE(r.cancel_requested_at, j.\\"cancelRequestedAt\\") IS NULL THEN j.status ELSE \'cancelled\' END, "',
    replace: '"status = j.status, "',
    killedBy: "cancelRecordedElsewhere"
  }),
  new Mutant({
    name: "pending-cancel-only-recorded-on-postgres",
    guarantee: "G2",
    defect: "A cancel of a pending run that nobody owns is recorded, and nobody is there to carry it out.",
    file: statements,
    find: "`CASE WHEN r.status = 'pending' AND r.host_id IS NULL THEN",
    replace: "`CASE WHEN false THEN",
    killedBy: "cancelPending"
  }),
  new Mutant({
    name: "old-owner-settles-on-postgres",
    guarantee: "G9",
    defect: "A write names the run alone: what the previous owner still writes ends the run of the next one (rule 1).",
    file: statements,
    find: ' AND r.host_id = j."hostId" AND r.attempt = j.attempt',
    replace: "",
    killedBy: "hostGoesSilent"
  }),
  new Mutant({
    name: "idempotency-not-in-the-insert-on-postgres",
    guarantee: "G7",
    defect:
      "The insert does not carry the idempotency key, so the database cannot decide between two that race for it.",
    file: statements,
    find: '\'SELECT j.id, j.name, j.key, j."idempotencyKey", j.payload',
    replace: "'SELECT j.id, j.name, j.key, NULL, j.payload",
    killedBy: "idempotentRace"
  }),
  new Mutant({
    name: "restarted-for-ever-on-postgres",
    guarantee: "G9",
    defect: "A run is restarted however often its hosts were lost.",
    file: hosts,
    find: "r.attempt >= r.attempt_max OR ",
    replace: "",
    killedBy: "attemptsUsedUp"
  }),
  new Mutant({
    name: "unknown-definition-is-taken-on-postgres",
    guarantee: "G9",
    defect: "A host takes over runs of which it does not know what they are to do.",
    file: hosts,
    find: "r.name IN (SELECT name FROM known)",
    replace: "true",
    killedBy: "definitionUnknown"
  }),
  new Mutant({
    name: "take-over-forgets-the-cancel-on-postgres",
    guarantee: "G2",
    defect: "A run of a lost host is restarted, though its row has a cancel that was acknowledged (rule 2).",
    file: hosts,
    find: "CASE WHEN r.cancel_requested_at IS NOT NULL THEN",
    replace: "CASE WHEN r.cancel_requested_at < 0 THEN",
    killedBy: "cancelBeforeTakeOver"
  }),
  new Mutant({
    name: "release-forgets-the-cancel-on-postgres",
    guarantee: "G2",
    defect: "A run is given back to be restarted, though its row has a cancel that was acknowledged (rule 2).",
    file: statements,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    find: 'CASE WHEN COALESCE(r.cancel_requested_at, j."cancelRequestedAt") IS NULL THEN ${otherwise}',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    replace: 'CASE WHEN j."cancelRequestedAt" IS NULL THEN ${otherwise}',
    killedBy: "cancelBeforeRelease"
  }),
  new Mutant({
    name: "late-take-over-takes-again-on-postgres",
    guarantee: "G9",
    defect:
      "A take-over names its taker and not the previous owner: one that lands late takes the taker's own run (rule 5).",
    file: hosts,
    find: 'takeOverText(prefix, "r.host_id = $1")',
    replace: 'takeOverText(prefix, "(r.host_id = $1 OR r.host_id = $2)")',
    killedBy: "takeOverLandsLate"
  }),
  new Mutant({
    name: "host-row-goes-first-on-postgres",
    guarantee: "G9",
    defect:
      "A host takes its row with it, round work that has not stopped, and that is done again beside it (rule 11).",
    file: hosts,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of the source
    find: "AND NOT EXISTS (SELECT 1 FROM ${prefix}runs AS r WHERE r.host_id = $1 AND r.${isActive})",
    replace: "AND $1 IS NOT NULL",
    killedBy: "hostRowStays"
  }),
  new Mutant({
    name: "no-trigger-on-update-on-postgres",
    guarantee: "G3",
    defect: "Only the kernel's own statements spare terminal rows; a foreign UPDATE changes them.",
    file: "src/internal/store/pgSchema.ts",
    find: "WHEN (OLD.status NOT IN ('pending', 'running'))",
    replace: "WHEN (false)",
    killedBy: "terminalRowIsFinal"
  }),
  new Mutant({
    name: "waits-for-its-own-transaction-on-postgres",
    guarantee: "G7",
    defect: "Of a pool only the one connection is known that was seen, and a caller's is another.",
    file: "src/internal/store/currentClient.ts",
    find: "isRemote ? connection.constructor === seen.constructor : connection === seen",
    replace: "connection === seen",
    killedBy: "calledInTransaction"
  })
]
