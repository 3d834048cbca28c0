/**
 * A life as data: what happens to a kernel and its runs, and when. Explorers make lives up from a seed,
 * shrink them, and keep them as JSON in their plans.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Millis = Schema.Int.pipe(Schema.nonNegative())
const optional = <A>(schema: Schema.Schema<A>) => Schema.optionalWith(schema, { exact: true })

/**
 * What a work does. All of them take `millis`.
 *
 * - `succeeds`, `fails`, `dies`: and then ends so.
 * - `interruptsItself`, `joinsInterrupted`: and then is interrupted, by nobody in the kernel.
 * - `deaf`: cannot be interrupted, and succeeds. `polite`: takes an interruption for its end, and succeeds.
 * - `throws`: answers an interruption with a defect; `refuses` with a typed error.
 * - `lingers`: takes as long again to release what it holds.
 * - `reports`: tells of its progress four times.
 * - `talks`: logs what no terminal should be shown, and fails with it.
 * - `unencodable`: gives a result that its definition cannot encode.
 */
export const Kind = Schema.Literal(
  "succeeds",
  "fails",
  "dies",
  "interruptsItself",
  "joinsInterrupted",
  "deaf",
  "polite",
  "throws",
  "refuses",
  "lingers",
  "reports",
  "talks",
  "unencodable"
)
export type Kind = typeof Kind.Type

export const LifeWork = Schema.Struct({ kind: Kind, millis: Millis })
export type LifeWork = typeof LifeWork.Type

/**
 * One start and all that its callers do with it. Times are milliseconds since the beginning of the life,
 * `startPatience` and `stays` since their own beginning.
 */
export const LifeRun = Schema.Struct({
  at: Millis,
  work: LifeWork,
  key: optional(Schema.String),
  /** Of a run with a definition; the same work is the same payload. */
  idempotencyKey: optional(Schema.String),
  timeout: optional(Millis),
  /** How long its caller waits for the start before it goes away. */
  startPatience: optional(Millis),
  /** By whoever knows the run by then: its starter by the handle, before that anybody who finds it in the list. */
  cancels: Schema.Array(Millis),
  subscribers: Schema.Array(Schema.Struct({ at: Millis, stays: optional(Millis) })),
  /** Whether its definition lets another host go on with it, from the beginning, where its own goes away. */
  restarts: optional(Schema.Literal(true)),
  /** The host that starts it. Defaults to the first; with one host there is no other. */
  host: optional(Schema.Literal("second")),
  /** Whether those who cancel it and those who listen are on the other host. */
  isWatchedElsewhere: optional(Schema.Literal(true)),
  /** Whether its starter waits for the result, or only until it is settled. */
  waitsFor: Schema.Literal("settled", "result")
})
export type LifeRun = typeof LifeRun.Type

/** What nobody's run hears of. `run` is a position among the runs; none is an id that nobody knows. */
export const Question = Schema.Struct({
  at: Millis,
  asks: Schema.Literal("get", "list", "cancel", "settled"),
  run: optional(Millis)
})
export type Question = typeof Question.Type

export const Life = Schema.Struct({
  runs: Schema.Array(LifeRun),
  questions: Schema.Array(Question),
  /** When the kernel is closed, whatever goes on then. Without it: when all is over and the database has healed. */
  shutdownAt: optional(Millis),
  /** Whether what comes at a `shutdownAt`, of either host, is the end of its process: nothing is closed, and nobody is told. */
  isKilled: optional(Schema.Literal(true)),
  /** Whether another kernel comes up on the same store when the lease of the first has run out. */
  isFollowed: Schema.Boolean,
  /** How many rows a statement has, how many starts may wait, and how far a subscriber may lag. Without it: more than there are. */
  room: optional(Schema.Int.pipe(Schema.positive())),
  /** When the disks of the journals are full, until the database has healed. */
  diskFullAt: optional(Millis),
  /** Whether its hosts stop their work when they could not renew in time, as on Postgres. Without it they go on. */
  onLeaseEnd: optional(Schema.Literal("stop")),
  /** A second host on the same store from the beginning on. Without it the first is alone. */
  second: optional(
    Schema.Struct({
      /** When it is closed, whatever goes on then. Without it: as the first. */
      shutdownAt: optional(Millis),
      /** How long after it has come up it registers what it may restart; until then it leaves that to others. */
      definedAfter: optional(Millis),
      /** Whether neither can see the other's process, as if each were on a machine of its own. */
      isApart: optional(Schema.Literal(true)),
      /** How long after its close the first host comes up again, as a new process on its journal, while the second is there. */
      returnsAfter: optional(Millis),
      /** When the first host stops being able to renew its lease, until the database has healed. */
      silentAt: optional(Millis)
    })
  )
})
export type Life = typeof Life.Type

/** What a life is without an input: every part of it once. */
export const lifeDefault: Life = {
  runs: [
    {
      at: 0,
      work: { kind: "succeeds", millis: 1_000 },
      key: "a",
      cancels: [],
      subscribers: [{ at: 100 }],
      waitsFor: "result"
    },
    { at: 200, work: { kind: "fails", millis: 2_000 }, key: "a", cancels: [], subscribers: [], waitsFor: "settled" },
    {
      at: 300,
      work: { kind: "lingers", millis: 3_000 },
      cancels: [1_000],
      subscribers: [{ at: 400, stays: 1_000 }],
      waitsFor: "settled"
    }
  ],
  questions: [
    { at: 500, asks: "list" },
    { at: 600, asks: "cancel" }
  ],
  isFollowed: false
}

/** What a life of two hosts is without an input: a run that goes on elsewhere, one of a key, one that is cancelled from there. */
export const sharedLife: Life = {
  runs: [
    {
      at: 0,
      work: { kind: "succeeds", millis: 2_000 },
      key: "a",
      restarts: true,
      cancels: [],
      subscribers: [{ at: 100 }],
      isWatchedElsewhere: true,
      waitsFor: "settled"
    },
    {
      at: 200,
      work: { kind: "lingers", millis: 2_000 },
      host: "second",
      cancels: [1_000],
      subscribers: [],
      isWatchedElsewhere: true,
      waitsFor: "settled"
    }
  ],
  questions: [],
  shutdownAt: 1_500,
  isFollowed: false,
  second: {}
}

/** The main job at its smallest: one run, whose caller waits for its result, and one who listens. */
export const oneRun: Life = {
  runs: [
    {
      at: 0,
      work: { kind: "succeeds", millis: 1_000 },
      cancels: [],
      subscribers: [{ at: 100 }],
      waitsFor: "result"
    }
  ],
  questions: [],
  isFollowed: false
}
