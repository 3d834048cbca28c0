import { Logger, run } from "graphile-worker"
import { arrivals } from "./inFlight.js"

/** A job at a time for each completion, as by default; 20 connections, 100 jobs at a time. */
export const open = async ({ url }) => {
  const ends = arrivals()
  const runner = await run({
    connectionString: url,
    concurrency: 100,
    maxPoolSize: 20,
    pollInterval: 2_000,
    noHandleSignals: true,
    logger: new Logger(() => (level, message) => {
      if (level === "error") console.error(message)
    }),
    taskList: { bench: async () => {} }
  })
  runner.events.on("job:complete", ({ job }) => ends.arrive(job.id))
  return {
    durability: "synchronous_commit = on",
    one: async () => ends.of((await runner.addJob("bench", {})).id)
  }
}
