import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Clock from "effect/Clock"
import * as TestClock from "effect/TestClock"
import { RunKernel } from "../../src/RunKernel.js"
import { scenario, World, within } from "./world.js"
export default scenario({
  name: "zz", promise: "", guarantees: [],
  program: Effect.gen(function* () {
    const kernel = yield* RunKernel
    const world = yield* World
    const gate = yield* Deferred.make<void>()
    const timed = (e: Effect.Effect<any, any>, name: string) => Effect.fork(Effect.exit(e).pipe(Effect.tap((x) => Effect.map(Clock.currentTimeMillis, (t) => console.log(name, t, x._tag, JSON.stringify(x).slice(0, 300))))))
    yield* world.foreign("CREATE TRIGGER refuse BEFORE UPDATE ON holdfast_runs WHEN NEW.name = 'a' AND NEW.status = 'running' AND NEW.cancel_requested_at IS NOT NULL BEGIN SELECT RAISE(ABORT, 'not this one'); END")
    yield* world.foreign("CREATE TRIGGER refuse2 BEFORE INSERT ON holdfast_runs WHEN NEW.name = 'bad' BEGIN SELECT RAISE(ABORT, 'not this one'); END")
    const a = yield* kernel.start("a", Effect.uninterruptible(Deferred.await(gate)))
    yield* timed(a.cancel(), "a.cancel")
    yield* timed(kernel.start("bad", Effect.void, { key: "k" }), "bad start")
    yield* TestClock.adjust("12 seconds")
    yield* timed(a.settled, "a.settled")
    yield* Deferred.succeed(gate, undefined)
    yield* timed(kernel.start("bad", Effect.void, { key: "k" }), "bad start 2")
    yield* TestClock.adjust("12 seconds")
    yield* world.foreign("DROP TRIGGER refuse2")
    yield* timed(kernel.start("bad", Effect.void, { key: "k" }), "bad start 3")
    yield* TestClock.adjust("5 seconds")
    console.log(yield* world.foreign("select name, status, work_outcome from holdfast_runs"))
    console.log((yield* world.lines).map((l) => l._tag + " " + l.at + ("failure" in l ? l.failure.operation + l.failure.class : "")).join("\n"))
  })
})
