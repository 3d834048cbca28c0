/**
 * The page docs/performance.md: its text is written by hand, its tables are made of docs/performance.json,
 * between markers that name the parts of each. So no figure on it can be typed.
 *
 * @since 0.1.0
 */
import type { Entry } from "./entry.js"
import type { Report } from "./report.js"
import { tableOf } from "./table.js"

export const file = "docs/performance.md"
export const figuresFile = "docs/performance.json"

/** The figures that the page is made of; a table without its report says so. */
export interface Figures {
  readonly bench: Report | null
  readonly peers: Report | null
}

const marked = /<!-- bench: ([^>]+?) -->\n[\s\S]*?<!-- \/bench -->/g

/** The page with its tables made anew. A marker names parts, or `machine`. */
export const render = (page: string, figures: Figures): string =>
  page.replaceAll(marked, (_, names: string) => {
    const parts = names.split(", ")
    const content = parts.includes("machine") ? machineText(figures) : tablesOf(parts, figures)
    return `<!-- bench: ${names} -->\n\n${content}\n\n<!-- /bench -->`
  })

const tablesOf = (parts: ReadonlyArray<string>, { bench, peers }: Figures): string => {
  const all: ReadonlyArray<Entry> = [...(bench?.entries ?? []), ...(peers?.entries ?? [])]
  const entries = all.filter((entry) => parts.includes(entry.part))
  return entries.length === 0 ? `Not measured yet: ${parts.join(", ")}.` : tableOf(entries)
}

const machineText = ({ bench, peers }: Figures): string =>
  [...lineOf("npm run bench", bench), ...lineOf("npm run bench:peers", peers)].join("\n")

const lineOf = (command: string, report: Report | null): ReadonlyArray<string> => {
  if (report === null) return [`- \`${command}\`: not measured yet.`]
  const { cores, cpu, memoryGiB, node } = report.machine
  const missed = report.entries.filter((entry) => entry.met === false).length
  const targets = report.entries.filter((entry) => entry.met !== null).length
  return [
    `- \`${command}\`, ${report.at.slice(0, 10)}: ${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node.slice(1)}; ` +
      `${targets - missed} of ${targets} targets met.`,
    ...report.failed.map(({ message, part }) => `  - ${part}: ${message}`)
  ]
}
