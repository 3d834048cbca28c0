/**
 * What no text of Postgres can hold, and what becomes of it: in what is only shown it is replaced, and
 * everywhere else the database refuses it, since a key without it would be another key.
 *
 * @since 0.1.0
 */

/** NUL and half a surrogate pair; a row with one of them is refused for good. */
const storable = (text: unknown): unknown =>
  typeof text === "string" ? text.replaceAll("\u0000", "\uFFFD").toWellFormed() : text

const withStorable = <Element extends object>(element: Element, fields: ReadonlyArray<string>): Element =>
  Object.fromEntries(
    Object.entries(element).map(([name, value]) => [name, fields.includes(name) ? storable(value) : value])
  ) as Element

/** What is only shown must not keep a run from ending, nor a cancel from being recorded. @internal */
export const showing = <Element extends object>(element: Element): Element =>
  withStorable(element, ["reason", "cancelReason", "step"])

/** A tombstone holds no key: only its id matters, and it has to stand. @internal */
export const marking = <Element extends object>(element: Element): Element =>
  withStorable(element, ["name", "key", "payload", "payloadHash", "cancelReason"])
