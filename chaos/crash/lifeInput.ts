/**
 * What a life is given, and the files that it leaves in its directory: on both sides of the process.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as FaultPlan from "../FaultPlan.js"

export const LifeInput = Schema.Struct({
  directory: Schema.String,
  /** From 1. */
  life: Schema.Int,
  rules: Schema.Array(FaultPlan.Rule),
  /** Of the order in which fibers go on. Defaults to none: the order of arrival. */
  seed: Schema.optionalWith(Schema.Int, { exact: true })
})
export type LifeInput = typeof LifeInput.Type

export const files = { database: "runs.db", log: "kernel.ndjson", told: "told.ndjson" } as const
