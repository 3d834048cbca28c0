/**
 * Adds up what an exploration did while it goes on, and makes a report of it.
 *
 * @since 0.1.0
 */
import type { Fault, FaultPlan, Phase } from "../FaultPlan.js"
import { type Finding, Report } from "../Report.js"
import type { Execution } from "../Scenario.js"
import { branchesOf } from "./branches.js"

/** More gaps of one kind say nothing new. */
const gapsMax = 20

export class Tally {
  executions = 0
  failed = 0
  readonly findings: Array<Finding> = []
  private simulatedMillis = 0
  private gapCount = 0
  private readonly gaps: Array<string> = []
  private readonly fired = new Map<string, { label: string; fault: Fault; phase: Phase; times: number }>()
  private readonly branches = new Set<string>()

  constructor(
    private readonly explorer: Report["explorer"],
    private readonly scenario: string
  ) {}

  add(execution: Execution): void {
    this.executions++
    this.simulatedMillis += execution.simulatedMillis
    if (execution.failure !== undefined) this.failed++
    for (const { fault, label, phase } of execution.fired) {
      const key = `${label}|${fault}|${phase}`
      const entry = this.fired.get(key)
      if (entry === undefined) this.fired.set(key, { label, fault, phase, times: 1 })
      else entry.times++
    }
    // To read a log costs as much as a small execution: only those who claim to be complete have to show it.
    if (this.explorer !== "sweep") return
    for (const branch of branchesOf(execution.log())) this.branches.add(branch)
  }

  gap(what: string): void {
    if (++this.gapCount <= gapsMax) this.gaps.push(what)
  }

  /** A plan whose rules did not all fire proved nothing. */
  expectFired(plan: FaultPlan, { unfired }: Execution): void {
    if (unfired.length > 0) {
      this.gap(`a fault never fired: ${JSON.stringify(unfired)}, under the plan ${JSON.stringify(plan.rules)}`)
    }
  }

  report(others: { readonly millis: number; readonly seed?: number; readonly possible?: number }): Report {
    const more = this.gapCount - this.gaps.length
    return new Report({
      explorer: this.explorer,
      scenario: this.scenario,
      ...others,
      executions: this.executions,
      failed: this.failed,
      simulatedMillis: this.simulatedMillis,
      fired: [...this.fired.values()],
      ...(this.explorer === "sweep" ? { branches: [...this.branches].sort() } : {}),
      gaps: more > 0 ? [...this.gaps, `and ${more} more`] : this.gaps,
      findings: this.findings
    })
  }
}
