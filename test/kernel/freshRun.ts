/** The record of a run as it is before anything has happened to it. */
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as FiberId from "effect/FiberId"
import * as ActiveRun from "../../src/internal/runs/activeRun.js"
import { EventHub } from "../../src/internal/runs/eventHub.js"
import { here, newRun, runId } from "../store/contract/fixtures.js"

export const freshRun = (over: Partial<ActiveRun.ActiveRun> = {}): ActiveRun.ActiveRun => ({
  id: runId(1),
  hostId: here,
  attempt: 1,
  newRun: newRun(1),
  cancelGrace: Duration.seconds(1),
  hub: new EventHub(),
  signal: Deferred.unsafeMake(FiberId.none),
  state: ActiveRun.initial,
  fiber: undefined,
  startedAt: undefined,
  progress: undefined,
  cancelWaiters: [],
  exit: undefined,
  isInsertSent: false,
  ...over
})
