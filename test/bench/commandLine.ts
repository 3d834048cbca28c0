/**
 * The arguments of `npm run bench` and `npm run bench:peers`: names of what to measure, none for all of it;
 * `--quick`; and where the JSON goes.
 *
 * @since 0.1.0
 */
import { parseArgs } from "node:util"
import type { Size } from "./part.js"

export interface CommandLine {
  readonly names: ReadonlyArray<string>
  readonly size: Size
  readonly json: string
}

/** What is not understood is an error that names what would be. */
export const parse = (args: ReadonlyArray<string>, known: ReadonlyArray<string>, json: string): CommandLine => {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: "boolean", default: false }, json: { type: "string", default: json } }
  })
  const unknown = positionals.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    throw new Error(
      `Nothing here is called ${unknown.join(", ")}. Expected none, for all, or some of: ${known.join(", ")}.`
    )
  }
  return {
    names: positionals.length === 0 ? known : positionals,
    size: values.quick ? "quick" : "full",
    json: values.json
  }
}
