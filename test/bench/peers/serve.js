/**
 * Holds one peer open for the rounds: `serve.js MODULE TARGET`. It says what was opened, then answers each
 * `{ count, concurrency }` with the seconds that this took.
 */
import { secondsFor } from "./inFlight.js"

const [module, target] = process.argv.slice(2)
const { open } = await import(module)
const peer = await open(JSON.parse(target))
const run = peer.run ?? ((count, concurrency) => secondsFor(count, concurrency, peer.one))

// Whoever started it is gone.
process.on("disconnect", () => process.exit(1))
process.on("message", async ({ count, concurrency }) => {
  process.send({ seconds: await run(count, concurrency) })
})
process.send({ durability: peer.durability })
