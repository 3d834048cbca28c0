/**
 * What a command was given and cannot use: one sentence that says what was expected, what was found and
 * what to do. The command line prints it and exits with 2.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

export class Unusable extends Schema.TaggedError<Unusable>("effect-holdfast/cli/Unusable")("Unusable", {
  problem: Schema.String
}) {
  override get message(): string {
    return this.problem
  }
}
