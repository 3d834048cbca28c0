/**
 * What a life is given, and the files that it leaves in its directory: on both sides of the process.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as FaultPlan from "../FaultPlan.js"

/** What the host does: see `ordinaryScript` and `outageScript`. */
export const ScriptName = Schema.Literal("ordinary", "outage")
export type ScriptName = typeof ScriptName.Type

export const LifeInput = Schema.Struct({
  directory: Schema.String,
  script: ScriptName,
  /** From 1. */
  life: Schema.Int,
  rules: Schema.Array(FaultPlan.Rule),
  /** Of the order in which fibers go on. Defaults to none: the order of arrival. */
  seed: Schema.optionalWith(Schema.Int, { exact: true })
})
export type LifeInput = typeof LifeInput.Type

export const files = { database: "runs.db", journal: "journal", log: "kernel.ndjson", told: "told.ndjson" } as const
