/**
 * The log that an argument names: a file, or standard input, which is kept in a file for as long as the
 * command runs.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Log } from "./logReader.js"
import { standardInput } from "./standardInput.js"
import { Unusable } from "./unusable.js"

/** Standard input may have to be read twice, so it is kept in a file meanwhile. */
export const logOf = (name: string): Effect.Effect<Log, Unusable, FileSystem.FileSystem | Scope.Scope> =>
  Effect.gen(function* () {
    const files = yield* FileSystem.FileSystem
    if (name !== standardInput) {
      if (name.startsWith("-"))
        return yield* new Unusable({ problem: `There is no option "${name}" here; --help lists them.` })
      const info = yield* files.stat(name)
      if (info.type === "Directory")
        return yield* new Unusable({ problem: `"${name}" is a directory. Name the NDJSON files in it.` })
      return { name, path: name }
    }
    const path = yield* files.makeTempFileScoped({ prefix: "holdfast-" })
    yield* Stream.run(NodeStream.stdin, files.sink(path))
    return { name, path }
  }).pipe(
    Effect.catchTags({
      BadArgument: (error) => new Unusable({ problem: `The log "${name}" cannot be read: ${error.message}` }),
      SystemError: (error) =>
        new Unusable({
          problem:
            error.reason === "NotFound"
              ? `There is no log "${name}". Name the NDJSON file that the host writes, or - for standard input.`
              : `The log "${name}" cannot be read: ${error.message}`
        })
    })
  )
