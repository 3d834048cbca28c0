/**
 * Files of one JSON object a line, which processes write for a judge.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** Throws where a line cannot be read: a process that does not say what it did proves nothing. */
export const parser = <A, I>(schema: Schema.Schema<A, I>): ((ndjson: string) => ReadonlyArray<A>) => {
  const decode = Schema.decodeUnknownSync(Schema.parseJson(schema))
  return (ndjson) =>
    ndjson
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => decode(line))
}
