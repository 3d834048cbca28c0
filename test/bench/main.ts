/**
 * `npm run bench [-- part…] [--quick] [--json file]`: measures, prints a table for each part as it comes, and
 * writes all of it as JSON. What was measured before, of parts that are not asked for now, stays in it. Fails where a
 * part could not be measured; a target that is missed is a figure, and no failure.
 *
 * @since 0.1.0
 */
import { fileURLToPath } from "node:url"
import { answerOf } from "./child.js"
import { parse } from "./commandLine.js"
import type { Entry } from "./entry.js"
import { parts } from "./parts/index.js"
import * as Report from "./report.js"
import { tableOf } from "./table.js"

const partTimeoutMillis = 900_000

const commandLine = parse(
  process.argv.slice(2),
  parts.map((part) => part.name),
  "test/bench/results/latest.json"
)
const before = Report.read(commandLine.json)
/** Of the parts that are not measured now, what an earlier benchmark of this size left there. */
const entries: Array<Entry> =
  before?.size === commandLine.size ? before.entries.filter(({ part }) => !commandLine.names.includes(part)) : []
const failed: Array<{ readonly part: string; readonly message: string }> = []

for (const { about, name } of parts.filter((part) => commandLine.names.includes(part.name))) {
  const startedAt = performance.now()
  console.log(`\n${name}: ${about}`)
  try {
    const measured = await answerOf<ReadonlyArray<Entry>>({
      script: fileURLToPath(new URL("partProcess.js", import.meta.url)),
      args: [name, commandLine.size],
      execArgv: ["--expose-gc"],
      timeoutMillis: partTimeoutMillis
    })
    entries.push(...measured)
    console.log(tableOf(measured))
    console.log(`${Math.round((performance.now() - startedAt) / 1000)} s`)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    failed.push({ part: name, message })
    console.error(`${name} could not be measured: ${message}`)
  }
  // After each part: a run that is stopped early leaves what it has.
  Report.write(commandLine.json, Report.reportOf(commandLine.size, entries, failed))
}

console.log(`\nwrote ${commandLine.json}`)
if (failed.length > 0) process.exitCode = 1
