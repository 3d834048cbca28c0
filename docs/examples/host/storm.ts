/**
 * The weather of the example host: ten seconds of calm, then eight in which its database is away.
 */
import { Console, Effect } from "effect"
import { Chaos, FaultPlan } from "effect-holdfast/chaos"

/** Nothing about runs can be written or read, until somebody heals it. The lease is renewed all the while. */
export const away: FaultPlan.FaultPlan = FaultPlan.fromRules(
  ...["insert", "settle", "entomb", "cancel", "progress", "read", "readBack", "list"].map((label) =>
    FaultPlan.rule(label, "cantOpen", { window: "untilHealed" })
  )
)

/** Again and again. */
export const storms = Effect.gen(function* () {
  const chaos = yield* Chaos.Chaos
  yield* Console.log("storm: the database goes away in ten seconds, for eight, again and again")
  const storm = Effect.gen(function* () {
    yield* Effect.sleep("10 seconds")
    yield* chaos.use(away)
    yield* Console.log("storm: the database is away")
    yield* Effect.sleep("8 seconds")
    yield* chaos.heal
    yield* Console.log("storm: it is back")
  })
  return yield* Effect.forever(storm)
})
