import * as Tracer from "effect/Tracer"

/** The name and the attributes of every span, in the order in which they end. */
export const recordingTracer = () => {
  const spans: Array<readonly [string, Record<string, unknown>]> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      return {
        _tag: "Span",
        name,
        spanId: "span",
        traceId: "trace",
        parent,
        context,
        status: { _tag: "Started", startTime },
        attributes,
        links,
        kind,
        sampled: true,
        attribute: (key, value) => void attributes.set(key, value),
        event: () => {},
        addLinks: () => {},
        end: () => void spans.push([name, Object.fromEntries(attributes)])
      }
    },
    context: (use) => use()
  })
  return { spans, tracer }
}
