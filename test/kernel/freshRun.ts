/** The record of a run as it is before anything has happened to it. */
import * as Duration from "effect/Duration"
import * as ActiveRun from "../../src/internal/runs/activeRun.js"
import { EventHub } from "../../src/internal/runs/eventHub.js"
import { here, newRun } from "../store/contract/fixtures.js"

export const freshRun = (over: Partial<ActiveRun.ActiveRun> = {}): ActiveRun.ActiveRun => ({
  ...ActiveRun.make({
    hostId: here,
    attempt: 1,
    newRun: newRun(1),
    cancelGrace: Duration.seconds(1),
    hub: new EventHub(),
    isInsertSent: false
  }),
  ...over
})
