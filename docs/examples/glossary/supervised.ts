/**
 * The runs under Holdfast: how this host wires the kernel, and how the contest watches it. The kernel
 * retries every write until it is stored, so there is nothing to do here when the database fails.
 */
import { Effect, Layer, Stream } from "effect"
import { type Run, RunKernel } from "effect-holdfast"
import { Chaos, type FaultPlan } from "effect-holdfast/chaos"
import * as SqliteRunStore from "effect-holdfast/SqliteRunStore"
import * as SqlRunStore from "effect-holdfast/SqlRunStore"
import type { CancelReply, Manager, Told } from "./manager.js"
import * as Witness from "./witness.js"
import * as Work from "./work.js"

/** Short delays, since nobody wants to watch an example for minutes. A host would keep the defaults. */
const options: RunKernel.Options = {
  shutdownGrace: "5 seconds",
  persist: { delayBase: "20 millis", delayMax: "500 millis", attemptTimeout: "500 millis", parkAfter: "3 seconds" }
}

/**
 * The whole host. Without the two lines of chaos and witness this is all that an application needs:
 * `SqliteRunStore.layer({ filename })` stands for the last three.
 */
export const layer = (filename: string, plan: FaultPlan.FaultPlan) =>
  Work.layer.pipe(
    Layer.provideMerge(RunKernel.layer(options)),
    Layer.provideMerge(Witness.layer),
    Layer.provide(SqlRunStore.layer()),
    Layer.provideMerge(Chaos.layerConnector(plan)),
    Layer.provide(SqliteRunStore.connector({ filename }))
  )

export const make = Effect.gen(function* () {
  const context = yield* Effect.context<Effect.Effect.Context<ReturnType<typeof Work.BuildGlossary.start>>>()
  const start: Manager["start"] = (document) =>
    Effect.gen(function* () {
      const handle = yield* Effect.provide(Work.BuildGlossary.start({ path: document }), context)
      let writes = 0
      const told = handle.events.pipe(
        Stream.tap((event) => Effect.sync(() => (writes = event._tag === "Settled" ? event.attempts : writes))),
        Stream.flatMap((event) => Stream.fromIterable(toldBy(event))),
        Stream.catchAll((error) => Stream.make<[Told]>({ _tag: "Note", text: error.message }))
      )
      return {
        id: handle.id,
        told,
        writes: Effect.sync(() => writes),
        cancel: handle.cancel({ reason: "cancelled by the example" }).pipe(
          Effect.map((answer): CancelReply => (answer._tag === "Requested" ? "accepted" : "too late")),
          Effect.catchAll(() => Effect.succeed<CancelReply>("unanswered"))
        )
      }
    })
  return { start } satisfies Manager
})

/** `Parked` says that nothing is stored yet, so it claims no status. */
const toldBy = (event: Run.RunEvent): ReadonlyArray<Told> => {
  switch (event._tag) {
    case "Progressed":
      return [{ _tag: "Progress", progress: event.progress }]
    case "CancelRequested":
      return [{ _tag: "Note", text: "cancel requested" }]
    case "Parked":
      return [{ _tag: "Note", text: `decided as ${event.verdict}, not stored yet` }]
    case "Superseded":
      return [{ _tag: "Note", text: "belongs to another host now" }]
    case "Settled":
      return [{ _tag: "Status", status: event.status }]
    case "Logged":
      return [{ _tag: "Note", text: event.message }]
    case "Snapshot":
    case "Dropped":
      return []
  }
}
