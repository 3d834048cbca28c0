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
const rank = ({ moduleId }: TestSpecification): number => {
  if (moduleId.endsWith("/mutation/scenarios.ts")) return order.length + 1
  const at = order.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
  return at < 0 ? order.length : at
}

export class CheapestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    return [...files].sort((a, b) => rank(a) - rank(b))
  }
}
