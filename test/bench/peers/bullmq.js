import { Queue, Worker } from "bullmq"
import { Redis } from "ioredis"
import { arrivals } from "./inFlight.js"

export const open = async ({ redisPort }) => {
  const connect = () => new Redis({ host: "127.0.0.1", port: redisPort, maxRetriesPerRequest: null })
  const queue = new Queue("bench", { connection: connect() })
  const ends = arrivals()
  const worker = new Worker("bench", async () => 1, { connection: connect(), concurrency: 100 })
  worker.on("completed", (job) => ends.arrive(job.id))
  await worker.waitUntilReady()
  return {
    durability: "appendfsync always",
    one: async () => ends.of((await queue.add("bench", {})).id)
  }
}
