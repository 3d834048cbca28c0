/**
 * Builds layers one upon the other in the scope that is there. `Layer.provide` and its kin say the same, and remember
 * every combination for whoever else may share it, which takes more steps than most layers take themselves. Simulations
 * build thousands of hosts, and nothing in them is shared.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"

/** What the layer provides, and what is below it. Closed before that is. */
export const upon =
  <Below>(below: Context.Context<Below>) =>
  <Out, E>(layer: Layer.Layer<Out, E, Below>): Effect.Effect<Context.Context<Below | Out>, E, Scope.Scope> =>
    Effect.flatMap(Effect.scope, (scope) =>
      Effect.map(Effect.provide(Layer.buildWithScope(layer, scope), below), (own) => Context.merge(below, own))
    )
