/**
 * Every scenario, in the order of the tickets.
 *
 * @since 0.1.0
 */
import type { Scenario } from "../Scenario.js"
import attemptsUsedUp from "./attemptsUsedUp.js"
import calledInTransaction from "./calledInTransaction.js"
import cancelAfterClose from "./cancelAfterClose.js"
import cancelAfterCommit from "./cancelAfterCommit.js"
import cancelAtOnce from "./cancelAtOnce.js"
import cancelBeforeCommit from "./cancelBeforeCommit.js"
import cancelBeforeRelease from "./cancelBeforeRelease.js"
import cancelBeforeTakeOver from "./cancelBeforeTakeOver.js"
import cancelDuringWrite from "./cancelDuringWrite.js"
import cancelFoundAtAdoption from "./cancelFoundAtAdoption.js"
import cancelFoundWhenApplied from "./cancelFoundWhenApplied.js"
import cancelFromAnotherHost from "./cancelFromAnotherHost.js"
import cancelHangingStart from "./cancelHangingStart.js"
import cancelIgnored from "./cancelIgnored.js"
import cancelInDoubtApplied from "./cancelInDoubtApplied.js"
import cancelInDoubtNotApplied from "./cancelInDoubtNotApplied.js"
import cancelKeepsKey from "./cancelKeepsKey.js"
import cancelPending from "./cancelPending.js"
import cancelRecordedElsewhere from "./cancelRecordedElsewhere.js"
import cancelSentAtShutdown from "./cancelSentAtShutdown.js"
import cancelSwallowed from "./cancelSwallowed.js"
import cancelThrows from "./cancelThrows.js"
import cancelToldInTime from "./cancelToldInTime.js"
import cancelTooLate from "./cancelTooLate.js"
import cancelTwice from "./cancelTwice.js"
import cancelUndurable from "./cancelUndurable.js"
import cancelWhileAway from "./cancelWhileAway.js"
import cancelWhileStarting from "./cancelWhileStarting.js"
import changesTold from "./changesTold.js"
import clockJumps from "./clockJumps.js"
import damagedJournal from "./damagedJournal.js"
import databaseGone from "./databaseGone.js"
import definitionUnknown from "./definitionUnknown.js"
import driverThrows from "./driverThrows.js"
import fenceAnswerLost from "./fenceAnswerLost.js"
import fencedStart from "./fencedStart.js"
import followedFromAnotherHost from "./followedFromAnotherHost.js"
import foreignVerdictStands from "./foreignVerdictStands.js"
import freshConnection from "./freshConnection.js"
import fullJournalDisk from "./fullJournalDisk.js"
import givenBackAtShutdown from "./givenBackAtShutdown.js"
import hostGoesSilent from "./hostGoesSilent.js"
import hostLeavesOnce from "./hostLeavesOnce.js"
import hostNotRegistered from "./hostNotRegistered.js"
import hostRowStays from "./hostRowStays.js"
import hostTransactionElsewhere from "./hostTransactionElsewhere.js"
import hostTransactionSameFile from "./hostTransactionSameFile.js"
import idempotentAfterDoubt from "./idempotentAfterDoubt.js"
import idempotentRace from "./idempotentRace.js"
import idempotentRepeat from "./idempotentRepeat.js"
import interruptionsTold from "./interruptionsTold.js"
import jitteredBackoff from "./jitteredBackoff.js"
import journaledAtShutdown from "./journaledAtShutdown.js"
import journaledTombstone from "./journaledTombstone.js"
import journaledWhenParked from "./journaledWhenParked.js"
import leaseEndsBeforeWork from "./leaseEndsBeforeWork.js"
import leaseGate from "./leaseGate.js"
import littleRoomInJournal from "./littleRoomInJournal.js"
import lockedRow from "./lockedRow.js"
import loggerDefect from "./loggerDefect.js"
import lostCompletionAnswer from "./lostCompletionAnswer.js"
import lostInsertAnswer from "./lostInsertAnswer.js"
import outageForEverybody from "./outageForEverybody.js"
import parkedInTime from "./parkedInTime.js"
import parkedThenSettled from "./parkedThenSettled.js"
import pipedLog from "./pipedLog.js"
import poisonedRow from "./poisonedRow.js"
import processGone from "./processGone.js"
import progressKept from "./progressKept.js"
import replayedBeforeRecovery from "./replayedBeforeRecovery.js"
import replayOverruled from "./replayOverruled.js"
import rowUnknown from "./rowUnknown.js"
import rowVanished from "./rowVanished.js"
import settledByOther from "./settledByOther.js"
import shutdownWaitsForAll from "./shutdownWaitsForAll.js"
import startAnswerLost from "./startAnswerLost.js"
import startAsksAgainInDoubt from "./startAsksAgainInDoubt.js"
import startDefect from "./startDefect.js"
import startDuringOutage from "./startDuringOutage.js"
import startInDoubt from "./startInDoubt.js"
import startInFlightAtShutdown from "./startInFlightAtShutdown.js"
import startInterruptedApplied from "./startInterruptedApplied.js"
import startInterruptedInFlight from "./startInterruptedInFlight.js"
import startInterruptedUnsent from "./startInterruptedUnsent.js"
import startLandsLate from "./startLandsLate.js"
import startOnDamagedDatabase from "./startOnDamagedDatabase.js"
import startRefused from "./startRefused.js"
import startRefusedAfterDoubt from "./startRefusedAfterDoubt.js"
import startsInDoubtTogether from "./startsInDoubtTogether.js"
import startUnsentAtShutdown from "./startUnsentAtShutdown.js"
import startWaitsAtShutdown from "./startWaitsAtShutdown.js"
import storeThrows from "./storeThrows.js"
import takeOverAnswerLost from "./takeOverAnswerLost.js"
import takeOverAnswersLate from "./takeOverAnswersLate.js"
import takeOverAtShutdown from "./takeOverAtShutdown.js"
import takeOverLandsLate from "./takeOverLandsLate.js"
import takeOverLostAtShutdown from "./takeOverLostAtShutdown.js"
import tenThousand from "./tenThousand.js"
import terminalRowIsFinal from "./terminalRowIsFinal.js"
import tombstoneMeetsAnother from "./tombstoneMeetsAnother.js"
import tornJournal from "./tornJournal.js"
import transientCancel from "./transientCancel.js"
import transientCompletion from "./transientCompletion.js"
import transientFailure from "./transientFailure.js"
import verdictLostAtExit from "./verdictLostAtExit.js"

export const scenarios: ReadonlyArray<Scenario> = [
  transientCompletion,
  parkedThenSettled,
  parkedInTime,
  databaseGone,
  jitteredBackoff,
  transientCancel,
  cancelToldInTime,
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
  poisonedRow,
  lockedRow,
  cancelBeforeCommit,
  cancelRecordedElsewhere,
  cancelDuringWrite,
  cancelAfterCommit,
  cancelInDoubtApplied,
  cancelInDoubtNotApplied,
  cancelWhileAway,
  cancelUndurable,
  cancelAtOnce,
  cancelWhileStarting,
  cancelHangingStart,
  cancelFoundAtAdoption,
  cancelFoundWhenApplied,
  startInterruptedUnsent,
  startInterruptedInFlight,
  startInterruptedApplied,
  startInDoubt,
  startLandsLate,
  tombstoneMeetsAnother,
  startsInDoubtTogether,
  startWaitsAtShutdown,
  startDefect,
  loggerDefect,
  lostCompletionAnswer,
  lostInsertAnswer,
  cancelThrows,
  cancelSwallowed,
  cancelIgnored,
  cancelKeepsKey,
  cancelPending,
  calledInTransaction,
  hostTransactionElsewhere,
  hostTransactionSameFile,
  interruptionsTold,
  progressKept,
  shutdownWaitsForAll,
  rowUnknown,
  startInFlightAtShutdown,
  startUnsentAtShutdown,
  startRefusedAfterDoubt,
  startAsksAgainInDoubt,
  verdictLostAtExit,
  journaledAtShutdown,
  journaledWhenParked,
  replayedBeforeRecovery,
  tornJournal,
  damagedJournal,
  fullJournalDisk,
  littleRoomInJournal,
  replayOverruled,
  journaledTombstone,
  idempotentRepeat,
  idempotentRace,
  idempotentAfterDoubt,
  cancelFromAnotherHost,
  cancelSentAtShutdown,
  followedFromAnotherHost,
  changesTold,
  leaseGate,
  fencedStart,
  cancelTwice,
  cancelAfterClose,
  tenThousand,
  pipedLog,
  hostGoesSilent,
  leaseEndsBeforeWork,
  outageForEverybody,
  clockJumps,
  fenceAnswerLost,
  takeOverAnswerLost,
  takeOverAnswersLate,
  takeOverAtShutdown,
  takeOverLostAtShutdown,
  takeOverLandsLate,
  attemptsUsedUp,
  definitionUnknown,
  cancelBeforeTakeOver,
  cancelBeforeRelease,
  processGone,
  givenBackAtShutdown,
  hostRowStays,
  hostLeavesOnce
]
