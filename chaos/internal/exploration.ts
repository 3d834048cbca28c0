/**
 * What an explorer puts over the chaos layers that a program builds, whatever their own plans are: one
 * plan for all of them, one count of operations, and one way to heal them all. The layers find it in a
 * FiberRef, so a program under exploration is the very program that runs without.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import { globalValue } from "effect/GlobalValue"
import type { FaultPlan } from "../FaultPlan.js"
import { FaultEngine, type Operation, recordMaxDefault } from "./faultEngine.js"

export class Exploration {
  readonly engine: FaultEngine
  private readonly layers: Array<Effect.Effect<void>> = []
  private operationsUnderFaults: number | undefined

  constructor(
    readonly plan: FaultPlan,
    /** Fibers may go on in another order than they became ready. */
    private readonly isReordered: boolean
  ) {
    this.engine = new FaultEngine(plan, recordMaxDefault)
  }

  /** A layer under this exploration says how it is healed. */
  join(heal: Effect.Effect<void>): void {
    this.layers.push(heal)
  }

  /** What could have met a fault: nothing does after healing. */
  get operations(): ReadonlyArray<Operation> {
    return this.engine.operations.slice(0, this.operationsUnderFaults)
  }

  /** Whether anything was other than it is without an explorer. */
  get isDisturbed(): boolean {
    return this.isReordered || this.engine.firedCount > 0
  }

  /** Ends every fault, those of the layers' own plans included. */
  readonly heal: Effect.Effect<void> = Effect.suspend(() => {
    this.operationsUnderFaults ??= this.engine.operations.length
    this.engine.heal()
    return Effect.forEach(this.layers, (heal) => heal, { discard: true })
  })
}

/** Global, since a mutated kernel brings a second copy of this module with it. */
export const current: FiberRef.FiberRef<Exploration | undefined> = globalValue(
  Symbol.for("effect-holdfast/chaos/exploration"),
  () => FiberRef.unsafeMake<Exploration | undefined>(undefined)
)
