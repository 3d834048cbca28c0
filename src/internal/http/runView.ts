/**
 * A run as a web client sees it: the row, and beside it what only the memory of this host knows, a
 * verdict that is decided and not stored yet.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Run } from "../../Run.js"
import type { RunId } from "../../RunId.js"
import { RunStatus } from "../../RunStatus.js"
import type { KernelCore } from "../kernel/kernelCore.js"
import * as ActiveRun from "../runs/activeRun.js"
import { snapshot } from "../runs/snapshot.js"
import { sanitize } from "../runs/workEnd.js"

const NotStored = Schema.Struct({
  /** Terminal, or `pending` where the run is given back for another host to restart. */
  status: RunStatus,
  /** Whether the database has failed for longer than `parkAfter`. */
  parked: Schema.Boolean,
  why: Schema.String
})

/** @internal */
export interface NotStored extends Schema.Schema.Type<typeof NotStored> {}

const RunViewFields = Schema.Struct({
  ...Run.fields,
  notStored: Schema.optionalWith(NotStored, { exact: true })
})

/** @internal */
export interface RunView extends Schema.Schema.Type<typeof RunViewFields> {}

/** @internal */
export const RunView: Schema.Schema<RunView, typeof RunViewFields.Encoded> = RunViewFields.annotations({
  identifier: "RunView"
})

/** The verdict of a run whose work has ended, while its row does not say so. */
const notStoredOf = (run: ActiveRun.ActiveRun | undefined): NotStored | undefined => {
  if (run === undefined || run.state._tag !== "Ended") return undefined
  const { parked } = run.state
  return {
    status: ActiveRun.verdictStatus(run, run.state),
    parked: parked !== undefined,
    why: parked === undefined ? "It is being written." : whyParked(parked.lastFailure.message)
  }
}

/** What a database says of itself may name its file. */
export const whyParked = (failure: string): string =>
  `${sanitize(failure).replace(/\.?$/, ".")} It is retried until it is written.`

/** @internal */
export const viewOf = (core: KernelCore, run: Run): RunView => {
  const notStored = notStoredOf(core.runs.get(run.id))
  return notStored === undefined ? { ...run } : { ...run, notStored }
}

/** A run of this host as its memory knows it; nothing where a start has not been acknowledged. */
export const viewOfMemory = (core: KernelCore, id: RunId): RunView | undefined => {
  const run = core.runs.get(id)
  return run === undefined || run.state._tag === "Inserting" || run.state._tag === "Gone"
    ? undefined
    : viewOf(core, snapshot(run))
}
