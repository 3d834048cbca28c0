/**
 * Lives out of seeds, and smaller lives out of lives. Small lives find most defects, and are quick: most
 * have one to four runs, now and then one has more.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { choose, fraction } from "../internal/decisionHash.js"
import { Kind, Life, type LifeRun, type LifeWork, type Question } from "./Life.js"
import { settings } from "./settings.js"

const { parkAfterMillis } = settings

/** Chance as a hash of what is decided: a run is the same whatever the others are. */
class Dice {
  constructor(private readonly place: string) {}

  of(part: string | number): Dice {
    return new Dice(`${this.place}|${part}`)
  }
  chance(what: string, rate: number): boolean {
    return fraction(this.place, what) < rate
  }
  /** Below `end`, and more often small than large: much happens at the beginning of things. */
  early(what: string, end: number): number {
    return Math.floor(fraction(this.place, what) ** 2 * end)
  }
  choose<A>(what: string, ...items: readonly [A, ...Array<A>]): A {
    return choose(items, this.place, what)
  }
}

/** Round instants meet each other: what comes at one time is a race, and races are what this is about. */
const instants = (dice: Dice, what: string, end: number): number => {
  const millis = dice.early(what, end)
  return dice.chance(`${what} round`, 0.5) ? Math.round(millis / 500) * 500 : millis
}

/**
 * When something comes over a run: at any time, or in the moments that matter, while its row is being asked for and
 * while its end is being written. A database that fails stretches both to seconds.
 */
const moment = (dice: Dice, what: string, { at, work }: Pick<LifeRun, "at" | "work">, end: number): number => {
  const soon = dice.chance(`${what} at once`, 0.3) ? 0 : dice.early(`${what} soon`, 400)
  switch (dice.choose(`${what} when`, "any", "any", "end", "start")) {
    case "any":
      return at + instants(dice, what, end)
    case "end":
      return at + work.millis + soon
    case "start":
      return at + soon
  }
}

export const generateLife = (seed: number): Life => {
  const dice = new Dice(`life ${seed}`)
  const size = dice.choose("runs", 1, 1, 2, 2, 3, 3, 4, 4, 2, 9)
  const runs = Array.from({ length: size }, (_, index) => run(dice.of(index)))
  const questions = Array.from({ length: dice.choose("questions", 0, 0, 0, 1, 2) }, (_, index) =>
    question(dice.of(`question ${index}`), size)
  )
  const isShutDown = dice.chance("shutdown", 0.35)
  const isKilled = isShutDown && dice.chance("killed", 0.4)
  // Late enough for a verdict to be in the journal, which is all that such a process leaves.
  const later =
    isKilled && dice.chance("killed late", 0.5) ? parkAfterMillis + dice.early("killed later", parkAfterMillis) : 0
  const [struck] = runs
  return {
    runs,
    questions,
    ...(isShutDown && struck !== undefined ? { shutdownAt: moment(dice, "shutdownAt", struck, 9_000) + later } : {}),
    ...(isKilled ? { isKilled: true } : {}),
    isFollowed: isShutDown && dice.chance("followed", 0.5),
    ...(dice.chance("little room", 0.15) ? { room: dice.choose("room", 1, 1, 2, 3) } : {}),
    ...(dice.chance("disk full", 0.1) ? { diskFullAt: instants(dice, "diskFullAt", 9_000) } : {})
  }
}

/**
 * A life of two hosts: a life like any other, of which some runs are the second host's, some may go on elsewhere, and
 * some are cancelled and followed from the other side. One of the two may go, or both may, one after the other; one may be
 * unable to renew, and both stop their work then, or go on; and the second may register late what it restarts.
 */
export const generateSharedLife = (seed: number): Life => {
  const life = generateLife(seed)
  const dice = new Dice(`shared ${seed}`)
  const isSilent = dice.chance("silent", 0.25)
  const isLate = dice.chance("defined late", 0.2)
  const runs = life.runs.map((run, index): LifeRun => {
    const own = dice.of(index)
    const { timeout: _, ...untimed } = run
    const isRestarted = own.chance("restarts", 0.5)
    return {
      ...(isRestarted ? untimed : run),
      // A lease has to pass before anybody takes over what a host that is there cannot renew.
      ...(isSilent && own.chance("long", 0.4) ? { work: { ...run.work, millis: 40_000 } } : {}),
      ...(isRestarted ? { restarts: true } : {}),
      // What it has not registered it cannot start.
      ...(!(isRestarted && isLate) && own.chance("host", 0.3) ? { host: "second" } : {}),
      ...(own.chance("elsewhere", 0.3) ? { isWatchedElsewhere: true } : {})
    }
  })
  const isClosed = life.shutdownAt === undefined && dice.chance("second closed", 0.3)
  const { shutdownAt } = life
  const returns = shutdownAt !== undefined && dice.chance("returns", 0.4)
  // The second goes while it takes over what the first has left, and a third finds what both had.
  const isBoth = shutdownAt !== undefined && !returns && dice.chance("both", 0.3)
  return {
    ...life,
    runs,
    ...(dice.chance("stops at the end of its lease", 0.4) ? { onLeaseEnd: "stop" } : {}),
    ...(returns || isBoth ? { isFollowed: isBoth } : {}),
    ...(isClosed && dice.chance("killed", 0.4) ? { isKilled: true } : {}),
    second: {
      ...(isLate ? { definedAfter: instants(dice, "definedAfter", 20_000) } : {}),
      ...(dice.chance("apart", 0.3) ? { isApart: true } : {}),
      ...(returns ? { returnsAfter: instants(dice, "returnsAfter", 9_000) } : {}),
      ...(isClosed ? { shutdownAt: instants(dice, "shutdownAt", 9_000) } : {}),
      ...(isBoth ? { shutdownAt: shutdownAt + dice.early("second shutdownAt", 15_000) } : {}),
      ...(isSilent ? { silentAt: instants(dice, "silentAt", 9_000) } : {})
    }
  }
}

const run = (dice: Dice): LifeRun => {
  const work = workOf(dice)
  const hasIdempotencyKey = dice.chance("idempotencyKey", 0.15)
  const hasKey = dice.chance("key", 0.4)
  const at = instants(dice, "at", 4_000)
  const times = (what: string, counts: readonly [number, ...Array<number>]) =>
    Array.from({ length: dice.choose(what, ...counts) }, (_, index) =>
      moment(dice.of(index), what, { at, work }, 6_000)
    )
  return {
    at,
    work,
    ...(hasKey ? { key: dice.choose("which key", "a", "a", "b") } : {}),
    ...(hasIdempotencyKey ? { idempotencyKey: dice.choose("which idempotency key", "x", "x", "y") } : {}),
    // A definition has one timeout for all of its runs: only ad-hoc ones have one of their own.
    ...(!hasIdempotencyKey && dice.chance("timeout", 0.25) ? { timeout: instants(dice, "timeoutMillis", 4_000) } : {}),
    ...(dice.chance("impatient", 0.15) ? { startPatience: instants(dice, "startPatience", 3_000) } : {}),
    cancels: times("cancels", [0, 0, 0, 1, 1, 2]),
    subscribers: times("subscribers", [0, 0, 1, 1, 2]).map((at, index) =>
      dice.chance(`stays ${index}`, 0.3) ? { at, stays: instants(dice, `stays millis ${index}`, 4_000) } : { at }
    ),
    waitsFor: dice.choose("waitsFor", "settled", "result")
  }
}

const workOf = (dice: Dice): LifeWork => ({
  kind: dice.choose("kind", "succeeds", "succeeds", "succeeds", ...Kind.literals),
  millis: dice.chance("at once", 0.15) ? 0 : dice.chance("long", 0.08) ? 40_000 : instants(dice, "millis", 5_000)
})

const question = (dice: Dice, runs: number): Question => {
  const run = dice.choose("run", ...([-1, ...Array.from({ length: runs }, (_, index) => index)] as [number]))
  return {
    at: instants(dice, "at", 8_000),
    asks: dice.choose("asks", "get", "list", "cancel", "settled"),
    ...(run < 0 ? {} : { run })
  }
}

// -- shrinking ------------------------------------------------------------------------------------------

const isLife = Schema.is(Life)

/** Smaller lives, the smallest first, so that a greedy shrinker takes big steps while it can. */
export function* simplifyLife(input: unknown): Iterable<Life> {
  if (!isLife(input)) return
  const { questions, runs } = input
  if (runs.length > 1) {
    for (const run of runs) yield { ...input, runs: [run] }
    yield { ...input, runs: runs.slice(0, runs.length >> 1) }
    yield { ...input, runs: runs.slice(runs.length >> 1) }
    for (let index = 0; index < runs.length; index++) yield { ...input, runs: runs.toSpliced(index, 1) }
  }
  if (input.second !== undefined) {
    const { second, ...alone } = input
    yield alone
    for (const field of ["definedAfter", "isApart", "shutdownAt", "silentAt", "returnsAfter"] as const) {
      const { [field]: had, ...rest } = second
      if (had !== undefined) yield { ...input, second: rest }
    }
  }
  for (const field of ["onLeaseEnd", "diskFullAt", "isKilled", "room"] as const) {
    if (input[field] === undefined) continue
    const { [field]: _, ...rest } = input
    yield rest
  }
  if (questions.length > 0) yield { ...input, questions: [] }
  if (input.isFollowed) yield { ...input, isFollowed: false }
  if (input.shutdownAt !== undefined) {
    const { shutdownAt: _, ...rest } = input
    yield { ...rest, isFollowed: false }
  }
  for (let index = 0; index < questions.length; index++) {
    if (questions.length > 1) yield { ...input, questions: questions.toSpliced(index, 1) }
  }
  for (const [index, run] of runs.entries()) {
    for (const simpler of simplifyRun(run)) yield { ...input, runs: runs.with(index, simpler) }
  }
  if (input.shutdownAt !== undefined) {
    for (const shutdownAt of earlier(input.shutdownAt)) yield { ...input, shutdownAt }
  }
}

function* simplifyRun(run: LifeRun): Iterable<LifeRun> {
  const { cancels, subscribers, work } = run
  if (cancels.length > 0) yield { ...run, cancels: [] }
  if (subscribers.length > 0) yield { ...run, subscribers: [] }
  for (const field of [
    "timeout",
    "startPatience",
    "idempotencyKey",
    "key",
    "restarts",
    "host",
    "isWatchedElsewhere"
  ] as const) {
    if (run[field] === undefined) continue
    const { [field]: _, ...rest } = run
    yield rest
  }
  if (work.kind !== "succeeds") yield { ...run, work: { ...work, kind: "succeeds" } }
  if (run.waitsFor === "result") yield { ...run, waitsFor: "settled" }
  for (let index = 0; index < cancels.length; index++) {
    if (cancels.length > 1) yield { ...run, cancels: cancels.toSpliced(index, 1) }
  }
  for (const millis of earlier(work.millis)) yield { ...run, work: { ...work, millis } }
  for (const at of earlier(run.at)) yield { ...run, at }
  for (const [index, cancel] of cancels.entries()) {
    for (const at of earlier(cancel)) yield { ...run, cancels: cancels.with(index, at) }
  }
}

/** At once, half as late, or a round second. */
function* earlier(millis: number): Iterable<number> {
  if (millis === 0) return
  yield 0
  if (millis > 1) yield millis >> 1
  const round = Math.floor(millis / 1_000) * 1_000
  if (round > 0 && round < millis) yield round
}
