/**
 * How the page of `RunDashboard` keeps its streams of events: the second part of its script.
 *
 * @since 0.1.0
 */

/** @internal */
export const streamScript = `
// -- streams --------------------------------------------------------------------

const againMillis = { first: 2000, most: 30000 }

/**
 * A stream that is opened again when it breaks. Browsers do that by themselves, but not after an answer that is no
 * stream; then we do, less and less often. A page that nobody sees has none: a browser keeps six connections to a
 * host, for all of its tabs together, and the seventh would wait for ever.
 */
const listen = (path, handlers, onLink = () => {}) => {
  let source
  let timer
  let delay = againMillis.first
  const shut = () => {
    clearTimeout(timer)
    source?.close()
  }
  const open = () => {
    shut()
    if (document.hidden) return
    source = new EventSource(base + path)
    source.onopen = () => {
      delay = againMillis.first
      onLink(true)
    }
    source.onerror = () => {
      onLink(false)
      if (source.readyState !== EventSource.CLOSED) return
      // The browser's timer: there is no other in a page.
      timer = setTimeout(open, delay)
      delay = Math.min(againMillis.most, 2 * delay)
    }
    for (const [name, handle] of handlers) {
      source.addEventListener(name, ({ data }) => {
        handle(JSON.parse(data))
        if (name === "settled" || name === "vanished") close()
      })
    }
  }
  const close = () => {
    document.removeEventListener("visibilitychange", open)
    shut()
  }
  document.addEventListener("visibilitychange", open)
  open()
  return close
}
`
