/**
 * The way of one host to the database server, which can be cut: connections dropped, new ones refused, bytes that vanish
 * in one direction or in both while the connection stays open, bytes that arrive late.
 *
 * @since 0.1.0
 */
import { connect, createServer, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** `up` goes from the host to the server. */
export type Direction = "up" | "down" | "both"

/**
 * What becomes of bytes. `silent`: they vanish; when the way is healed those connections are dropped, as any network
 * would have to. `late`: they are held, and arrive when it is healed.
 */
export type Traffic =
  | { readonly _tag: "pass" }
  | { readonly _tag: "refuse" }
  | { readonly _tag: "silent"; readonly direction: Direction }
  | { readonly _tag: "late"; readonly direction: Direction }

export interface Proxy {
  /** The same url, by way of the proxy. */
  readonly url: string
  /** For the connections that are open and for later ones. */
  readonly set: (traffic: Traffic) => void
  /** Ends the connections that are open. */
  readonly drop: () => void
}

interface Pair {
  readonly near: Socket
  readonly far: Socket
  readonly held: Array<() => void>
  hasLost: boolean
}

export const make = (target: string): Effect.Effect<Proxy, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => listening(new URL(target))),
      ({ close }) => Effect.sync(close)
    ),
    ({ close, port, ...proxy }) => {
      const url = new URL(target)
      url.port = String(port)
      return { url: url.href, ...proxy }
    }
  )

const listening = (target: URL) =>
  new Promise<Omit<Proxy, "url"> & { readonly port: number; readonly close: () => void }>((resolve) => {
    const pairs = new Set<Pair>()
    let traffic: Traffic = { _tag: "pass" }

    const end = (pair: Pair) => {
      pairs.delete(pair)
      pair.near.destroy()
      pair.far.destroy()
    }
    const goes = (pair: Pair, direction: Exclude<Direction, "both">, forward: () => void) => {
      const isMeant = "direction" in traffic && (traffic.direction === direction || traffic.direction === "both")
      if (!isMeant) return forward()
      if (traffic._tag === "late") pair.held.push(forward)
      else pair.hasLost = true
    }
    const server = createServer((near) => {
      if (traffic._tag === "refuse") return void near.destroy()
      const pair: Pair = { near, far: connect(Number(target.port), target.hostname), held: [], hasLost: false }
      pairs.add(pair)
      near.setNoDelay(true)
      pair.far.setNoDelay(true)
      near.on("data", (bytes) => goes(pair, "up", () => void pair.far.write(bytes)))
      pair.far.on("data", (bytes) => goes(pair, "down", () => void near.write(bytes)))
      // The news that the other side has gone travels as its bytes do.
      near.on("close", () => goes(pair, "up", () => end(pair)))
      pair.far.on("close", () => goes(pair, "down", () => end(pair)))
      for (const socket of [near, pair.far]) socket.on("error", () => socket.destroy())
    })
    const drop = () => {
      for (const pair of [...pairs]) end(pair)
    }
    const set = (next: Traffic) => {
      traffic = next
      if (next._tag !== "pass") return
      for (const pair of [...pairs]) {
        if (pair.hasLost) end(pair)
        for (const forward of pair.held.splice(0)) forward()
      }
    }
    const close = () => {
      drop()
      server.close()
    }
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (typeof address === "object" && address !== null) resolve({ port: address.port, set, drop, close })
    })
  })
