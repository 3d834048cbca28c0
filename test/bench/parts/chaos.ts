/**
 * What the chaos layer costs while its plan is empty: a host may leave it in.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import { type Entry, entryOf } from "../entry.js"
import { counted, type Part, roundsOf, type Setting } from "../part.js"
import { measure } from "../rounds.js"
import { rateOf } from "../stopwatch.js"
import * as Kernel from "../subjects/kernel.js"
import * as UnderChaos from "../subjects/underChaos.js"

const name = "chaos"

const measureAll = async ({ directory, size }: Setting): Promise<ReadonlyArray<Entry>> => {
  const kernels = [
    ["no chaos layer", await Kernel.onSqlite(join(directory, "plain.db"))],
    ["an empty plan at the connector", await UnderChaos.open(join(directory, "connector.db"), "connector")],
    ["an empty plan at the store", await UnderChaos.open(join(directory, "store.db"), "store")]
  ] as const
  const entries: Array<Entry> = []
  for (const level of size === "full" ? [1_000, 1] : [20]) {
    const [plain, ...layered] = await measure(
      kernels.map(([subject, kernel]) => ({
        name: subject,
        sample: () =>
          rateOf(size === "full" ? 500 : 50, (isOver) => kernel.runPromise(Kernel.completeUntil(level, isOver)))
      })),
      roundsOf(size)
    )
    for (const subject of layered)
      entries.push(entryOf(name, "runs/s", subject, plain, `${subject.name}, ${counted(level)} at a time`))
  }
  for (const [, kernel] of kernels) await kernel.close()
  return entries
}

export const chaos: Part = { name, about: "runs under a chaos layer whose plan is empty", measure: measureAll }
