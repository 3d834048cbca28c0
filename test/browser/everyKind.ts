/**
 * A host with one run of each kind that a list can have, among them one whose name and error have no end.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { Run } from "../../src/index.js"
import { failure, start } from "../http/host.js"

const endless = "never-ending-".repeat(400)

export const everyKind = Effect.gen(function* () {
  const isAway = { settle: false }
  const host = yield* start({
    kernel: {
      persist: { parkAfter: "50 millis", attemptTimeout: "50 millis", delayBase: "10 millis", delayMax: "50 millis" }
    },
    change: (store) => ({ settle: (rows) => (isAway.settle ? failure({ operation: "settle" }) : store.settle(rows)) })
  })
  const { kernel } = host
  const gate = yield* Deferred.make<void>()
  const ended = (name: string, work: Effect.Effect<unknown, unknown>, key: string) =>
    Effect.flatMap(kernel.start(name, Effect.orDie(work), { key }), ({ settled }) => Effect.ignore(settled))
  yield* ended("export", Effect.succeed(3), "orders-2031")
  yield* ended("import", Effect.die(new Error("Line 7 of prices.csv has 4 fields, expected 5.")), "prices.csv")
  yield* ended("import", Effect.die(new Error(endless)), endless)
  const dropped = yield* kernel.start("report", Effect.never, { key: "quarter" })
  yield* kernel.cancel(dropped.id, { reason: "asked for the wrong quarter" })
  yield* Effect.ignore(dropped.settled)
  const begun = yield* Deferred.make<void>()
  const ignoring = Effect.uninterruptible(Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(gate)))
  const stubborn = yield* kernel.start("thumbnails", ignoring, { key: "holiday" })
  yield* Deferred.await(begun)
  yield* kernel.cancel(stubborn.id)
  yield* kernel.start(
    "import",
    Effect.gen(function* () {
      yield* Effect.log("312 pages")
      yield* Effect.logWarning("page 17 has no title")
      yield* Effect.logError("page 80 could not be read, it is left out")
      yield* Run.progress({ current: 128, total: 312, step: "page 128" })
      return yield* Effect.never
    }),
    { key: "catalogue" }
  )
  isAway.settle = true
  const parked = yield* kernel.start("build", Effect.succeed(1), { key: "main" })
  yield* Effect.ignore(parked.settled)
  yield* Effect.addFinalizer(() =>
    Effect.zipRight(
      Effect.sync(() => (isAway.settle = false)),
      Deferred.succeed(gate, undefined)
    )
  )
  return host
})
