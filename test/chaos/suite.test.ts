/**
 * The chaos suite as `npm run chaos` runs it, in processes of its own: a fault of each class at every
 * operation of every scenario, and fixed slices of what has no end. What a command prints is printed, so
 * that the counts can be read.
 */
import { execFile } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Coverage from "../../chaos/Coverage.js"
import * as Catalogue from "../../chaos/cli/catalogue.js"
import * as Outcome from "../../chaos/cli/outcome.js"
import { Explorer, FaultPlan, Report } from "../../chaos/index.js"
import { payments } from "./payments.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly reports: ReadonlyArray<Report.Report>
}

const Reports = Schema.decodeSync(Schema.parseJson(Schema.Array(Report.Report)))

const node = (args: ReadonlyArray<string>): Effect.Effect<readonly [code: number | null, output: string]> =>
  Effect.async((resume) => {
    const child = execFile(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (_, stdout, stderr) =>
      resume(Effect.succeed([child.exitCode, stdout + stderr] as const))
    )
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-suite-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

/** What `npm run chaos` gives to Node, its memory settings included: they are a fifth of the time. */
const command: ReadonlyArray<string> = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  .scripts.chaos.split(" ")
  .slice(1)

const chaos = (...args: ReadonlyArray<string>): Effect.Effect<Ended> =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const json = join(folder, "reports.json")
    const out = join(folder, "findings")
    const [code, output] = yield* node([...command, ...args, "--json", json, "--out", out])
    const reports = existsSync(json) ? Reports(readFileSync(json, "utf8")) : []
    return { code, output, reports }
  }).pipe(Effect.scoped)

const expectClean = ({ code, output, reports }: Ended) => {
  assert.deepStrictEqual(
    reports.filter((report) => !report.isClean).map((report) => report.scenario),
    [],
    output
  )
  assert.strictEqual(code, 0, output)
}

const executionsOf = (reports: ReadonlyArray<Report.Report>) =>
  reports.reduce((sum, { executions }) => sum + executions, 0)

/**
 * A lock that passes, an answer that is unknown (in each phase), a statement that lands late, and damage. All kinds of
 * faults take a quarter of an hour: `npm run chaos -- sweep`.
 */
const classes: ReadonlyArray<FaultPlan.Fault> = ["busy", "ioError", "lateApply", "corrupt"]

/** What those four can reach, of what the whole sweep must: every statement, and all branches but those of other classes. */
const reachable: Coverage.Required = {
  labels: Coverage.required.labels,
  exceptions: [
    ...Coverage.required.exceptions,
    {
      label: "*",
      faults: FaultPlan.faults.filter((fault) => !classes.includes(fault)),
      reason: "They are not swept here."
    }
  ],
  branches: Coverage.required.branches.filter(
    (branch) => !/^write failed: \w+, (wholeTransaction|slow|permanent|connection)$/.test(branch)
  )
}

beforeAll(() => Effect.runPromise(node(["node_modules/typescript/bin/tsc", "-b", "chaos"])), 120_000)

describe("the suite", () => {
  it.live(
    "has a fault of each class at every operation of every scenario, and none of them breaks a promise",
    () =>
      Effect.gen(function* () {
        const sweep = ["sweep", "--once", ...classes.flatMap((fault) => ["--fault", fault])]
        const halves = yield* Effect.all([chaos(...sweep, "--slice", "1/2"), chaos(...sweep, "--slice", "2/2")], {
          concurrency: 2
        })
        for (const half of halves) expectClean(half)
        const reports = halves.flatMap((half) => half.reports)
        assert.sameMembers(
          reports.map(({ scenario }) => scenario),
          Catalogue.swept.map(({ name }) => name)
        )
        for (const { executions, possible, scenario } of reports) assert.strictEqual(executions, possible, scenario)
        assert.deepStrictEqual(Coverage.gapsOf(reports, reachable), [])
        console.info(`single faults: ${executionsOf(reports)} plans over ${reports.length} scenarios, 0 broken`)
      }),
    // Five minutes, on a machine that does nothing else; it is no test of that.
    1_200_000
  )

  it.live(
    "has a slice of the pairs, of the random executions, each twice, and of the orders of fibers",
    () =>
      Effect.gen(function* () {
        const slices = yield* Effect.all(
          [
            chaos("pairs", "--one-of", "100"),
            chaos("random", "--twice", "--scenario", "livesInMemory", "--seed", "1", "--executions", "400"),
            chaos("random", "--scenario", "livesOnSqlite", "--seed", "1", "--executions", "100"),
            chaos("interleave", "--seed", "1", "--executions", "5"),
            chaos("interleave", "--mode", "complete", "--passes", "1", "--scenario", "cancelAtOnce")
          ],
          { concurrency: 2 }
        )
        for (const slice of slices) expectClean(slice)
        for (const { reports } of slices) console.info(reports.map(Report.summary).join("\n"))
      }),
    600_000
  )
})

describe("the command line", () => {
  it.live("refuses what makes no sense, says what would, and exits with 2", () =>
    Effect.gen(function* () {
      for (const [args, says] of [
        [["pairs", "--scenario", "nope"], 'There is no scenario "nope". There are: transientCompletion'],
        [["random", "--budget", "soon"], 'expected a duration such as "10 minutes"'],
        [["sweep", "--slice", "3/2"], 'expected a part such as 1/2, found "3/2"'],
        [["sweep", "--fault", "rain"], "Expected one of the following cases: busy"],
        [["replay", "{}"], "This is not a fault plan."],
        [["replay", "/no/such/plan.json"], "Expected a plan as JSON, or a file that holds one"],
        [["replay", '{"scenario":"nope","rules":[]}'], 'There is no scenario "nope"'],
        [["dance"], "Invalid subcommand"]
      ] as const) {
        const { code, output } = yield* chaos(...args)
        assert.strictEqual(code, 2, output)
        assert.include(output, says)
        assert.notInclude(output, "    at ", "no stack trace reaches a user")
      }
    })
  )

  it.live("exits with 1 where something is found, and leaves the reports", () =>
    Effect.gen(function* () {
      const never = FaultPlan.fromRules(FaultPlan.rule({ label: "settle", attempt: 1_000 }, "busy"))
      const plan = new FaultPlan.FaultPlan({ ...never, scenario: "cancelAtOnce" })
      const { code, output, reports } = yield* chaos("replay", yield* Schema.encode(FaultPlan.FromJson)(plan))
      assert.strictEqual(code, 1, output)
      assert.match(reports[0]?.gaps.join() ?? "", /a fault never fired/)
    })
  )

  it.scoped("leaves the plan, the log and a page of what was found, and the plan can be read again", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const report = yield* Effect.flip(Explorer.random(payments({ isChecked: "inCode" }, 60), { findingMax: 1 }))
      const [finding] = report.report.findings
      const json = join(folder, "all.json")
      const isClean = yield* Outcome.leave([report.report], { json, folder: join(folder, "found") }).pipe(
        Effect.provide(NodeContext.layer)
      )
      assert.isFalse(isClean)
      const read = (name: string) => readFileSync(join(folder, "found", name), "utf8")
      assert.deepStrictEqual(
        yield* Schema.decode(FaultPlan.FromJson)(read("random-payments-1.plan.json")),
        finding?.plan
      )
      assert.strictEqual(read("random-payments-1.log.ndjson"), finding?.log.map((line) => `${line}\n`).join(""))
      assert.include(read("random-payments-1.html"), "<h1>random payments 1</h1>")
      assert.deepStrictEqual(Reports(readFileSync(json, "utf8")), [report.report])
    })
  )
})
