/**
 * What is out of this process: a statement at a server, a connection that is being opened. A simulation lets no time
 * pass while anything is, so that a real server can take part in it: an answer takes no time there, however long it
 * took. Who sends something says so, and says when it is back.
 *
 * @since 0.1.0
 */
import { globalValue } from "effect/GlobalValue"

export class Outside {
  private out = 0
  private readonly waiting = new Set<() => void>()

  get isEmpty(): boolean {
    return this.out === 0
  }

  /** One more is out, until what this answers with is called; calling that again does nothing. */
  leave(): () => void {
    let isOut = true
    this.out++
    return () => {
      if (!isOut) return
      isOut = false
      if (--this.out > 0) return
      const waiting = [...this.waiting]
      this.waiting.clear()
      for (const wake of waiting) wake()
    }
  }

  /** Calls back, once, when nothing is out any more, however often the same one asks. */
  whenEmpty(wake: () => void): void {
    this.waiting.add(wake)
  }
}

/** Global, since a mutated kernel brings a second copy of this module with it. */
export const outside: Outside = globalValue(Symbol.for("effect-holdfast/chaos/outside"), () => new Outside())
