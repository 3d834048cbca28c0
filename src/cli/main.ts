#!/usr/bin/env node
/**
 * The program `holdfast`. The packages that only it needs are optional, so it says plainly which one to
 * install where one is missing.
 *
 * @since 0.1.0
 */

const missing = (error: unknown): string | undefined => {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: "" }
  if (code !== "ERR_MODULE_NOT_FOUND") return undefined
  return /Cannot find package '([^']+)'/.exec(message)?.[1]
}

try {
  const { run } = await import("./program.js")
  run(process.argv)
} catch (error) {
  const name = missing(error)
  if (name === undefined) throw error
  process.stderr.write(
    `holdfast needs the package ${name}, which is not installed. Install what the command line needs:\n` +
      "  npm install effect@3 @effect/cli @effect/platform-node @effect/printer @effect/printer-ansi log-update\n"
  )
  process.exitCode = 2
}
