/**
 * Runs a program on a scheduler that chooses which fiber goes on, and on a clock that moves when none
 * can. Everything that is left to chance elsewhere is a choice of the policy here, recorded, and the
 * same choices give the same execution.
 *
 * A lane for each fiber keeps its own tasks in their order; the policy chooses among the lanes. The
 * event loop is let in when no fiber is ready, before time passes, so that promises that need no real
 * time take part; and what is known to be outside (`outside.ts`) is waited for.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Random from "effect/Random"
import * as Runtime from "effect/Runtime"
import type { Scheduler, Task } from "effect/Scheduler"
import type { Choice, Policy } from "./interleaving.js"
import { outside } from "./outside.js"
import { SimulatedClock } from "./simulatedClock.js"

type AnyFiber = Fiber.RuntimeFiber<unknown, unknown>

export interface SimulationOptions {
  readonly policy: Policy
  /** Of simulated time; a program that takes longer dies. */
  readonly limit: Duration.DurationInput
  /** Of the program's `Random`. */
  readonly randomSeed: number | string
  /** What the clock says at the beginning, in milliseconds since 1970. */
  readonly startMillis: number
}

/** What an execution did with its freedom. */
export interface Schedule {
  /** The choices that left the order of arrival. */
  readonly choices: ReadonlyArray<Choice>
  /** How many fibers were ready, at each point at which two or more were. */
  readonly branching: ReadonlyArray<number>
  readonly simulatedMillis: number
}

interface Lane {
  readonly number: number
  readonly tasks: Array<Task>
}

/** Whose tasks are no fiber's. */
const nobody = -1

/** Steps in one instant, after which it is held for one that never ends. */
const stepsPerInstantMax = 2_000_000

/** Inserted yields cost some operations of their own; a fiber gets at least this many between two of them. */
const operationsBetweenYields = 12

class Simulator implements Scheduler {
  readonly clock: SimulatedClock
  /** By the fiber's number, which no other fiber of the process has. */
  private readonly lanes = new Map<number, Lane>()
  private lanesSeen = 0
  private readonly ready: Array<Lane> = []
  private readonly choices: Array<Choice> = []
  private readonly branching: Array<number> = []
  private operations = 0
  private stepsInInstant = 0
  private isAwake = false
  private isDraining = false
  private isOver = false

  constructor(
    private readonly policy: Policy,
    private readonly startMillis: number,
    private limitMillis: number,
    private readonly onStuck: (why: string) => void
  ) {
    this.clock = new SimulatedClock(startMillis)
  }

  get schedule(): Schedule {
    const simulatedMillis = this.clock.unsafeCurrentTimeMillis() - this.startMillis
    return { choices: this.choices, branching: this.branching, simulatedMillis }
  }

  scheduleTask(task: Task, _priority: number, fiber?: AnyFiber): void {
    const lane = this.laneOf(fiber?.id().id ?? nobody)
    lane.tasks.push(task)
    if (lane.tasks.length === 1) this.ready.push(lane)
    this.wake()
  }

  shouldYield(fiber: AnyFiber): number | false {
    if (this.policy.preempt === undefined) return fiber.currentOpCount > 2048 ? 0 : false
    const operation = this.operations++
    if (fiber.currentOpCount <= operationsBetweenYields || !this.policy.preempt(operation)) return false
    this.choices.push({ preempt: operation })
    return 0
  }

  /** More time than the limit, for what a program that is being stopped still has to do. */
  extend(millis: number): void {
    this.limitMillis = this.clock.unsafeCurrentTimeMillis() - this.startMillis + millis
    this.stepsInInstant = 0
    this.wake()
  }

  end(): void {
    this.isOver = true
    this.ready.length = 0
  }

  private laneOf(owner: number): Lane {
    const known = this.lanes.get(owner)
    if (known !== undefined) return known
    const lane: Lane = { number: this.lanesSeen++, tasks: [] }
    this.lanes.set(owner, lane)
    return lane
  }

  private readonly wake = (): void => {
    if (this.isAwake || this.isDraining || this.isOver) return
    this.isAwake = true
    setImmediate(() => {
      this.isAwake = false
      this.turn()
    })
  }

  /** All that can be done without time passing; then time passes, if nothing from outside comes first. */
  private turn(): void {
    if (this.isOver) return
    if (this.ready.length > 0) this.drain()
    else if (!outside.isEmpty) {
      outside.whenEmpty(this.wake)
      return
    } else if (this.clock.advance(this.startMillis + this.limitMillis)) this.stepsInInstant = 0
    else if (!this.isOver) {
      this.onStuck(`nothing can go on within ${Duration.format(Duration.millis(this.limitMillis))} of simulated time`)
      return
    }
    this.wake()
  }

  private drain(): void {
    this.isDraining = true
    for (let lane = this.next(); lane !== undefined; lane = this.next()) {
      const task = lane.tasks[0]
      task?.()
      lane.tasks.shift()
      if (lane.tasks.length > 0) this.ready.push(lane)
      if (++this.stepsInInstant > stepsPerInstantMax) {
        this.onStuck(`more than ${stepsPerInstantMax} steps in one instant`)
        break
      }
    }
    this.isDraining = false
  }

  private next(): Lane | undefined {
    if (this.ready.length <= 1) return this.ready.pop()
    const at = this.branching.length
    this.branching.push(this.ready.length)
    const take = this.policy.take(
      this.ready.map(({ number }) => number),
      at
    )
    if (take !== 0) this.choices.push({ at, take })
    return this.ready.splice(take, 1)[0]
  }
}

/** The time that a program which was stuck has to release what it holds, in milliseconds. */
const releaseMillis = 3_600_000

/** Runs a program to its end in simulation, and tells what it did and how it was scheduled. */
export const simulated = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  options: SimulationOptions
): Effect.Effect<readonly [Exit.Exit<A, E>, Schedule], never, R> =>
  Effect.flatMap(Effect.runtime<R>(), (runtime) =>
    Effect.async((resume) => {
      let stuck: string | undefined
      let released = () => {}
      const simulator = new Simulator(options.policy, options.startMillis, Duration.toMillis(options.limit), (why) => {
        if (stuck !== undefined) return finish(Exit.interrupt(FiberId.none))
        stuck = why
        simulator.extend(releaseMillis)
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
      const finish = (exit: Exit.Exit<A, E>) => {
        simulator.end()
        const end = stuck === undefined ? exit : Exit.die(new Error(`the program does not come to its end: ${stuck}`))
        resume(Effect.succeed([end, simulator.schedule] as const))
        released()
      }
      const program = self.pipe(Effect.withRandom(Random.make(options.randomSeed)), Effect.withClock(simulator.clock))
      const fiber = Runtime.runFork(runtime)(program, { scheduler: simulator, immediate: false })
      fiber.addObserver(finish)
      return Effect.async<void>((done) => {
        released = () => done(Effect.void)
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
    })
  )
