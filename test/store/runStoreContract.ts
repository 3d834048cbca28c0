/**
 * The contract of `RunStore`, as one suite that every implementation passes: each test gets a store
 * of its own, made from the layer. A store that stands over a chaos layer without faults passes too.
 */
import type * as Layer from "effect/Layer"
import { describe } from "vitest"
import type { StoreFailure } from "../../src/RunError.js"
import type * as RunStore from "../../src/RunStore.js"
import { cancellingContract } from "./contract/cancelling.js"
import { testOn } from "./contract/fixtures.js"
import { hostingContract } from "./contract/hosting.js"
import { insertingContract } from "./contract/inserting.js"
import { readingContract } from "./contract/reading.js"
import { settlingContract } from "./contract/settling.js"

/** What one database cannot do. */
export interface Limits {
  /** Postgres has no NUL in a text. Defaults to `true`. */
  readonly storesNul?: boolean
  /** Where other machines can reach the database, work stops before the lease ends. Defaults to `"continue"`. */
  readonly onLeaseEnd?: "stop" | "continue"
  /** A key longer than this fits into no index. Defaults to no limit. */
  readonly keyBytesMax?: number
}

export const runStoreContract = (
  name: string,
  layer: Layer.Layer<RunStore.RunStore, StoreFailure>,
  limits: Limits = {}
): void => {
  const test = testOn(layer)
  describe(`RunStore contract: ${name}`, () => {
    describe("insert", () => insertingContract(test))
    describe("settle", () => settlingContract(test))
    describe("cancel", () => cancellingContract(test))
    describe("hosts", () => hostingContract(test))
    describe("read", () => readingContract(test, limits))
  })
}
