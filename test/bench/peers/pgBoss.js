import pg from "pg"
import { PgBoss } from "pg-boss"

const pollMillis = 2

/**
 * Ten workers that take a hundred jobs each, woken by LISTEN/NOTIFY. It tells nobody when a job is completed, so its
 * own table is asked, on a connection of its own.
 */
export const open = async ({ url }) => {
  const boss = new PgBoss({ connectionString: url, max: 20, useListenNotify: true })
  boss.on("error", (error) => console.error(error))
  await boss.start()
  await boss.createQueue("bench", { notify: true })
  await boss.work(
    "bench",
    { batchSize: 100, localConcurrency: 10, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true },
    async () => {}
  )
  const observer = new pg.Client({ connectionString: url })
  await observer.connect()
  const completed = async () => {
    const text = "SELECT count(*)::int AS count FROM pgboss.job WHERE name = 'bench' AND state = 'completed'"
    return (await observer.query(text)).rows[0].count
  }
  const run = async (count, concurrency) => {
    const before = await completed()
    const startedAt = performance.now()
    let sent = 0
    for (let done = 0; done < count; ) {
      const room = Math.min(count - sent, concurrency - (sent - done))
      await Promise.all(Array.from({ length: room }, () => boss.send("bench", {})))
      sent += room
      done = (await completed()) - before
      // Real time: it is a benchmark, and the jobs are done by workers of the library.
      if (done < sent) await new Promise((resolve) => setTimeout(resolve, pollMillis))
    }
    return (performance.now() - startedAt) / 1000
  }
  return { durability: "synchronous_commit = on", run }
}
