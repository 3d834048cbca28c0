/**
 * How a checker says what it found: the guarantee, the run, what was to be expected, what was seen, and
 * the steps that led there, which are all that the history has of the run until then.
 *
 * @since 0.1.0
 */
import type { Guarantee } from "../../../src/RunHistory.js"
import type { RunId } from "../../../src/RunId.js"
import type { Entry } from "../../History.js"
import type { Story } from "./story.js"

/**
 * A guarantee that a history does not keep.
 *
 * @since 0.1.0
 * @category models
 */
export interface Violation {
  readonly guarantee: Guarantee
  /** Undefined where it is not about one run. */
  readonly runId: RunId | undefined
  readonly expected: string
  readonly seen: string
  /** In their order; the last one is where it shows. */
  readonly steps: ReadonlyArray<Entry>
}

/** A guarantee, judged over a whole story. */
export type Checker = (story: Story) => ReadonlyArray<Violation>

/** The findings of one checker, as it goes. */
export class Findings {
  readonly violations: Array<Violation> = []

  constructor(
    private readonly guarantee: Guarantee,
    private readonly story: Story
  ) {}

  /** `shows` are the entries that contradict the guarantee; the steps end with the last of them. */
  add(
    runId: RunId | undefined,
    expected: string,
    seen: string,
    shows: ReadonlyArray<Entry | undefined>,
    others: ReadonlyArray<RunId> = []
  ): void {
    const given = shows.filter((entry) => entry !== undefined)
    const last = given.reduce((latest, { sequence }) => Math.max(latest, sequence), -1)
    const about = new Set<RunId>(runId === undefined ? others : [runId, ...others])
    const steps = this.story.history.entries.filter(
      (entry) => entry.sequence <= last && (given.includes(entry) || concerns(this.story, entry, about))
    )
    this.violations.push({ guarantee: this.guarantee, runId, expected, seen, steps })
  }
}

const concerns = (story: Story, entry: Entry, about: ReadonlySet<RunId>): boolean => {
  switch (entry._tag) {
    case "Called":
      return isAbout(story, entry.call, about)
    case "Answered":
    case "Told":
      return isAbout(story, entry.call, about)
    case "WorkBegan":
    case "WorkEnded":
    case "RowDeleted":
      return about.has(entry.runId)
    case "RowChanged":
      return about.has(entry.row.id)
    case "Logged": {
      const { line } = entry
      if ("runId" in line && line.runId !== undefined) return about.has(line.runId)
      return line._tag === "WriteFailed" && line.runIds.some((runId) => about.has(runId))
    }
    case "Marked":
      return true
  }
}

const isAbout = (story: Story, number: number, about: ReadonlySet<RunId>): boolean => {
  const call = story.calls.find(({ call }) => call === number)
  if (call === undefined) return false
  if ("runId" in call.operation) return about.has(call.operation.runId)
  for (const runId of about) if (story.runs.get(runId)?.start === call) return true
  return false
}
