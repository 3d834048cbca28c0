/**
 * The log as evidence: the schema of every line that the kernel writes, and the loggers that keep
 * them. A line is the message of an ordinary Effect log entry, so any logger of the host carries it;
 * `layerFile` and `layerConsole` write one JSON object per line. `RunHistory` rebuilds what happened
 * from these lines alone, and checks it.
 *
 * @since 0.1.0
 */

import { closeSync, openSync } from "node:fs"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { appendTo, ndjson } from "./internal/log/lineLogger.js"

// -- schemas ------------------------------------------------------------------------------------------

export { Failure, Line } from "./internal/log/logLines.js"

// -- reading ------------------------------------------------------------------------------------------

export { type Parsed, parse } from "./internal/log/lineReader.js"

// -- layers -------------------------------------------------------------------------------------------

/**
 * Adds a logger that appends one JSON object per line to a file, at once: a process that is killed
 * loses no line that it wrote. The file is opened with the layer; one that cannot be opened is a
 * defect of the configuration and dies with the system's message.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFile = (path: string): Layer.Layer<never> =>
  Logger.addScoped(
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() => openSync(path, "a")),
        (descriptor) => Effect.sync(() => closeSync(descriptor))
      ),
      (descriptor) => ndjson(appendTo(descriptor, path))
    )
  )

/**
 * Replaces the default logger by one that writes one JSON object per line to standard output, each in one
 * call: lines of concurrent runs do not cut into each other, however long they are.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConsole: Layer.Layer<never> = Logger.replace(
  Logger.defaultLogger,
  ndjson((text) => process.stdout.write(text))
)
