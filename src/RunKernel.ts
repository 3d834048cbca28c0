/**
 * The run-supervision kernel: starts work as supervised fibers, one row per run, and makes sure that
 * the row, the events and the log say what became of it, whatever the database does meanwhile. Closing
 * its scope stops intake, interrupts the work, and writes what there is to write.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { attachCore } from "./internal/kernel/kernelCore.js"
import * as KernelMaking from "./internal/kernel/kernelMaking.js"
import { adHoc, resolve } from "./internal/kernel/kernelOptions.js"
import { spanned } from "./internal/log/tracing.js"
import { cancel } from "./internal/runs/cancelling.js"
import { readRow } from "./internal/runs/following.js"
import * as Handles from "./internal/runs/handles.js"
import { start, startSpan } from "./internal/runs/starting.js"
import { runOf } from "./internal/store/runRow.js"
import type { CancelAnswer, CurrentRun, Run, RunEvent, RunHandle, Settled } from "./Run.js"
import type { CancelError, RunNotFound, RunSuperseded, StartError, StoreFailure, VerdictParked } from "./RunError.js"
import type { RunId } from "./RunId.js"
import * as RunMetrics from "./RunMetrics.js"
import type { RunQuery, RunStore } from "./RunStore.js"

// -- options --------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** How long the host counts as alive after its last renewal. Defaults to `1 minute`. */
  readonly leaseDuration?: Duration.DurationInput | undefined
  /**
   * How often it renews its lease, finds cancels from elsewhere, and looks for hosts that are gone. At most half of
   * `leaseDuration`. Defaults to a third of it.
   */
  readonly renewEvery?: Duration.DurationInput | undefined
  /** How much longer than its lease another host may be silent before it is judged lost. Defaults to `0 seconds`. */
  readonly recoverAfter?: Duration.DurationInput | undefined
  /**
   * When the lease ends and could not be renewed: `stop` interrupts all work before another host may take it over,
   * `continue` lets it go on. Defaults to what the store says: `continue` in memory and on SQLite, which one machine
   * shares; `stop` on Postgres, where other hosts may still reach the server.
   */
  readonly onLeaseEnd?: "stop" | "continue" | undefined
  /** How long closing the kernel may take: for work to stop, then for verdicts to be written. Defaults to `30 seconds`. */
  readonly shutdownGrace?: Duration.DurationInput | undefined
  /** How long work may ignore its interruption before that is logged and counted. Defaults to `30 seconds`. */
  readonly cancelGrace?: Duration.DurationInput | undefined
  /** How long `start` waits for its row. Defaults to `10 seconds`. */
  readonly startTimeout?: Duration.DurationInput | undefined
  /** How many starts may wait for the database; one more is refused at once. Defaults to `65536`. */
  readonly startsWaitingMax?: number | undefined
  /** How often the row of another host's run is read while somebody follows it. Defaults to `1 second`. */
  readonly followInterval?: Duration.DurationInput | undefined
  /** Log lines and progress reports that one subscriber may lag behind before it loses the oldest. Defaults to `256`. */
  readonly eventBufferMax?: number | undefined
  readonly persist?: PersistOptions | undefined
}

/**
 * How verdicts get to the database. Writing never stops; `parkAfter` and `parkAfterAttempts` say when to tell.
 *
 * @since 0.1.0
 * @category options
 */
export interface PersistOptions {
  /** The delay after the first failure; it doubles from then on, with jitter. Defaults to `50 millis`. */
  readonly delayBase?: Duration.DurationInput | undefined
  /** No delay is longer, whatever the schedule says. Defaults to `5 seconds`. */
  readonly delayMax?: Duration.DurationInput | undefined
  /** How long one attempt may take. Defaults to `10 seconds`. */
  readonly attemptTimeout?: Duration.DurationInput | undefined
  /** Failed attempts until a verdict is parked. Defaults to `8`. */
  readonly parkAfterAttempts?: number | undefined
  /** Time from the verdict until it is parked. Defaults to `15 seconds`. */
  readonly parkAfter?: Duration.DurationInput | undefined
  /** Rows in one statement. Defaults to `256`. */
  readonly batchMax?: number | undefined
}

/**
 * What cannot come from a `Config`.
 *
 * @since 0.1.0
 * @category options
 */
export interface Policies {
  /**
   * The delays between attempts, in place of the exponential default. Every delay is held below `delayMax`, and
   * a schedule that is done goes on at `delayMax`.
   */
  readonly persistSchedule?: Schedule.Schedule<unknown, StoreFailure> | undefined
}

/**
 * The defaults, resolved.
 *
 * @since 0.1.0
 * @category options
 */
export const defaults = {
  leaseDuration: Duration.minutes(1),
  recoverAfter: Duration.zero,
  shutdownGrace: Duration.seconds(30),
  cancelGrace: Duration.seconds(30),
  startTimeout: Duration.seconds(10),
  startsWaitingMax: 65_536,
  followInterval: Duration.seconds(1),
  eventBufferMax: 256,
  persist: {
    delayBase: Duration.millis(50),
    delayMax: Duration.seconds(5),
    attemptTimeout: Duration.seconds(10),
    parkAfterAttempts: 8,
    parkAfter: Duration.seconds(15),
    batchMax: 256
  }
} as const

// -- service --------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category services
 */
export class RunKernel extends Context.Tag("effect-holdfast/RunKernel")<
  RunKernel,
  {
    /**
     * Starts an ad-hoc run. When it succeeds the run is in the database, in memory and cancellable; when it fails
     * it is in neither, or settled (G7). The work has a `Scope` of its own and takes no part in its caller's.
     */
    readonly start: <A, E, R>(
      name: string,
      work: Effect.Effect<A, E, R>,
      options?: {
        /** At most one run of this name and key is active at a time. Defaults to none. */
        readonly key?: string | undefined
        /** How long the work may take. Defaults to no limit. */
        readonly timeout?: Duration.DurationInput | undefined
        /** Defaults to the kernel's `cancelGrace`. */
        readonly cancelGrace?: Duration.DurationInput | undefined
      }
    ) => Effect.Effect<RunHandle<A, E>, StartError, Exclude<R, CurrentRun | Scope.Scope>>
    /** Asks a run to end as `cancelled`, on whatever host it runs, and says what came of it. */
    readonly cancel: (
      id: RunId,
      options?: { readonly reason?: string | undefined }
    ) => Effect.Effect<CancelAnswer, CancelError>
    /** The row, as it is now. */
    readonly get: (id: RunId) => Effect.Effect<Run, RunNotFound | StoreFailure>
    /** The rows that match, newest first. */
    readonly list: (query?: RunQuery) => Effect.Effect<ReadonlyArray<Run>, StoreFailure>
    /** The row first, then what happens, until `Settled`; for runs of this host, of others, and long ago. */
    readonly events: (id: RunId) => Stream.Stream<RunEvent, RunNotFound | StoreFailure>
    /** Waits until the terminal status is stored. */
    readonly settled: (id: RunId) => Effect.Effect<Settled, RunNotFound | VerdictParked | RunSuperseded | StoreFailure>
  }
>() {}

// -- make -----------------------------------------------------------------------------------------------

const ofRun = (id: RunId) => ({ attributes: { [RunMetrics.attributes.runId]: id } })

const make = (
  options: Options & Policies
): Effect.Effect<typeof RunKernel.Service, StoreFailure, RunStore | Scope.Scope> =>
  Effect.map(
    Effect.suspend(() => KernelMaking.make(resolve(options, defaults), options)),
    (core) => {
      const service: typeof RunKernel.Service = {
        start: (name, work, options) =>
          startSpan(
            name,
            Effect.map(start(core, adHoc(name, work, options)), (started) =>
              started._tag === "New"
                ? Handles.ofRun(core, started.run, Handles.decoderNone)
                : Handles.ofRow(core, started.row.id, Handles.decoderNone)
            )
          ),
        cancel: (id, options) => spanned(cancel(core, id, options?.reason), RunMetrics.spans.cancel, () => ofRun(id)),
        get: (id) => spanned(Effect.map(readRow(core, id), runOf), RunMetrics.spans.get, () => ofRun(id)),
        list: (query = {}) =>
          spanned(
            Effect.map(core.store.list(query), (rows) => rows.map(runOf)),
            RunMetrics.spans.list,
            () => ({})
          ),
        events: (id) => Stream.suspend(() => Handles.eventsOf(core, id)),
        settled: (id) => Effect.suspend(() => Handles.settledOfId(core, id))
      }
      attachCore(service, core)
      return service
    }
  )

// -- layers ---------------------------------------------------------------------------------------------

/**
 * A kernel over a `RunStore`. Fails where the host cannot be registered. Where a `VerdictJournal` is provided as well,
 * verdicts that the database does not take outlive the process, and are replayed before the kernel comes up.
 *
 * @since 0.1.0
 * @category layers
 * @example
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { RunKernel, RunStore } from "effect-holdfast"
 *
 * export const program = Effect.gen(function* () {
 *   const kernel = yield* RunKernel.RunKernel
 *   const handle = yield* kernel.start("greet", Effect.succeed("hello"))
 *   return yield* handle.result
 * }).pipe(Effect.provide(RunKernel.layer().pipe(Layer.provide(RunStore.layerMemory))))
 */
export const layer = (options: Options & Policies = {}): Layer.Layer<RunKernel, StoreFailure, RunStore> =>
  Layer.scoped(RunKernel, make(options))

/**
 * The same, with its options from a `Config`. A schedule is no configuration: it comes as a second argument.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  config: Config.Config.Wrap<Options>,
  policies: Policies = {}
): Layer.Layer<RunKernel, StoreFailure | ConfigError, RunStore> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap<Options>(config), (options) => layer({ ...options, ...policies })))
