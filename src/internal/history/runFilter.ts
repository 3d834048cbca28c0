/**
 * Remembers which runs were let go, any number of them in a fixed amount of memory (a Bloom filter). It
 * never forgets one. It may take a run for one that it has seen: about once in ten million among a million.
 *
 * @since 0.1.0
 */

/** @internal */
export interface RunFilter {
  readonly add: (id: string) => void
  readonly mayHave: (id: string) => boolean
}

/** 8 MB. */
const bitCount = 2 ** 26
const hashCount = 8

/** @internal */
export const make = (): RunFilter => {
  // Only with the first run: most logs are short, and let nothing go.
  let bits: Uint8Array | undefined
  return {
    add: (id) => {
      bits ??= new Uint8Array(bitCount / 8)
      const step = hash(id, 0x9e3779b9) | 1
      for (let index = 0, at = hash(id, 0x811c9dc5); index < hashCount; index++, at += step) {
        const bit = (at >>> 0) % bitCount
        bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
      }
    },
    mayHave: (id) => {
      if (bits === undefined) return false
      const step = hash(id, 0x9e3779b9) | 1
      for (let index = 0, at = hash(id, 0x811c9dc5); index < hashCount; index++, at += step) {
        const bit = (at >>> 0) % bitCount
        if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false
      }
      return true
    }
  }
}

/** FNV-1a, with a last mixing so that ids that differ in one digit do not lie side by side. */
const hash = (text: string, seed: number): number => {
  let value = seed
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d)
  return value ^ (value >>> 13)
}
