/**
 * The weather, and who is cancelled in it: both from the seed alone. Whether a fault meets a write is a
 * hash of seed, label, run and attempt, so both managers sail through the same storm, and a seed that
 * showed something once shows it again.
 */
import { Array, Duration, Effect, Random } from "effect"
import { FaultPlan } from "effect-holdfast/chaos"
import type { StormKind } from "./options.js"

/** What the storm hits: everything that is written or read about a run. The database itself comes up. */
const labels = ["insert", "settle", "entomb", "cancel", "progress", "read", "readBack"]

/** Then the database heals, as databases do: what is still unwritten by then has to be written soon after. */
export const duration = Duration.seconds(9)

/**
 * - `light`: four of ten statements meet a lock, a disk error or a delay; nothing is applied.
 * - `heavy`: one in three, also with lost connections, lost answers, hangs and statements that land
 *   after they were given up.
 */
export const plan = (storm: StormKind, seed: number): FaultPlan.FaultPlan => {
  switch (storm) {
    case "none":
      return FaultPlan.none
    case "light":
      return FaultPlan.storm({ seed, intensity: "light", rate: 0.4, labels })
    case "heavy":
      return FaultPlan.storm({ seed, intensity: "heavy", labels })
  }
}

/** The documents to cancel, each with the share of its work after which it happens: one in four, by seed. */
export const cancels = (documents: ReadonlyArray<string>, seed: number): Effect.Effect<ReadonlyMap<string, number>> =>
  Effect.gen(function* () {
    const shuffled = yield* Random.shuffle(documents)
    const chosen = Array.take(shuffled, Math.floor(documents.length / 4))
    return new Map(
      yield* Effect.forEach(chosen, (document) =>
        Effect.map(Random.nextRange(0.3, 0.7), (share) => [document, share] as const)
      )
    )
  }).pipe(Effect.withRandom(Random.make(seed)))
