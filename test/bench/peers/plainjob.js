import Sqlite from "better-sqlite3"
import { better, defineQueue, defineWorker } from "plainjob"
import { arrivals, synchronousIn } from "./inFlight.js"

const silent = { error: console.error, warn: console.error, info: () => {}, debug: () => {} }

/** One worker, as its readme has it. It sets `synchronous = NORMAL`; where FULL is asked for, it is set after that. */
export const open = async ({ filename, synchronous }) => {
  const database = new Sqlite(filename)
  const queue = defineQueue({ connection: better(database), logger: silent })
  if (synchronous !== undefined) database.pragma(`synchronous = ${synchronous}`)
  const ends = arrivals()
  const worker = defineWorker("bench", async () => {}, {
    queue,
    logger: silent,
    pollIntervall: 1,
    onCompleted: (job) => ends.arrive(job.id)
  })
  void worker.start()
  return {
    durability: synchronousIn(database.pragma("synchronous", { simple: true })),
    one: () => ends.of(queue.add("bench", {}).id)
  }
}
