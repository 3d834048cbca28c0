/**
 * Carries a `FaultPlan` out against a real database or a store: under `SqlRunStore`'s reconnect, around
 * a host's own client, or at the `RunStore` itself. What fails is decided by the plan alone, so a run
 * that failed once fails again. With a plan in which nothing goes wrong each layer is transparent.
 *
 * A program that takes two of these layers gets two of these services under one tag: provide them to
 * the parts that they break, not to the whole.
 *
 * @since 0.1.0
 */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as SqlClient from "@effect/sql/SqlClient"
import type { Compiler } from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { StoreFailure } from "../src/RunError.js"
import { RunStore } from "../src/RunStore.js"
import { SqlConnector } from "../src/SqlConnector.js"
import { type FaultPlan, none, type Rule } from "./FaultPlan.js"
import * as Exploration from "./internal/exploration.js"
import type { FiredFault, Operation } from "./internal/faultEngine.js"
import { FaultEngine, recordMaxDefault } from "./internal/faultEngine.js"
import { openingDefect, storeFailure } from "./internal/faultErrors.js"
import { pass } from "./internal/faultGate.js"
import * as Late from "./internal/lateStatements.js"
import type { ClientOptions, Seam, Session } from "./internal/sqlSeam.js"
import { wrapClient } from "./internal/sqlSeam.js"
import type { StoreTarget } from "./internal/storeSeam.js"
import { wrapStore } from "./internal/storeSeam.js"

export type {
  /**
   * A fault that fired.
   *
   * @since 0.1.0
   * @category models
   */
  FiredFault,
  /**
   * What became of a statement that was to land late.
   *
   * @since 0.1.0
   * @category models
   */
  Landing,
  /**
   * An operation that reached the chaos layer.
   *
   * @since 0.1.0
   * @category models
   */
  Operation
} from "./internal/faultEngine.js"
export { simulate } from "./Simulation.js"

// -- service ------------------------------------------------------------------------------------------

/**
 * Controls and observes the faults under test.
 *
 * @since 0.1.0
 * @category services
 */
export class Chaos extends Context.Tag("effect-holdfast/chaos/Chaos")<
  Chaos,
  {
    /**
     * Ends every rule and storm of the plan, lets late statements land now, and gives `layerClient` its
     * lost connections back. Calls that hang go on hanging: an answer that was lost does not come back.
     */
    readonly heal: Effect.Effect<void>
    /**
     * Puts another plan in force. Operations and attempts are counted from 1 again and the records begin
     * empty; runs keep their numbers, and late statements stay on their way.
     */
    readonly use: (plan: FaultPlan) => Effect.Effect<void>
    /** The faults that fired, in order: the first `recordMax` of them. */
    readonly fired: Effect.Effect<ReadonlyArray<FiredFault>>
    /** How many faults fired. */
    readonly firedCount: Effect.Effect<number>
    /** The rules that never fired. A plan that has any proved nothing. Storms are not among them. */
    readonly unfired: Effect.Effect<ReadonlyArray<Rule>>
    /** The operations that passed, in order: the first `recordMax` of them. */
    readonly operations: Effect.Effect<ReadonlyArray<Operation>>
    /** How many operations passed: what a sweep goes over. */
    readonly operationCount: Effect.Effect<number>
  }
>() {}

// -- options ------------------------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /**
   * Whether a fiber yields before and after each operation. SQLite's statements never yield by
   * themselves, and races between fibers would stay invisible. Defaults to `true`.
   */
  readonly yields?: boolean | undefined
  /** How many faults, operations, runs and late statements are kept. Defaults to `10000` of each. */
  readonly recordMax?: number | undefined
}

/**
 * How the wrapped client is rebuilt: a client does not show how it was made.
 *
 * @since 0.1.0
 * @category options
 */
export interface SqlOptions extends Options {
  /** The client's compiler. Defaults to its dialect's without transforms, on SQLite and on Postgres; any other must give its own. */
  readonly compiler?: Compiler | undefined
  /** How the client transforms rows, its `transformResultNames` say. Defaults to not at all. */
  readonly transformRows?: (<A extends object>(rows: ReadonlyArray<A>) => ReadonlyArray<A>) | undefined
  /**
   * The statement that begins a transaction. Defaults to `"BEGIN IMMEDIATE"` in `layerConnector` on
   * SQLite, since its transactions all write, else to `"BEGIN"`, as `@effect/sql` has it.
   */
  readonly beginTransaction?: string | undefined
  /** Attributes of the client's spans. Defaults to the `db.system.name` of its dialect. */
  readonly spanAttributes?: ReadonlyArray<readonly [string, unknown]> | undefined
}

// -- layers -------------------------------------------------------------------------------------------

/**
 * Breaks the connections that `SqlRunStore` opens. Opening one is itself an operation, labelled
 * `connect`; after `connectionLost` everything on that connection fails until another one is opened.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConnector = (
  plan: FaultPlan = none,
  options?: SqlOptions
): Layer.Layer<SqlConnector | Chaos, never, SqlConnector> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const inner = yield* SqlConnector
      // Of its own: nobody but a store has these clients.
      const reactivity = yield* Reactivity.make
      const { seam, chaos } = yield* makeSqlSeam(plan, options, { healsLostConnections: false })
      const client = clientOptions(options, undefined)
      const open = Effect.gen(function* () {
        const opened = yield* inner.connect
        const own: Array<Session> = []
        // A client that is closed takes no late statement any more; the one after it may.
        yield* Effect.addFinalizer(() => Effect.sync(() => close(own)))
        const watched: Seam = { ...seam, opened: (session) => seam.opened(remember(own, session)) }
        return yield* Effect.provideService(wrapClient(watched, opened, client), Reactivity.Reactivity, reactivity)
      })
      return Context.make(SqlConnector, { ...inner, connect: gateConnect(seam, open) }).pipe(Context.add(Chaos, chaos))
    })
  )

/**
 * Breaks a host's own client. Nobody opens another connection here, so what `connectionLost` takes
 * away, `heal` gives back. Code that asks for a driver's own tag, such as `SqliteClient`, walks past
 * this layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClient = (
  plan: FaultPlan = none,
  options?: SqlOptions
): Layer.Layer<SqlClient.SqlClient | Chaos, never, SqlClient.SqlClient> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const inner = yield* SqlClient.SqlClient
      const { seam, chaos } = yield* makeSqlSeam(plan, options, { healsLostConnections: true })
      const client = yield* wrapClient(seam, inner, clientOptions(options, "BEGIN"))
      return Context.make(SqlClient.SqlClient, client).pipe(Context.add(Chaos, chaos))
    })
  ).pipe(Layer.provide(Reactivity.layer))

/**
 * Breaks a store, with the failures that a SQL store makes of the same faults. The labels are those of
 * its statements: `insert`, `settle`, `entomb`, `cancel`, `progress`, `read`, `list`, `register`,
 * `renew`, `remove`, `hosts`, `fence`, `takeOver`, `ownedBy`, `release`, `check`; and where the store tells of changes
 * `listen`, and `changed` for each that is told: one that fails is lost, and the stream with it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStore = (plan: FaultPlan = none, options?: Options): Layer.Layer<RunStore | Chaos, never, RunStore> =>
  Layer.scopedContext(
    Effect.gen(function* () {
      const inner = yield* RunStore
      const { chaos, engine, late } = yield* makeChaos<StoreTarget>(plan, options, () => [inner], Effect.void)
      const store = wrapStore({ engine, late, yields: options?.yields ?? true }, inner)
      return Context.make(RunStore, store).pipe(Context.add(Chaos, chaos))
    })
  )

// -- internals ----------------------------------------------------------------------------------------

const clientOptions = (options: SqlOptions | undefined, beginTransaction: string | undefined): ClientOptions => ({
  compiler: options?.compiler,
  transformRows: options?.transformRows,
  beginTransaction: options?.beginTransaction ?? beginTransaction,
  spanAttributes: options?.spanAttributes
})

/** The engine of a layer and its service, under the exploration that is going on, if there is one. */
const makeChaos = <Target>(
  plan: FaultPlan,
  options: Options | undefined,
  targets: () => ReadonlyArray<Target>,
  reconnect: Effect.Effect<void>
) =>
  Effect.gen(function* () {
    const recordMax = options?.recordMax ?? recordMaxDefault
    const exploration = yield* FiberRef.get(Exploration.current)
    const engine = new FaultEngine(plan, recordMax, exploration?.engine)
    const late = yield* Late.make<Target>(targets, recordMax)
    const heal = Effect.sync(() => engine.heal()).pipe(Effect.zipRight(reconnect), Effect.zipRight(late.landAll))
    exploration?.join(heal)
    const chaos: Context.Tag.Service<Chaos> = {
      heal,
      use: (plan) => Effect.sync(() => engine.use(plan)),
      fired: Effect.sync(() => engine.fired.map((fired) => ({ ...fired }))),
      firedCount: Effect.sync(() => engine.firedCount),
      unfired: Effect.sync(() => engine.unfired),
      operations: Effect.sync(() => [...engine.operations]),
      operationCount: Effect.sync(() => engine.operationCount)
    }
    return { chaos, engine, late }
  })

const makeSqlSeam = (
  plan: FaultPlan,
  options: SqlOptions | undefined,
  { healsLostConnections }: { readonly healsLostConnections: boolean }
): Effect.Effect<{ readonly seam: Seam; readonly chaos: Context.Tag.Service<Chaos> }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const sessions = new OpenSessions()
    const reconnect = Effect.sync(() => {
      if (healsLostConnections) {
        sessions.recover()
      }
    })
    const { chaos, engine, late } = yield* makeChaos<Session>(plan, options, () => sessions.live, reconnect)
    const seam: Seam = { engine, late, yields: options?.yields ?? true, opened: (session) => sessions.add(session) }
    return { seam, chaos }
  })

// Only the newest few: a pool's connections, or the one that a reconnect has just replaced.
const sessionsMax = 64

class OpenSessions {
  private sessions: Array<Session> = []

  add(session: Session): void {
    this.sessions = [...this.sessions.filter((known) => !known.isLost).slice(1 - sessionsMax), session]
  }

  get live(): ReadonlyArray<Session> {
    return this.sessions.filter((session) => !session.isLost).reverse()
  }

  recover(): void {
    for (const session of this.sessions) {
      session.isLost = false
    }
  }
}

const remember = (sessions: Array<Session>, session: Session): Session => {
  sessions.push(session)
  return session
}

const close = (sessions: ReadonlyArray<Session>): void => {
  for (const session of sessions) {
    session.isLost = true
  }
}

// A connector promises never to die, and nothing can land where nothing was opened.
const gateConnect = (
  seam: Seam,
  open: Effect.Effect<SqlClient.SqlClient, StoreFailure, Scope.Scope>
): Effect.Effect<SqlClient.SqlClient, StoreFailure, Scope.Scope> =>
  pass(seam.engine, seam.yields, {
    label: "connect",
    runIds: [],
    perform: open,
    apply: open,
    arrive: Effect.void,
    unreachable: () => undefined,
    fail: (fault) => Effect.suspend(() => Effect.fail(storeFailure(fault, "open"))),
    die: (defect) => Effect.suspend(() => Effect.fail(openingDefect(defect))),
    defer: undefined
  })
