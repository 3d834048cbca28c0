/**
 * Runs an effect in a fiber of its own that begins at once. What needs no waiting is done before anybody
 * has to be set beside it: a statement on SQLite blocks its thread and cannot be outrun, and a race
 * against the clock would cost more than the statement.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type { Scheduler, Task } from "effect/Scheduler"
import { isEffects } from "./scheduling.js"

/**
 * The effect's own exit where it is done at once; otherwise what `meanwhile` makes of the rest of it. The fiber ends
 * with whoever waits for it.
 *
 * @internal
 */
export const atOnce = <A, E, B, E2>(
  effect: Effect.Effect<A, E>,
  meanwhile: (rest: Effect.Effect<A, E>) => Effect.Effect<B, E2>
): Effect.Effect<A | B, E | E2> =>
  Effect.withFiberRuntime<A | B, E | E2>((parent) => {
    const runtime = Runtime.make({
      context: parent.currentContext,
      runtimeFlags: Runtime.defaultRuntimeFlags,
      fiberRefs: parent.getFiberRefs()
    })
    const scheduler = new Eager(parent.currentScheduler)
    const fiber = Runtime.runFork(runtime, effect, { scheduler })
    scheduler.goOn()
    const exit = fiber.unsafePoll()
    if (exit !== null) return exit
    const interrupted = () => Fiber.interrupt(fiber)
    // Not joined: that would hand the fiber's scheduler on to whoever waits, and the next statement would be put on top.
    const rest = Effect.onInterrupt(Effect.flatten(Fiber.await(fiber)), interrupted)
    return Effect.onInterrupt(meanwhile(rest), interrupted)
  })

/** Turns that a statement may take at once. A free semaphore takes one, and each client of SQL has two of them. */
const turnsMax = 32

/**
 * Goes on at once for as long as there is something to do, and from then on as the scheduler does that it stands for.
 * Under one of somebody else's, which decides by itself who goes on, it never does.
 */
class Eager implements Scheduler {
  private tasks: Array<Task> = []
  private isEager: boolean

  constructor(private readonly scheduler: Scheduler) {
    this.isEager = isEffects(scheduler) || scheduler instanceof Eager
  }

  shouldYield: Scheduler["shouldYield"] = (fiber) => this.scheduler.shouldYield(fiber)

  scheduleTask: Scheduler["scheduleTask"] = (task, priority, fiber) => {
    if (this.isEager && this.tasks.length < turnsMax) this.tasks.push(task)
    else this.scheduler.scheduleTask(task, priority, fiber)
  }

  goOn(): void {
    for (let turn = 0; turn < this.tasks.length; turn++) this.tasks[turn]?.()
    this.isEager = false
    this.tasks = []
  }
}
