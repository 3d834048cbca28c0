/**
 * Executes something in a process of its own, which answers with one message, and within a bound of time.
 *
 * @since 0.1.0
 */
import { fork } from "node:child_process"

export interface Child {
  readonly script: string
  readonly args: ReadonlyArray<string>
  readonly execArgv: ReadonlyArray<string>
  /** The program that executes it. Defaults to that of this process. */
  readonly execPath?: string
  readonly env?: NodeJS.ProcessEnv
  readonly timeoutMillis: number
}

/** Fails where the process ends without an answer, or is killed because its time is over. */
export const answerOf = <A>(child: Child): Promise<A> =>
  new Promise((resolve, reject) => {
    const process = fork(child.script, [...child.args], {
      execArgv: [...child.execArgv],
      timeout: child.timeoutMillis,
      killSignal: "SIGKILL",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      ...(child.execPath === undefined ? {} : { execPath: child.execPath }),
      ...(child.env === undefined ? {} : { env: child.env })
    })
    let answer: { readonly of: A } | undefined
    process.once("message", (message) => {
      answer = { of: message as A }
    })
    process.once("error", reject)
    process.once("exit", (code, signal) => {
      if (answer !== undefined) return resolve(answer.of)
      const how =
        signal === "SIGKILL" ? `was killed after ${child.timeoutMillis / 1000} s` : `exited with ${code ?? signal}`
      reject(new Error(`the process ${how} without an answer; what it printed is above`))
    })
  })

/** Sends the answer of this process, and ends it once that is on its way. */
export const answer = (message: unknown): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined) throw new Error("this program is started by another one, with fork")
    process.send(message, () => resolve())
  })
