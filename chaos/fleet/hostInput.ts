/**
 * What a host of the fleet is given, what it is told on its standard input, and the files that it leaves: on both sides
 * of the process.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** Where a host finds the database that all of them share. */
export const Database = Schema.Union(
  Schema.TaggedStruct("Sqlite", { filename: Schema.String }),
  Schema.TaggedStruct("Postgres", { url: Schema.String, schema: Schema.String })
)
export type Database = typeof Database.Type

export const HostInput = Schema.Struct({
  directory: Schema.String,
  database: Database,
  seed: Schema.Int,
  /** Which of the hosts it is, from 0. */
  slot: Schema.Int,
  /** Unique among all processes of the fleet, from 1. */
  life: Schema.Int,
  /** As if on a machine of its own: it cannot tell whether another process is gone, and only leases count. */
  isAlone: Schema.Boolean
})
export type HostInput = typeof HostInput.Type

/**
 * One JSON object per line. `Round`: starts its runs of this round; repeated after a restart, it gets those that are there
 * by their idempotency keys. `Disk`: whether the journal's disk is full. `Stop`: ends in good order.
 */
export const Command = Schema.Union(
  Schema.TaggedStruct("Round", { round: Schema.Int, runs: Schema.Int }),
  Schema.TaggedStruct("Disk", { isFull: Schema.Boolean }),
  Schema.TaggedStruct("Stop", {})
)
export type Command = typeof Command.Type

/**
 * The log is one file for all hosts: each line is appended whole, so it has the order in which things were said. What a
 * process tells is in a file of its own.
 */
export const files = {
  database: "runs.db",
  log: "kernel.ndjson",
  journalOf: (slot: number) => `journal-${slot}`,
  toldOf: (life: number) => `told-${life}.ndjson`
} as const

/** Of the work; also how closely it is watched. */
export const beatMillis = 40
