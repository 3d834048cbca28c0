/**
 * What a crash exploration has done and found so far, and the report of it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FaultPlan from "../FaultPlan.js"
import { type Finding, Report } from "../Report.js"
import { judge } from "./judge.js"
import type { ScriptName } from "./lifeInput.js"
import * as Lives from "./lives.js"
import type { Told } from "./told.js"

/** Where a life is killed: at its n-th operation, from 1, and what that is where it is known. */
export interface Crash {
  readonly operation: number
  readonly phase: FaultPlan.Phase
  readonly label: string | undefined
}

/** How far an exploration has come. */
export interface Progress {
  readonly executions: number
  /** It grows when the recoveries are known. */
  readonly planned: number
  /** The processes that died by SIGKILL. */
  readonly kills: number
  readonly findings: number
}

export interface TallyOptions {
  /** What the host does. Defaults to `"ordinary"`. */
  readonly script?: ScriptName | undefined
  readonly seed?: number | undefined
  readonly findingsMax?: number | undefined
  /** Told after each execution. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** The names that plans and reports have for what the host does. */
export const scenarios: Readonly<Record<ScriptName, string>> = { ordinary: "crash", outage: "crashInOutage" }

/** Of a log that a finding shows. */
const linesMax = 500

export class Tally {
  private executions = 0
  private failed = 0
  private kills = 0
  private simulatedMillis = 0
  private readonly fired = new Map<string, (typeof Report.Type)["fired"][number]>()
  private readonly gaps: Array<string> = []
  private readonly findings: Array<Finding> = []
  private readonly scenario: string
  /** At least the one that nothing happens to. */
  planned = 1
  possible: number | undefined

  constructor(
    private readonly explorer: "crash" | "replay",
    private readonly options: TallyOptions
  ) {
    this.scenario = scenarios[options.script ?? "ordinary"]
  }

  /** Whether there is nothing to be gained from looking on. */
  get isDone(): boolean {
    return this.findings.length >= (this.options.findingsMax ?? 10)
  }

  gap(what: string): void {
    this.gaps.push(what)
  }

  /** A life that was to be killed has ended. One that lives on makes the exploration worth nothing. */
  ended({ lives }: Lives.Stage, { label, operation, phase }: Crash): void {
    const end = lives.at(-1)?.end
    if (end !== "killed") {
      const how = typeof end === "object" ? end.why : "it came to its end"
      this.gap(`life ${lives.length} was not killed ${phase} its operation ${operation} (${label}): ${how}`)
      return
    }
    this.kills += 1
    const name = label ?? `operation ${operation}`
    const key = `${name} ${phase}`
    const times = (this.fired.get(key)?.times ?? 0) + 1
    this.fired.set(key, { label: name, fault: "crash", phase, times })
  }

  /** The last life has ended, and what all of them left is judged. True where it is as it should be. */
  readonly judged = (stage: Lives.Stage): Effect.Effect<boolean> =>
    Effect.map(Lives.evidenceOf(stage), (evidence) => {
      const problems = judge(evidence)
      this.executions += 1
      for (const told of evidence.told) if (told._tag === "Closed") this.simulatedMillis += told.millis
      if (problems.length > 0) this.found(evidence, problems.join("\n"))
      const { executions, kills, planned } = this
      this.options.onProgress?.({ executions, planned, kills, findings: this.findings.length })
      return problems.length === 0
    })

  report(millis: number): Report {
    const { executions, failed, findings, gaps, possible, simulatedMillis } = this
    const fired = [...this.fired.values()]
    return new Report({
      explorer: this.explorer,
      scenario: this.scenario,
      ...(this.options.seed === undefined ? {} : { seed: this.options.seed }),
      ...(possible === undefined ? {} : { possible }),
      ...{ executions, failed, millis, simulatedMillis, fired, gaps, findings }
    })
  }

  /** Without a crash it says nothing about crashes, only that the exploration is worth nothing. */
  private found(evidence: Lives.Evidence, failure: string): void {
    const [first, ...others] = evidence.lives
    const laterLives = others.slice(0, -1).map(({ rules }) => rules)
    if ([first?.rules ?? [], ...laterLives].every((rules) => rules.length === 0)) {
      this.gap(`without a crash it does not hold: ${failure}`)
      return
    }
    this.failed += 1
    if (this.isDone) return
    const { seed } = this.options
    const plan = new FaultPlan.FaultPlan({
      scenario: this.scenario,
      rules: first?.rules ?? [],
      input: { laterLives, ...(seed === undefined ? {} : { seed }) }
    })
    const log = [...evidence.log.split("\n").filter((line) => line !== ""), ...evidence.told.map(lineOf)]
    // A pair of which the first alone would do was found as that one already: there is nothing to shrink.
    const shrinking = { executions: 0, millis: 0 }
    this.findings.push({ plan, failure, found: plan, shrinking, log: log.slice(-linesMax) })
  }
}

const lineOf = (told: Told): string => JSON.stringify({ told })
