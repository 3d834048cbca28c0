/**
 * The ground truth: what each piece of work really did, told by the work itself as it ends, and by
 * whoever cancelled it. Nothing here asks a manager or a database, so both managers can be judged by it.
 */
import { Context, Effect, Exit, Layer } from "effect"

/** What the work did. `interrupted` is neither its success nor its failure: somebody stopped it. */
export type Deed = "succeeded" | "failed" | "interrupted" | "not started"

export class Witness extends Context.Tag("glossary/Witness")<
  Witness,
  {
    /** Runs the work on a document and notes how it ends. */
    readonly watch: <A, E, R>(document: string, work: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    readonly deed: (document: string) => Effect.Effect<Deed>
  }
>() {}

export const make: Effect.Effect<Context.Tag.Service<Witness>> = Effect.sync(() => {
  const deeds = new Map<string, Deed>()
  return Witness.of({
    watch: (document, work) => Effect.onExit(work, (exit) => Effect.sync(() => void deeds.set(document, deedOf(exit)))),
    deed: (document) => Effect.sync(() => deeds.get(document) ?? "not started")
  })
})

export const layer: Layer.Layer<Witness> = Layer.effect(Witness, make)

const deedOf = (exit: Exit.Exit<unknown, unknown>): Deed => {
  if (Exit.isSuccess(exit)) return "succeeded"
  return Exit.isInterrupted(exit) ? "interrupted" : "failed"
}
