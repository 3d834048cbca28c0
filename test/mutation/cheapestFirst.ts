/**
 * The order of the test files: what is loaded and run in no time comes first, since Stryker stops at the
 * first test that fails.
 */
import { BaseSequencer, type TestSpecification } from "vitest/node"

const order: ReadonlyArray<string> = [
  "verdict",
  "workEnd",
  "sqlFailure",
  "failureCodes",
  "sqlRows",
  "activeRun",
  "backoff",
  "writeLane",
  "boundedStore",
  "statusWriter",
  "settling",
  "cancelling",
  "starting",
  "running",
  "contract"
]
const last: ReadonlyArray<string> = ["scenarios"]

const rank = ({ moduleId }: TestSpecification): number => {
  const at = (names: ReadonlyArray<string>) => names.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  if (at(last) >= 0) return order.length + 1
  return at(order) >= 0 ? at(order) : order.length
}

export class CheapestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return [...files].sort((a, b) => rank(a) - rank(b))
  }
}
