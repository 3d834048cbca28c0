/**
 * The settings of the kernels of a life, and the bounds that its history is held against. Shorter than the defaults, and
 * in the same proportions: a life of seconds passes through all that otherwise takes minutes.
 *
 * @since 0.1.0
 */
import type * as RunKernel from "../../src/RunKernel.js"
import type { Settings } from "../History.js"
import type { Life } from "./Life.js"

export const settings: Settings = {
  delayMaxMillis: 2_000,
  attemptTimeoutMillis: 2_000,
  parkAfterMillis: 6_000,
  leaseMillis: 20_000,
  shutdownGraceMillis: 8_000
}

const options = {
  leaseDuration: settings.leaseMillis,
  shutdownGrace: settings.shutdownGraceMillis,
  cancelGrace: "3 seconds",
  startTimeout: "5 seconds",
  persist: {
    delayMax: settings.delayMaxMillis,
    attemptTimeout: settings.attemptTimeoutMillis,
    parkAfter: settings.parkAfterMillis
  }
} satisfies RunKernel.Options

/** With what the life says of its own. */
export const optionsOf = ({ onLeaseEnd, room }: Life): RunKernel.Options => ({
  ...options,
  onLeaseEnd,
  startsWaitingMax: room,
  eventBufferMax: room,
  persist: { ...options.persist, batchMax: room }
})
