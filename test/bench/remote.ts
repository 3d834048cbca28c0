/**
 * A peer in a process of its own, held open for the rounds: `peers/serve.js` opens it there, and runs what it
 * is sent. Each answer is waited for within a bound; a peer that does not answer is killed, and says so.
 *
 * @since 0.1.0
 */
import { type ChildProcess, fork } from "node:child_process"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"

export interface Remote {
  readonly durability: string
  /** Seconds for so many runs, so many of them at a time. */
  readonly run: (count: number, concurrency: number) => Promise<number>
  readonly close: () => void
}

const answerTimeoutMillis = 120_000

/** The sources, from where the compiled file is: peers are not compiled. */
export const peersDirectory = fileURLToPath(new URL("../../../test/bench/peers/", import.meta.url))

export const open = async (options: {
  readonly module: string
  readonly target: unknown
  /** The node that executes it; that of this process where it is not said. */
  readonly execPath?: string | undefined
}): Promise<Remote> => {
  const child = fork(`${peersDirectory}serve.js`, [options.module, JSON.stringify(options.target)], {
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    ...(options.execPath === undefined ? {} : { execPath: options.execPath })
  })
  const { durability } = await messageFrom<{ readonly durability: string }>(child, options.module)
  return {
    durability,
    run: async (count, concurrency) => {
      const answered = messageFrom<{ readonly seconds: number }>(child, options.module)
      child.send({ count, concurrency })
      return (await answered).seconds
    },
    close: () => {
      child.kill("SIGKILL")
    }
  }
}

const messageFrom = <A>(child: ChildProcess, name: string): Promise<A> =>
  new Promise((resolve, reject) => {
    const waiting = new AbortController()
    const forget = () => {
      waiting.abort()
      child.off("exit", exited)
      child.off("message", told)
    }
    const fail = (why: string) => {
      forget()
      child.kill("SIGKILL")
      reject(new Error(`${name} ${why}; what it printed is above`))
    }
    const exited = (code: number | null, signal: string | null) => fail(`ended with ${signal ?? code}`)
    const told = (message: unknown) => {
      forget()
      resolve(message as A)
    }
    pause(answerTimeoutMillis, undefined, { signal: waiting.signal }).then(
      () => fail(`gave no answer within ${answerTimeoutMillis / 1000} s`),
      () => undefined
    )
    child.once("exit", exited)
    child.once("message", told)
  })
