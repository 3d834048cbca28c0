/**
 * The log of an execution, as text that is the same whenever the execution is: fibers are numbered by
 * their first line, since Effect's own numbers go on from one execution to the next. A line is made into
 * text only when somebody asks for it.
 *
 * @since 0.1.0
 */
import * as FiberId from "effect/FiberId"
import * as Logger from "effect/Logger"

export class TraceLog {
  private readonly entries: Array<Logger.Logger.Options<unknown>> = []

  constructor(private readonly max: number) {}

  readonly logger: Logger.Logger<unknown, void> = Logger.make((options) => {
    if (this.entries.length < this.max) this.entries.push(options)
  })

  /** One JSON object each. */
  get lines(): ReadonlyArray<string> {
    const numbers = new Map<string, number>()
    const numberOf = (id: string) => {
      const known = numbers.get(id) ?? numbers.size + 1
      numbers.set(id, known)
      return known
    }
    return this.entries.map((options) => {
      const entry = Logger.structuredLogger.log(options)
      const fiberId = `#${numberOf(FiberId.threadName(options.fiberId))}`
      return `{"message":${textOf(entry.message)},${JSON.stringify({ ...entry, message: undefined, fiberId }).slice(1)}`
    })
  }
}

// As Effect's own JSON logger writes it, whatever is in it.
const textOf = (message: unknown): string => {
  try {
    return JSON.stringify(message) ?? "null"
  } catch {
    return JSON.stringify(String(message))
  }
}
