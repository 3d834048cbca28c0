/**
 * A Redis of our own that syncs every write (`appendfsync always`), where `redis-server` is installed, or
 * `REDIS_SERVER` names one.
 *
 * @since 0.1.0
 */
import { spawn, spawnSync } from "node:child_process"
import { setTimeout as pause } from "node:timers/promises"
import { freePort } from "../../../chaos/postgres/embedded.js"

export interface Redis {
  readonly port: number
  readonly stop: () => void
}

const program = process.env["REDIS_SERVER"] ?? "redis-server"

export const isInstalled = (): boolean => spawnSync(program, ["--version"]).status === 0

export const start = async (directory: string): Promise<Redis> => {
  const port = await freePort()
  const server = spawn(
    program,
    [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      directory,
      "--appendonly",
      "yes",
      "--appendfsync",
      "always"
    ],
    { stdio: "ignore" }
  )
  // It is up within that; a client that comes too soon asks again.
  await pause(1_000)
  if (server.exitCode !== null) throw new Error(`${program} ended with ${server.exitCode}`)
  // Asked to end it would save first, and stay when it cannot: nobody needs what is in it.
  return { port, stop: () => void server.kill("SIGKILL") }
}
