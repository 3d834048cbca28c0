/**
 * Lets a simulation wait for Postgres: what the driver has sent and not been answered is outside, each statement,
 * each connection that is opened or closed. It is counted at the driver itself, since a statement that its fiber has
 * given up is at the server all the same.
 *
 * @since 0.1.0
 */
import { createRequire } from "node:module"
import { outside } from "../internal/outside.js"

type Method = (...parameters: Array<unknown>) => unknown

const methods = ["connect", "query", "end"] as const

type Driver = Record<(typeof methods)[number], Method>

let isCounted = false

/** From now on, in this process. */
export const countStatements = (): void => {
  if (isCounted) return
  isCounted = true
  // The very copy that `@effect/sql-pg` loads.
  const require = createRequire(createRequire(import.meta.url).resolve("@effect/sql-pg"))
  const driver = (require("pg") as { readonly Client: { readonly prototype: Driver } }).Client.prototype
  for (const name of methods) driver[name] = counted(driver[name])
}

/** The driver calls back where it was given a function, as the last parameter; else it promises. */
const counted = (method: Method): Method =>
  function (this: unknown, ...parameters) {
    const back = outside.leave()
    const last = parameters.length - 1
    const callback = parameters[last]
    if (typeof callback === "function") {
      parameters[last] = (...answer: ReadonlyArray<unknown>) => {
        back()
        callback(...answer)
      }
    }
    try {
      const answer = method.apply(this, parameters)
      if (answer instanceof Promise) answer.then(back, back)
      // A cursor of a stream: what it reads is not counted.
      else if (typeof callback !== "function") back()
      return answer
    } catch (error) {
      back()
      throw error
    }
  }
