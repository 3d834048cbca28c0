/**
 * The name by which the commands know standard input. `@effect/cli` takes a single dash for the end of
 * the options, so it is replaced before.
 *
 * @since 0.1.0
 */

export const standardInput = "<standard input>"

export const nameStandardInput = (args: ReadonlyArray<string>): ReadonlyArray<string> =>
  args.map((arg) => (arg === "-" ? standardInput : arg))
