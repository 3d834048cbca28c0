/**
 * What the lives of a host do, by name: on both sides of the process.
 *
 * @since 0.1.0
 */
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as RunKernel from "../../src/RunKernel.js"
import type * as Chaos from "../Chaos.js"
import type { Tell } from "./told.js"

export interface Script {
  /** The whole of a life, from 1, on the kernel that it is given. All of it is told before anything follows from it. */
  readonly lifeOf: (
    life: number,
    tell: Tell
  ) => Effect.Effect<void, unknown, RunKernel.RunKernel | Chaos.Chaos | Scope.Scope>
  /** The names and keys that the last life must have been able to start. */
  readonly keys: ReadonlyArray<readonly [name: string, key: string]>
  /** The names whose starts stay in doubt: they may fail. */
  readonly inDoubt: ReadonlyArray<string>
}
