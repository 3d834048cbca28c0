/**
 * What a host is given, and the files that it leaves in its directory: on both sides of the process.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

export const HostInput = Schema.Struct({
  directory: Schema.String,
  seed: Schema.Int,
  /** `outage`: the database takes no verdicts. `healthy`: a restart after it. */
  life: Schema.Literal("outage", "healthy"),
  /** When the kernel is closed, outage or not. Defaults to never: the process is killed. */
  closeAfterMillis: Schema.optionalWith(Schema.Int, { exact: true }),
  /** When the database takes verdicts again; the process ends when all are written. Defaults to never. */
  healAfterMillis: Schema.optionalWith(Schema.Int, { exact: true }),
  /** Characters of each result, all of them such as a journal needs four bytes for and a database two. Defaults to `0`. */
  resultLength: Schema.optionalWith(Schema.Int, { exact: true })
})
export type HostInput = typeof HostInput.Type

export const files = { database: "runs.db", journal: "journal", log: "kernel.ndjson", ends: "ends.ndjson" } as const
