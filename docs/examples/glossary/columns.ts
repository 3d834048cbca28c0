/**
 * Text in a terminal, where a Japanese character takes two columns and a control character could do
 * anything: names of files come from outside.
 */

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const weightless = /[\p{M}\p{Cf}]/u

export const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")

export const width = (text: string): number => {
  let columns = 0
  for (const character of text) columns += weightless.test(character) ? 0 : wide.test(character) ? 2 : 1
  return columns
}

/** Cut to a number of columns. */
export const cut = (text: string, columns: number): string => {
  if (width(text) <= columns) return text
  let kept = ""
  for (const character of text) {
    if (width(kept + character) > columns - 1) break
    kept += character
  }
  return `${kept}…`
}

/** Cut and filled to exactly a number of columns. */
export const fit = (text: string, columns: number): string => {
  const kept = cut(text, columns)
  return kept + " ".repeat(Math.max(0, columns - width(kept)))
}
