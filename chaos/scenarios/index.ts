/**
 * Every scenario, in the order of the tickets.
 *
 * @since 0.1.0
 */
import type { Scenario } from "../Scenario.js"
import cancelTooLate from "./cancelTooLate.js"
import databaseGone from "./databaseGone.js"
import driverThrows from "./driverThrows.js"
import foreignVerdictStands from "./foreignVerdictStands.js"
import freshConnection from "./freshConnection.js"
import hostNotRegistered from "./hostNotRegistered.js"
import jitteredBackoff from "./jitteredBackoff.js"
import parkedInTime from "./parkedInTime.js"
import parkedThenSettled from "./parkedThenSettled.js"
import poisonedRow from "./poisonedRow.js"
import rowVanished from "./rowVanished.js"
import settledByOther from "./settledByOther.js"
import startAnswerLost from "./startAnswerLost.js"
import startDuringOutage from "./startDuringOutage.js"
import startOnDamagedDatabase from "./startOnDamagedDatabase.js"
import startRefused from "./startRefused.js"
import storeThrows from "./storeThrows.js"
import terminalRowIsFinal from "./terminalRowIsFinal.js"
import transientCancel from "./transientCancel.js"
import transientCompletion from "./transientCompletion.js"
import transientFailure from "./transientFailure.js"

export const scenarios: ReadonlyArray<Scenario> = [
  transientCompletion,
  parkedThenSettled,
  parkedInTime,
  databaseGone,
  jitteredBackoff,
  transientCancel,
  transientFailure,
  freshConnection,
  startDuringOutage,
  startAnswerLost,
  startRefused,
  startOnDamagedDatabase,
  hostNotRegistered,
  settledByOther,
  rowVanished,
  driverThrows,
  storeThrows,
  cancelTooLate,
  foreignVerdictStands,
  terminalRowIsFinal,
  poisonedRow
]
