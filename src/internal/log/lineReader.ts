/**
 * Reads lines of an NDJSON log, by the schema of each: ours, the host's own, and text that no reader could
 * use are told apart.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { Line } from "./logLines.js"

/**
 * What one line of an NDJSON log is: a line of ours, another well-formed one (the host's own), or text
 * that no reader could use.
 *
 * @since 0.1.0
 * @category models
 */
export type Parsed =
  | { readonly _tag: "Kernel"; readonly line: Line }
  | { readonly _tag: "Other" }
  | { readonly _tag: "Malformed"; readonly problem: string }

/** One decoder per tag: a line that does not fit is told of by its own schema, not by all of them. */
const decoders: ReadonlyMap<unknown, (input: unknown) => Either.Either<Line, ParseResult.ParseError>> = new Map(
  Line.members.map((member) => [
    Option.getOrUndefined(SchemaAST.getIdentifierAnnotation(member.ast)),
    Schema.decodeUnknownEither(member as Schema.Schema<Line, unknown>)
  ])
)

/**
 * Reads one line of an NDJSON log.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (text: string): Parsed => {
  let entry: unknown
  try {
    entry = JSON.parse(text)
  } catch (error) {
    return { _tag: "Malformed", problem: `not JSON: ${String(error)}` }
  }
  const message = entry !== null && typeof entry === "object" && "message" in entry ? entry.message : undefined
  if (message === null || typeof message !== "object" || !("holdfast" in message)) return { _tag: "Other" }
  const tag = "_tag" in message ? message._tag : undefined
  const decode = decoders.get(tag)
  if (decode === undefined) return { _tag: "Malformed", problem: `no line has the tag ${JSON.stringify(tag)}` }
  return Either.match(decode(message), {
    onLeft: (error): Parsed => ({ _tag: "Malformed", problem: `${tag}: ${describeIssues(error)}` }),
    onRight: (line): Parsed => ({ _tag: "Kernel", line })
  })
}

const describeIssues = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error)
    .map(({ message, path }) => `${path.join(".")}: ${message}`)
    .join("; ")
