/**
 * From the errors of the kernel to those of `RunHttp`: which answer each gets, and what to do about it.
 *
 * @since 0.1.0
 */
import type { CancelError, RunNotFound as NotFound, StartError, StoreFailure } from "../../RunError.js"
import { sanitize } from "../runs/workEnd.js"
import {
  HostStopping,
  IdempotencyConflict,
  RunAlreadyActive,
  RunNotFound,
  StoreUnavailable
} from "./httpErrorClasses.js"

type FromStart = RunAlreadyActive | IdempotencyConflict | StoreUnavailable | HostStopping

/** @internal */
export const ofStart = (error: StartError): FromStart => {
  switch (error._tag) {
    case "RunAlreadyActive":
      return new RunAlreadyActive({ message: error.message, activeId: error.activeId })
    case "IdempotencyConflict":
      return new IdempotencyConflict({ message: error.message, existingId: error.existingId })
    case "StoreFailure":
      return ofStore(
        error,
        error.inDoubt
          ? "The work has not begun. Start again: on this host a start of the same key waits until this one is certain."
          : "The work has not begun and will not. Start again when the database is back."
      )
    case "KernelStopped":
      return new HostStopping({ message: error.message, inDoubt: error.inDoubt })
    case "CalledInTransaction":
      // Only a middleware of the host's can have opened one around the request: its mistake, and no client's.
      throw error
  }
}

/** @internal */
export const ofCancel = (error: CancelError): RunNotFound | StoreUnavailable | HostStopping => {
  switch (error._tag) {
    case "RunNotFound":
      return ofNotFound(error)
    case "StoreFailure":
      return ofStore(
        error,
        error.inDoubt
          ? "The row decides: watch the events of the run."
          : "Nothing was asked of the database. Ask again."
      )
    case "KernelStopped":
      return new HostStopping({ message: error.message, inDoubt: error.inDoubt })
    case "CalledInTransaction":
      throw error
  }
}

/** @internal */
export const ofRead = (error: StoreFailure | NotFound): RunNotFound | StoreUnavailable =>
  error._tag === "RunNotFound" ? ofNotFound(error) : ofStoreRead(error)

/** @internal */
export const ofStoreRead = (error: StoreFailure): StoreUnavailable =>
  ofStore(error, "Nothing was changed. Ask again when the database is back.")

const ofNotFound = (error: NotFound): RunNotFound => new RunNotFound({ message: error.message })

/** What a driver says may name a file of the host. */
const ofStore = (error: StoreFailure, advice: string): StoreUnavailable =>
  new StoreUnavailable({ message: `${sanitize(error.message).replace(/\.?$/, ".")} ${advice}`, inDoubt: error.inDoubt })
