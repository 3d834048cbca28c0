/**
 * Hosts that are killed in the middle of an outage, and come back: as many trials as asked for, each with moments of its
 * own, and what they add up to.
 *
 * @since 0.1.0
 */
import { rmSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as HostProgram from "../crash/hostProgram.js"
import { temporaryDirectory } from "../internal/temporaryDirectory.js"
import type { Mutant } from "../mutants/Mutant.js"
import * as FullDisk from "./fullDisk.js"
import { type Trial, trial } from "./trial.js"

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  readonly trials: number
  /** Of the first one; each takes the next. Defaults to `1`. */
  readonly seed?: number | undefined
  /** Processes at a time. Defaults to `2`. */
  readonly concurrency?: number | undefined
  /** Between two lives: longer than a lease, which is one second, it is a long outage. Defaults to none. */
  readonly pauseMillis?: number | undefined
  /** Whether the disk of the journal is full before all of it is written. Defaults to `false`. */
  readonly isFull?: boolean | undefined
  /** The kernel made wrong. Defaults to none. */
  readonly mutants?: ReadonlyArray<Mutant> | undefined
  readonly onTrial?: ((trial: Trial) => void) | undefined
}

/**
 * All that the trials came to: the sums, and what does not hold in any of them, with its seed.
 *
 * @since 0.1.0
 * @category models
 */
export type Outages = Omit<Trial, "seed"> & { readonly trials: number; readonly right: number }

/**
 * @since 0.1.0
 * @category combinators
 */
export const outages = (options: Options): Effect.Effect<Outages> =>
  Effect.scoped(
    Effect.gen(function* () {
      const host = yield* HostProgram.make(options.mutants ?? [], "chaos/outage/host.ts")
      const parent = yield* temporaryDirectory
      const first = options.seed ?? 1
      const fileMaxKib = options.isFull === true ? FullDisk.fileMaxKib : undefined
      const pauseMillis = options.pauseMillis ?? 0
      const trials = yield* Effect.forEach(
        Array.from({ length: options.trials }, (_, index) => first + index),
        (seed) =>
          Effect.tap(trial({ host, parent, seed, pauseMillis, fileMaxKib }), (one) =>
            Effect.sync(() => {
              rmSync(join(parent, String(seed)), { recursive: true, force: true })
              options.onTrial?.(one)
            })
          ),
        { concurrency: options.concurrency ?? 2 }
      )
      const sum = (of: (one: Trial) => number) => trials.reduce((total, one) => total + of(one), 0)
      return {
        trials: trials.length,
        right: trials.filter(({ findings }) => findings.length === 0).length,
        kills: sum(({ kills }) => kills),
        ended: sum(({ ended }) => ended),
        journaled: sum(({ journaled }) => journaled),
        applied: sum(({ applied }) => applied),
        replayed: sum(({ replayed }) => replayed),
        lost: sum(({ lost }) => lost),
        refused: sum(({ refused }) => refused),
        findings: trials.flatMap(({ findings, seed }) => findings.map((finding) => `seed ${seed}: ${finding}`))
      }
    })
  )
