/**
 * Bytes of a log into its lines. What it keeps between two chunks is the beginning of one line, up to
 * `lineBytesMax`: a file without line ends costs no more than that.
 *
 * @since 0.1.0
 */

/** A kernel line with a hundred run ids and a long cause has a few kilobytes. */
export const lineBytesMax = 4 * 1024 * 1024

export interface RawLine {
  /** From 1. */
  readonly number: number
  /** Undefined where the line is longer than `lineBytesMax`. */
  readonly text: string | undefined
  /** The file ends in it: whoever wrote it may not have come to its end. */
  readonly isLast: boolean
}

export interface LineSplitter {
  readonly push: (bytes: Uint8Array) => ReadonlyArray<RawLine>
  /** The rest, where the file does not end with a line end. */
  readonly end: () => ReadonlyArray<RawLine>
}

const lineEnd = 0x0a
/** Some shells put one before what they write to a file. */
const byteOrderMark = /^\ufeff/

export const make = (): LineSplitter => {
  let number = 0
  let kept: Array<Buffer> = []
  let keptBytes = 0

  const keep = (bytes: Buffer) => {
    // Of a line that is too long only the length is remembered.
    if (keptBytes <= lineBytesMax) kept.push(Buffer.from(bytes))
    else kept = []
    keptBytes += bytes.length
  }

  const line = (rest: Buffer, isLast: boolean): RawLine => {
    number += 1
    const isTooLong = keptBytes + rest.length > lineBytesMax
    // Whole lines only are decoded, so no character is cut in two.
    const whole = keptBytes === 0 ? rest : Buffer.concat([...kept, rest])
    kept = []
    keptBytes = 0
    if (isTooLong) return { number, text: undefined, isLast }
    const text = whole.toString("utf8")
    return { number, text: number === 1 ? text.replace(byteOrderMark, "") : text, isLast }
  }

  return {
    push: (chunk) => {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      const lines: Array<RawLine> = []
      let from = 0
      for (let to = bytes.indexOf(lineEnd); to !== -1; to = bytes.indexOf(lineEnd, from)) {
        lines.push(line(bytes.subarray(from, to), false))
        from = to + 1
      }
      if (from < bytes.length) keep(bytes.subarray(from))
      return lines
    },
    end: () => (keptBytes === 0 ? [] : [line(Buffer.alloc(0), true)])
  }
}
