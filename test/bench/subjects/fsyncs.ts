/**
 * Counts what this process asks of the disk, by `strace` attached to it for a while.
 *
 * @since 0.1.0
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"

/** Whether it can be counted here: `strace` is installed and may trace. */
export const canCount = (): boolean =>
  spawnSync("strace", ["-o", "/dev/null", "-e", "trace=none", process.execPath, "--version"]).status === 0

/** How often `fsync` or `fdatasync` was called while `work` went on. `trace` is the file that strace writes. */
export const fsyncsOf = async (trace: string, work: () => Promise<unknown>): Promise<number> => {
  const strace = spawn("strace", ["-f", "-o", trace, "-e", "trace=fsync,fdatasync", "-p", String(process.pid)], {
    stdio: ["ignore", "ignore", "pipe"]
  })
  // It says so when it is attached.
  await once(strace.stderr, "data")
  await work()
  strace.kill("SIGINT")
  await once(strace, "exit")
  const calls = readFileSync(trace, "utf8").split("\n")
  return calls.filter((line) => /f(data)?sync\(/.test(line)).length
}
