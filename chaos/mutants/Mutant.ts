/**
 * A kernel that is wrong in one known way, as data: one piece of text replaced in one file, with no copy
 * of the kernel kept. The suite must kill every mutant, and a guarantee that no mutant breaks is a
 * guarantee that nothing tests. Applied by `loadMutated`, which fails unless `find` occurs
 * exactly once, so that a refactoring cannot turn a mutant into the kernel itself.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Guarantee } from "../../src/RunHistory.js"

/**
 * @since 0.1.0
 * @category models
 */
export class Mutant extends Schema.Class<Mutant>("effect-holdfast/chaos/Mutant")({
  /** Unique, in kebab case. */
  name: Schema.NonEmptyString,
  /** The guarantee that it breaks. */
  guarantee: Guarantee,
  /** What is wrong with it, in a sentence. */
  defect: Schema.NonEmptyString,
  /** Relative to the repository: `src/internal/runs/verdict.ts`. */
  file: Schema.NonEmptyString,
  /** Occurs exactly once in the file. */
  find: Schema.NonEmptyString,
  /** Taken literally. */
  replace: Schema.String,
  /** The scenario that must fail with it. */
  killedBy: Schema.NonEmptyString
}) {}
