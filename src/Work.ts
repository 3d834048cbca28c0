/**
 * Typed definitions: what a piece of work takes, gives and fails with, and what is to happen around
 * it. `make` says it once, for hosts, clients and tests; `toLayer` says how this host executes it, and
 * provides `Registered`, without which starting it does not compile.
 *
 * @since 0.1.0
 */

import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import { coreOf, type Definition, define } from "./internal/kernel/kernelCore.js"
import { readRow } from "./internal/runs/following.js"
import * as Handles from "./internal/runs/handles.js"
import { type StartRequest, start, startSpan } from "./internal/runs/starting.js"
import { argumentsOf, hashOf, makeCoding } from "./internal/runs/workCoding.js"
import { CurrentRun, type RunHandle } from "./Run.js"
import { RunNotFound, type StartError, type StoreFailure } from "./RunError.js"
import type { RunId } from "./RunId.js"
import { RunKernel } from "./RunKernel.js"

/**
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("effect-holdfast/Work")
/**
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

// -- models -----------------------------------------------------------------------------------------------

declare const registered: unique symbol

/**
 * Proof, in the type of a layer, that this host executes the work called `Name`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Registered<in out Name extends string> {
  readonly [registered]: Name
}

/**
 * @since 0.1.0
 * @category options
 */
export interface StartOptions {
  /**
   * A start that repeats it gets the run that it started first, with `isNew: false`; with another payload it fails
   * with `IdempotencyConflict`. Defaults to none.
   */
  readonly idempotencyKey?: string | undefined
}

/**
 * A definition of work.
 *
 * @since 0.1.0
 * @category models
 */
export interface Work<
  Name extends string,
  Fields extends Schema.Struct.Fields,
  Success extends Schema.Schema.AnyNoContext,
  Error extends Schema.Schema.All
> {
  readonly [TypeId]: TypeId
  readonly name: Name
  readonly payloadSchema: Schema.Struct<Fields>
  readonly successSchema: Success
  readonly errorSchema: Error
  /** Starts a run of it on this host. Definitions without a payload take only the options. */
  readonly start: (
    ...args: [keyof Fields] extends [never]
      ? [options?: StartOptions]
      : [payload: Schema.Simplify<Schema.Struct.Constructor<Fields>>, options?: StartOptions]
  ) => Effect.Effect<RunHandle<Success["Type"], Error["Type"]>, StartError, RunKernel | Registered<Name>>
  /** A typed handle to a run of any host, also one that settled long ago. */
  readonly attach: (
    id: RunId
  ) => Effect.Effect<RunHandle<Success["Type"], Error["Type"]>, RunNotFound | StoreFailure, RunKernel>
  /** Registers how this host executes it. */
  readonly toLayer: <R>(
    work: (payload: Schema.Struct.Type<Fields>) => Effect.Effect<Success["Type"], Error["Type"], R>
  ) => Layer.Layer<Registered<Name>, never, RunKernel | Exclude<R, CurrentRun | Scope.Scope>>
}

/**
 * Any definition, for code that is generic over them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any {
  readonly [TypeId]: TypeId
  readonly name: string
  readonly payloadSchema: Schema.Schema.Any
  readonly successSchema: Schema.Schema.Any
  readonly errorSchema: Schema.Schema.All
}

/**
 * What a layer must provide for a definition, or for each of a union of them.
 *
 * @since 0.1.0
 * @category models
 */
export type RegisteredOf<W extends Any> = W extends { readonly name: infer Name extends string }
  ? Registered<Name>
  : never

type NoServices<R, Where extends string> = [R] extends [never]
  ? unknown
  : `${Where} must not require services: decode them inside the work`

/**
 * @since 0.1.0
 * @category options
 */
export interface Options<
  Fields extends Schema.Struct.Fields,
  Success extends Schema.Schema.AnyNoContext,
  Error extends Schema.Schema.All
> {
  /** The fields of the payload. Defaults to none. */
  readonly payload?: Fields & NoServices<Schema.Struct.Context<Fields>, "payload schemas">
  /** Defaults to `Schema.Void`. */
  readonly success?: Success
  /** Defaults to `Schema.Never`. */
  readonly error?: Error & NoServices<Error["Context"], "the error schema">
  /** At most one run of this name is active for a key at a time, over all hosts. Defaults to none. */
  readonly key?: ((payload: Schema.Struct.Type<Fields>) => string) | undefined
  /** How long the work may take; then it is interrupted and `failed` as `RunTimedOut`. Defaults to no limit. */
  readonly timeout?: Duration.DurationInput | undefined
  /** How long it may ignore an interruption before that is logged. Defaults to the kernel's. */
  readonly cancelGrace?: Duration.DurationInput | undefined
  /** What becomes of a run whose host goes away. Defaults to `"fail"`. */
  readonly onHostExit?: "fail" | "restart" | undefined
  /** How often it may be started in all, with `"restart"`. Defaults to `3`; without `"restart"` it has no effect. */
  readonly attemptMax?: number | undefined
  /**
   * With `"restart"`: how long after its start a run may still be restarted; then it is `failed` as `HostLost`, also
   * where no host knows its definition. Defaults to no limit.
   */
  readonly restartWithin?: Duration.DurationInput | undefined
}

// -- constructors -------------------------------------------------------------------------------------------

/**
 * Defines work.
 *
 * @since 0.1.0
 * @category constructors
 * @example
 * import * as Effect from "effect/Effect"
 * import * as Schema from "effect/Schema"
 * import { Work } from "effect-holdfast"
 *
 * export const Import = Work.make("import", {
 *   payload: { file: Schema.String },
 *   success: Schema.Struct({ rows: Schema.Int }),
 *   key: (payload) => payload.file,
 *   timeout: "10 minutes"
 * })
 *
 * export const ImportLive = Import.toLayer(({ file }) => Effect.succeed({ rows: file.length }))
 */
export const make = <
  const Name extends string,
  Fields extends Schema.Struct.Fields = {},
  Success extends Schema.Schema.AnyNoContext = typeof Schema.Void,
  Error extends Schema.Schema.All = typeof Schema.Never
>(
  name: Name,
  options: Options<Fields, Success, Error> = {}
): Work<Name, Fields, Success, Error> => {
  // The type parameters' defaults are what stands here where an option is left out.
  const payloadSchema = Schema.Struct((options.payload ?? {}) as Fields)
  const successSchema = (options.success ?? Schema.Void) as Success
  const errorSchema = (options.error ?? Schema.Never) as Error
  const coding = makeCoding(
    payloadSchema as unknown as Schema.Schema<Payload, unknown>,
    successSchema as Schema.Schema<Success["Type"], unknown>,
    errorSchema as unknown as Schema.Schema<Error["Type"], unknown>
  )
  type Payload = Schema.Struct.Type<Fields>
  type Executor = (payload: Payload) => Effect.Effect<Success["Type"], Error["Type"], CurrentRun | Scope.Scope>
  const tag = Context.GenericTag<Registered<Name>, Executor>(`effect-holdfast/Work/${name}`)

  const decoded = (input: Duration.DurationInput | undefined) =>
    input === undefined ? undefined : Duration.decode(input)
  const fixed = {
    name,
    codec: coding,
    timeout: decoded(options.timeout),
    cancelGrace: decoded(options.cancelGrace),
    onHostExit: options.onHostExit ?? "fail",
    attemptMax: options.onHostExit === "restart" ? (options.attemptMax ?? 3) : 1,
    restartWithin: decoded(options.restartWithin)
  } as const
  type Request = StartRequest<Success["Type"], Error["Type"], CurrentRun | Scope.Scope>

  /** What a run of the row's payload is to do, on a host that did not start it. */
  const definitionOf = (execute: Executor): Definition => ({
    name,
    requestOf: ({ idempotencyKey, key, payload, payloadHash }) =>
      Effect.map(
        coding.decodePayload(payload),
        (decodedPayload): Request => ({
          ...fixed,
          work: Effect.suspend(() => execute(decodedPayload as Payload)),
          key: key ?? undefined,
          idempotencyKey: idempotencyKey ?? undefined,
          payload: payload ?? undefined,
          payloadHash: payloadHash ?? undefined
        })
      )
  })

  const startPayload = (payload: Payload, startOptions: StartOptions | undefined) =>
    Effect.gen(function* () {
      const kernel = yield* RunKernel
      const execute = yield* tag
      const core = coreOf(kernel)
      const stored = yield* Effect.orDie(coding.encodePayload(payload))
      const request: Request = {
        ...fixed,
        work: Effect.suspend(() => execute(payload)),
        key: options.key?.(payload),
        idempotencyKey: startOptions?.idempotencyKey,
        payload: stored,
        payloadHash: hashOf(stored)
      }
      const started = yield* start(core, request)
      return started._tag === "New"
        ? Handles.ofRun(core, started.run, coding)
        : (Handles.ofKnown(core.runs.get(started.row.id), core, coding) ?? Handles.ofRow(core, started.row.id, coding))
    })

  return {
    [TypeId]: TypeId,
    name,
    payloadSchema,
    successSchema,
    errorSchema,
    start: (...args: ReadonlyArray<unknown>) =>
      startSpan(
        name,
        Effect.suspend(() => startPayload(...argumentsOf<Payload>(payloadSchema, args)))
      ),
    attach: (id) =>
      Effect.gen(function* () {
        const core = coreOf(yield* RunKernel)
        const run = core.runs.get(id)
        // An id may come from anywhere: a run of other work must not be read with these schemas.
        const here = run?.newRun.name === name ? Handles.ofKnown(run, core, coding) : undefined
        if (here !== undefined) return here
        const row = yield* readRow(core, id)
        if (row.name !== name) return yield* new RunNotFound({ id })
        return Handles.ofRow(core, id, coding)
      }),
    toLayer: (work) =>
      Layer.scoped(
        tag,
        Effect.gen(function* () {
          const kernel = yield* RunKernel
          const context = yield* Effect.context<never>()
          // The services are the layer's, never the caller's; only what is the run's own comes on top.
          const execute: Executor = (payload) =>
            Effect.mapInputContext(work(payload) as Effect.Effect<any, any, never>, (caller: Context.Context<never>) =>
              Context.merge(context, ownContext(caller))
            )
          yield* define(coreOf(kernel), definitionOf(execute))
          return execute
        })
      ) as Layer.Layer<Registered<Name>, never, never>
  } as Work<Name, Fields, Success, Error>
}

// -- internals ----------------------------------------------------------------------------------------------

const ownContext = (caller: Context.Context<never>): Context.Context<never> =>
  Context.pick(
    CurrentRun,
    Scope.Scope,
    Tracer.ParentSpan
  )(caller as Context.Context<CurrentRun | Scope.Scope | Tracer.ParentSpan>)
