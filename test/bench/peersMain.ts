/**
 * `npm run bench:peers [-- peer…] [--quick] [--json file]`: Holdfast beside each of its peers, one after the
 * other, on the same machine and the same kind of database: start, work that does nothing, durable completed;
 * one at a time, and a thousand. Each in a process of its own, in alternating rounds.
 *
 * @since 0.1.0
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parse } from "./commandLine.js"
import { type Entry, entryOf } from "./entry.js"
import { counted, type Size } from "./part.js"
import { type Peer, peers } from "./peerList.js"
import * as Remote from "./remote.js"
import * as Report from "./report.js"
import { measure, type Subject } from "./rounds.js"
import * as Postgres from "./subjects/postgres.js"
import * as Redis from "./subjects/redis.js"
import { tableOf } from "./table.js"

const part = "peers"
const installTimeoutMillis = 600_000

/** On first use; from then on what the lock file says is there. */
const install = (): void => {
  if (existsSync(join(Remote.peersDirectory, "node_modules/.package-lock.json"))) return
  console.log("installing the peers into test/bench/peers, once")
  const { status } = spawnSync("npm", ["ci", "--legacy-peer-deps", "--no-audit", "--no-fund"], {
    cwd: Remote.peersDirectory,
    stdio: "inherit",
    timeout: installTimeoutMillis
  })
  if (status !== 0) throw new Error(`npm ci in ${Remote.peersDirectory} failed: see above`)
}

const versionOf = (name: string): string => {
  const file = join(Remote.peersDirectory, "node_modules", name, "package.json")
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version
}

/** The databases of one comparison: a fresh one for each side, of one kind and on one disk. */
interface Databases {
  readonly of: (side: string) => unknown
  readonly stop: () => Promise<void>
}

const databasesFor = async ({ database, synchronous }: Peer, directory: string): Promise<Databases> => {
  const files = (side: string) => ({
    filename: join(directory, `${side}.db`),
    ...(synchronous === undefined || (side === "holdfast" && synchronous === "FULL") ? {} : { synchronous })
  })
  if (database === "sqlite") return { of: files, stop: async () => {} }
  if (database === "postgres") {
    const server = await Postgres.start()
    // One server, as a host would have it: tables of the two stand side by side.
    return { of: () => ({ url: server.url }), stop: () => server.remove() }
  }
  const redis = await Redis.start(directory)
  return {
    of: (side) => (side === "holdfast" ? files(side) : { redisPort: redis.port }),
    stop: async () => redis.stop()
  }
}

/** A sample takes about a second, or as long as a run in each lane takes. */
const countFor = async (remote: Remote.Remote, concurrency: number, size: Size): Promise<number> => {
  const probe = size === "quick" ? Math.min(concurrency, 10) : Math.max(concurrency, 20)
  const perSecond = probe / (await remote.run(probe, concurrency))
  return size === "quick" ? probe : Math.round(Math.min(20_000, Math.max(probe, perSecond)))
}

const subjectOf = async (name: string, remote: Remote.Remote, concurrency: number, size: Size): Promise<Subject> => {
  const count = await countFor(remote, concurrency, size)
  return { name, sample: async () => count / (await remote.run(count, concurrency)) }
}

const compare = async (peer: Peer, directory: string, size: Size): Promise<ReadonlyArray<Entry>> => {
  const databases = await databasesFor(peer, directory)
  const remotes: Array<Remote.Remote> = []
  const opened = async (options: Parameters<typeof Remote.open>[0]) => {
    const remote = await Remote.open(options)
    remotes.push(remote)
    return remote
  }
  try {
    const holdfast = await opened({
      module: new URL("subjects/asPeer.js", import.meta.url).href,
      target: databases.of("holdfast")
    })
    const other = await opened({
      module: `./${peer.file}`,
      target: databases.of("peer"),
      execPath: peer.needsNode22 ? join(Remote.peersDirectory, "node_modules/node/bin/node") : undefined
    })
    const entries: Array<Entry> = []
    for (const concurrency of [1, 1_000]) {
      const subjects = [
        await subjectOf("Holdfast", holdfast, concurrency, size),
        await subjectOf(`${peer.name} ${versionOf(peer.package)}, ${other.durability}`, other, concurrency, size)
      ]
      const [ours, theirs] = await measure(
        subjects,
        size === "quick" ? { warmUp: 0, rounds: 1 } : { warmUp: 1, rounds: 5 }
      )
      if (ours === undefined || theirs === undefined) continue
      const name = `Holdfast on ${kernelOn(peer)}, beside ${peer.name}, ${counted(concurrency)} at a time`
      entries.push(entryOf(part, "runs/s", ours, theirs, name))
    }
    return entries
  } finally {
    for (const remote of remotes) remote.close()
    await databases.stop()
  }
}

const kernelOn = ({ database, synchronous }: Peer): string =>
  database === "postgres" ? "Postgres" : synchronous === "NORMAL" ? "SQLite NORMAL" : "SQLite FULL"

const commandLine = parse(
  process.argv.slice(2),
  peers.map((peer) => peer.name),
  "test/bench/results/peers.json"
)
install()
const entries: Array<Entry> = []
const failed: Array<{ readonly part: string; readonly message: string }> = []
for (const peer of peers.filter((peer) => commandLine.names.includes(peer.name))) {
  if (peer.database === "redis" && !Redis.isInstalled()) {
    failed.push({ part: peer.name, message: "left out: no redis-server here; install one, or set REDIS_SERVER" })
    continue
  }
  const directory = mkdtempSync(join(tmpdir(), "holdfast-bench-peers-"))
  try {
    const measured = await compare(peer, directory, commandLine.size)
    entries.push(...measured)
    console.log(tableOf(measured))
  } catch (error) {
    failed.push({ part: peer.name, message: error instanceof Error ? error.message : String(error) })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  Report.write(commandLine.json, Report.reportOf(commandLine.size, entries, failed))
}
console.log(`\n${tableOf(entries)}\n`)
for (const { message, part } of failed) console.error(`${part} could not be measured: ${message}`)
process.exit(failed.length > 0 ? 1 : 0)
