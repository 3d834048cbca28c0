/**
 * Whether a recorded history kept what Holdfast guarantees: one pure checker for each of G1 to G12. They
 * judge from outside, by what was asked, answered, told, stored and logged, and by what the work itself
 * did; none of them asks the kernel why.
 *
 * @since 0.1.0
 */
import type { History } from "./History.js"
import { atomicStart } from "./internal/invariants/atomicStart.js"
import { cancelPrecedence } from "./internal/invariants/cancelPrecedence.js"
import { evidence } from "./internal/invariants/evidence.js"
import { fidelity } from "./internal/invariants/fidelity.js"
import { finality } from "./internal/invariants/finality.js"
import type { Checker, Violation } from "./internal/invariants/finding.js"
import { fourAnswers } from "./internal/invariants/fourAnswers.js"
import { hostLoss } from "./internal/invariants/hostLoss.js"
import { interruptions } from "./internal/invariants/interruptions.js"
import { liveness } from "./internal/invariants/liveness.js"
import { nothingLost } from "./internal/invariants/nothingLost.js"
import { renderViolation } from "./internal/invariants/rendering.js"
import { singleActive } from "./internal/invariants/singleActive.js"
import { storyOf } from "./internal/invariants/story.js"
import { truthfulSignal } from "./internal/invariants/truthfulSignal.js"

export type {
  /**
   * A guarantee that a history does not keep.
   *
   * @since 0.1.0
   * @category models
   */
  Violation
} from "./internal/invariants/finding.js"

const checkers: ReadonlyArray<Checker> = [
  fidelity,
  cancelPrecedence,
  finality,
  truthfulSignal,
  liveness,
  nothingLost,
  atomicStart,
  singleActive,
  hostLoss,
  fourAnswers,
  evidence,
  interruptions
]

/**
 * The guarantees that the history does not keep; empty when all hold. Calls without an answer are unknown:
 * either outcome is right for them, but only one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const check = (history: History): ReadonlyArray<Violation> => {
  const story = storyOf(history)
  return checkers.flatMap((checker) => checker(story))
}

/**
 * A violation as text: the guarantee and the run, what was expected and what was seen, and the steps that
 * led there, one to a line.
 *
 * @since 0.1.0
 * @category combinators
 */
export const render = (violation: Violation): string => renderViolation(violation)
