/**
 * The process of a host that may be killed: from then on it asks nothing, hears no answer and writes nothing, and its
 * callers are gone with it. What it has sent may land.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { RunStore } from "../../src/RunStore.js"
import type * as VerdictJournal from "../../src/VerdictJournal.js"
import { throughAll } from "../internal/storeOperations.js"

export interface MortalProcess {
  readonly kill: () => void
  /** The caller, as long as the process is there. */
  readonly inside: <A>(caller: Effect.Effect<A>) => Effect.Effect<A | void>
  /** The store as the process has it. */
  readonly store: (store: Context.Context<RunStore>) => Context.Context<RunStore>
  /** The disk as the process has it. */
  readonly disk: (disk: VerdictJournal.MemoryDisk) => VerdictJournal.MemoryDisk
}

export const make = (): MortalProcess => {
  const death = Deferred.unsafeMake<void>(FiberId.none)
  let isDead = false
  return {
    kill: () => {
      isDead = true
      Deferred.unsafeDone(death, Effect.void)
    },
    inside: (caller) => Effect.raceFirst(caller, Deferred.await(death)),
    store: (context) =>
      Context.make(
        RunStore,
        throughAll(Context.get(context, RunStore), (_label, _runIds, perform) =>
          Effect.suspend(() =>
            isDead ? Effect.never : Effect.flatMap(Effect.exit(perform), (exit) => (isDead ? Effect.never : exit))
          )
        )
      ),
    disk: (disk) => diskUnless(disk, () => isDead)
  }
}

/** What is on the disk stays as it was. */
const diskUnless = (disk: VerdictJournal.MemoryDisk, isDead: () => boolean): VerdictJournal.MemoryDisk => ({
  name: disk.name,
  get text() {
    return disk.text
  },
  set text(text) {
    disk.text = text
  },
  get rejected() {
    return disk.rejected
  },
  set rejected(rejected) {
    disk.rejected = rejected
  },
  fails: (operation, text) => (isDead() ? new Error("the process is gone") : disk.fails?.(operation, text))
})
