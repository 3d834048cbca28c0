/**
 * A host whose runs all log at once, to standard output: long lines, line breaks, Japanese, and what
 * else a terminal would choke on. It is read through a pipe by the scenario `pipedLog`.
 *
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RunKernel from "../../../src/RunKernel.js"
import * as RunLog from "../../../src/RunLog.js"
import * as RunStore from "../../../src/RunStore.js"

const runs = 40

class ChattyError extends Data.TaggedError("ChattyError")<{ readonly message: string }> {}

const work = (index: number) =>
  Effect.gen(function* () {
    yield* Effect.log(`run ${index} begins\nwith a second line\r\nand a third`)
    yield* Effect.yieldNow()
    yield* Effect.log(`灯台守は夜ごとに灯をともす。${"光".repeat(30_000)}終`)
    yield* Effect.yieldNow()
    yield* Effect.log(`${"x".repeat(70_000)} \u0000 \u001b[31m \u2028 "quoted" \\ end`)
    if (index % 3 === 0) return yield* new ChattyError({ message: `run ${index} fails\non two lines` })
    return index
  })

const main = Effect.gen(function* () {
  const kernel = yield* RunKernel.RunKernel
  yield* Effect.forEach(
    Array.from({ length: runs }).keys(),
    (index) => Effect.flatMap(kernel.start("chatty", work(index)), (handle) => Effect.exit(handle.result)),
    { concurrency: "unbounded", discard: true }
  )
})

void Effect.runPromise(
  main.pipe(
    Effect.provide(RunKernel.layer().pipe(Layer.provide(RunStore.layerMemory))),
    Effect.provide(RunLog.layerConsole)
  )
)
