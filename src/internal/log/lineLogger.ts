/**
 * Loggers that write one JSON object per line, each line whole and at once.
 *
 * @since 0.1.0
 */
import { writeSync } from "node:fs"
import * as Logger from "effect/Logger"

/** @internal */
export const ndjson = (write: (text: string) => void): Logger.Logger<unknown, void> =>
  Logger.map(Logger.jsonLogger, (text) => write(`${text}\n`))

/**
 * Appends whole lines to an open file. A log that cannot be written must not harm what it speaks of: the
 * first failure is told on standard error, and the runs go on.
 */
export const appendTo = (descriptor: number, path: string) => {
  let told = false
  return (text: string): void => {
    const bytes = Buffer.from(text, "utf8")
    try {
      for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset)
    } catch (error) {
      if (told) return
      told = true
      process.stderr.write(`effect-holdfast: the log ${path} is incomplete from here on: ${String(error)}\n`)
    }
  }
}
