/** A way to a server that can fall silent, so that what goes over it stays open and nothing arrives, or be cut. */
import { connect, createServer, type Server, type Socket } from "node:net"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export interface FrozenProxy {
  /** The same url, by way of the proxy. */
  readonly url: string
  /** Nothing passes any more on the connections that are open now; later ones work. */
  readonly freeze: () => void
  /** Closes the connections that are open now; later ones work. */
  readonly cut: () => void
}

export const frozenProxy = (target: URL): Effect.Effect<FrozenProxy, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => listening(target)),
      ({ close }) => Effect.sync(close)
    ),
    ({ cut, freeze, port }) => {
      const url = new URL(target)
      url.port = String(port)
      return { url: url.href, freeze, cut }
    }
  )

const listening = (target: URL) =>
  new Promise<{ readonly port: number; readonly close: () => void } & Omit<FrozenProxy, "url">>((resolve) => {
    const sockets: Array<Socket> = []
    const freeze = () => {
      for (const socket of sockets) socket.unpipe().pause()
    }
    const server: Server = createServer((near) => {
      const far = connect(Number(target.port), target.hostname)
      for (const socket of [near, far]) {
        sockets.push(socket)
        socket.on("error", () => socket.destroy())
      }
      near.pipe(far)
      far.pipe(near)
    })
    const cut = () => {
      for (const socket of sockets) socket.destroy()
    }
    const close = () => {
      cut()
      server.close()
    }
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      if (typeof address === "object" && address !== null) resolve({ port: address.port, freeze, cut, close })
    })
  })
