/**
 * The least that an Effect program can do for the same work: a fiber for each run, two answers that it waits for,
 * and the same two writes, 256 of a kind to a statement and a commit. Nothing is supervised, nothing is repeated,
 * nothing can be cancelled, and nobody is told. What a run of Holdfast costs beyond this is Holdfast.
 *
 * @since 0.1.0
 */
import { randomUUID } from "node:crypto"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { openTable } from "./rawSqlite.js"

const batchMax = 256

export interface BareEffect {
  /** Goes on until it is over, so many at a time, and gives the number of runs. */
  readonly completeUntil: (concurrency: number, isOver: () => boolean) => Promise<number>
  readonly close: () => void
}

/** Rows that wait for the next statement of their kind, each with whoever waits for it. */
type Waiting = Map<object, Deferred.Deferred<void>>

export const open = (filename: string): BareEffect => {
  const database = openTable(filename, "FULL")
  const insert = database.prepare(
    "INSERT INTO runs SELECT value ->> 'id', 'bench', 'running', value ->> 'at', NULL FROM json_each(?) RETURNING id"
  )
  const update = database.prepare(
    `UPDATE runs SET status = 'completed', finished_at = ended.at
     FROM (SELECT value ->> 'id' AS id, value ->> 'at' AS at FROM json_each(?)) AS ended
     WHERE runs.id = ended.id AND status = 'running' RETURNING runs.id`
  )
  const settling: Waiting = new Map()
  const inserting: Waiting = new Map()
  const kinds = [
    [settling, update],
    [inserting, insert]
  ] as const
  let isAwake = false
  let last = 0
  const wake = () => {
    if (isAwake) return
    isAwake = true
    setImmediate(() => {
      isAwake = false
      for (const [waiting, statement] of kinds) {
        const batch = [...waiting].slice(0, batchMax)
        if (batch.length === 0) continue
        statement.all(JSON.stringify(batch.map(([row]) => row)))
        for (const [row, answer] of batch) {
          waiting.delete(row)
          Deferred.unsafeDone(answer, Effect.void)
        }
      }
      if (kinds.some(([waiting]) => waiting.size > 0)) wake()
    })
  }
  const written = (waiting: Waiting, row: object): Effect.Effect<void> =>
    Effect.suspend(() => {
      const answer = Deferred.unsafeMake<void>(FiberId.none)
      waiting.set(row, answer)
      wake()
      return Deferred.await(answer)
    })
  const work = Effect.succeed(1)
  const one = Effect.suspend(() => {
    const row = { id: randomUUID(), at: ++last }
    const settled = Deferred.unsafeMake<void>(FiberId.none)
    const run = Effect.exit(Effect.interruptible(work)).pipe(
      Effect.zipRight(written(settling, { ...row, at: ++last })),
      Effect.zipRight(Deferred.succeed(settled, undefined)),
      Effect.uninterruptible
    )
    return written(inserting, row).pipe(
      // A daemon, as work that outlives its caller must be; nothing supervises it, which is what is measured.
      Effect.zipRight(Effect.forkDaemon(run)),
      Effect.zipRight(Deferred.await(settled))
    )
  })
  return {
    completeUntil: (concurrency, isOver) => {
      let runs = 0
      const worker = Effect.repeat(
        Effect.map(one, () => runs++),
        { while: () => !isOver() }
      )
      const workers = Array.from({ length: concurrency }, () => worker)
      return Effect.runPromise(Effect.all(workers, { concurrency: "unbounded", discard: true })).then(() => runs)
    },
    close: () => database.close()
  }
}
