/**
 * The chance of a storm: a number from 0 to 1 out of what an operation is, the same on every machine
 * and in every interleaving. FNV-1a gathers the text, MurmurHash3's finaliser spreads it; neither has
 * to withstand an opponent, only to be even.
 *
 * @since 0.1.0
 */

const spread = (value: number): number => {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** A number in [0, 1) that depends on every part, their order included. */
export const fraction = (...parts: ReadonlyArray<string | number>): number => {
  let hash = 0x811c9dc5
  for (const character of parts.join("|")) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  }
  return spread(hash) / 0x1_0000_0000
}

/** One of the items, chosen by `fraction`. */
export const choose = <A>(items: readonly [A, ...Array<A>], ...parts: ReadonlyArray<string | number>): A =>
  items[Math.floor(fraction(...parts) * items.length)] ?? items[0]
