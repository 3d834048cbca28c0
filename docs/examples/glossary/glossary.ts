/**
 * The terms of a text, and how often each occurs: pure functions from a string, in English and in
 * Japanese. Markdown is reduced to its prose first, so that code, addresses and markup are not counted.
 * The same text gives the same glossary everywhere: words are folded by NFKC and lower case, and terms
 * of equal count stand in the order of their code points.
 */

export type Language = "en" | "ja"

export interface Term {
  readonly term: string
  readonly count: number
}

/** Words of a paragraph: all of them as a number, and each term with its count. */
export interface Counted {
  readonly words: number
  readonly counts: ReadonlyMap<string, number>
}

/** The document's prose, one string for each paragraph, list item or heading. */
export const paragraphs = (text: string, format: "markdown" | "text"): ReadonlyArray<string> =>
  (format === "markdown" ? prose(text) : text.replaceAll("\r\n", "\n"))
    .split(/\n[^\S\n]*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => /[\p{L}\p{N}]/u.test(paragraph))

/** Japanese is told by its kana: Chinese characters alone do not make a text Japanese. */
export const languageOf = (text: string): Language => {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  const kana = text.match(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu)?.length ?? 0
  return kana > letters * 0.1 ? "ja" : "en"
}

export const count = (text: string, language: Language): Counted => {
  const counts = new Map<string, number>()
  let words = 0
  for (const [piece] of text.normalize("NFKC").matchAll(pieces)) {
    for (const { isWordLike, segment } of segmenters[language].segment(piece)) {
      if (isWordLike !== true) continue
      words++
      const term = termOf(segment, language)
      if (term !== undefined) counts.set(term, (counts.get(term) ?? 0) + 1)
    }
  }
  return { words, counts }
}

export const empty: Counted = { words: 0, counts: new Map() }

export const add = (left: Counted, right: Counted): Counted => {
  const counts = new Map(left.counts)
  for (const [term, count] of right.counts) counts.set(term, (counts.get(term) ?? 0) + count)
  return { words: left.words + right.words, counts }
}

/** The most frequent terms, the most frequent first. */
export const top = (counted: Counted, termsMax: number): ReadonlyArray<Term> =>
  [...counted.counts]
    .map(([term, count]) => ({ term, count }))
    .sort((a, b) => b.count - a.count || (a.term < b.term ? -1 : 1))
    .slice(0, termsMax)

// -- words ----------------------------------------------------------------------------------------------

const segmenters: Record<Language, Intl.Segmenter> = {
  en: new Intl.Segmenter("en", { granularity: "word" }),
  ja: new Intl.Segmenter("ja", { granularity: "word" })
}

/**
 * A segmenter takes time with the square of what it is given (16 s for 200 kB on one machine, 0.1 s in pieces), so it
 * is given pieces that end where a word ends. Only a word of a thousand letters is cut.
 */
const pieces = /[\s\S]{1,1000}(?<=[\s。、])|[\s\S]{1,1000}/gu

/** What a word counts as; nothing where it says nothing about its text. */
const termOf = (word: string, language: Language): string | undefined => {
  const term = word.toLowerCase().replace(/['’]s?$/, "")
  if (!/\p{L}/u.test(term) || stopWords[language].has(term)) return undefined
  // Words in hiragana alone are almost always grammar, and so are English words of one letter.
  const isGrammar = language === "ja" ? /^[\p{Script=Hiragana}ー]*$/u.test(term) : term.length < 2
  return isGrammar ? undefined : term
}

const stopWords: Record<Language, ReadonlySet<string>> = {
  en: new Set(
    `a about after again all also am an and any are as at be because been before being both but by came
    can come could did do does each either else every few first for from go goes gone had has have he
    her here him his how i if in into is it its just like made make makes may me might more most must my
    neither never no nobody nor not nothing now of off on once one only or other our out over own said
    say says see she should since so some somebody still such than that the their them then there these
    they this those though three to too twice two under until up upon us very was we were what when
    where which while who whoever whose why will with without would yet you your`.split(/\s+/)
  ),
  // Stems of verbs among them: the segmenter cuts 書いた into 書 and いた.
  ja: new Set(
    `一 二 三 一つ 二つ 人 何 何か 誰 誰か 中 事 物 者 方 所 時 時間 分 年 月 日 前 後 次 上 下 間 今 自分 言う
    違う 同じ 書 見 読 言 思 来 出 入 違 戻 消 取 知 持 使 教 学 作 合 切 立 止 残 待`.split(/\s+/)
  )
}

// -- Markdown -------------------------------------------------------------------------------------------

/** Only `name: value` lines and what is indented below them; prose between two rules is no front matter. */
const frontMatter = /^---\n(?:\w[\w-]*:[^\n]*\n(?:[ \t-][^\n]*\n)*)*---(?:\n|$)/

/** Every pattern here reads its input once, however hostile: a document comes from anywhere. */
const prose = (markdown: string): string =>
  withoutFences(markdown.replaceAll("\r\n", "\n").replace(frontMatter, ""))
    .replace(/<!--[\s\S]*?(?:-->|$)/g, "")
    .replace(/!?\[([^[\]]*)\]\([^()\n]*\)/g, "$1")
    .replace(/^[^\S\n]*\[[^[\]\n]*\]:[^\n]*$/gm, "")
    .replace(/<?\b(?:https?|mailto|ftp):[^\s<>)\]]*>?/g, "")
    .replace(/<\/?[a-zA-Z][^<>]*>/g, " ")
    .split("\n")
    .map(plainLine)
    .join("\n")
    .replace(/[*`~|]+/g, " ")
    .replace(/(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, " ")

/** Headings and list items become paragraphs of their own; rules and quotation marks go. */
const plainLine = (line: string): string => {
  const quoted = line.replace(/^[\s>]+/, "")
  if (/^(?:[-*_=] ?){3,}$/.test(quoted)) return ""
  const item = /^(?:#{1,6}|[-*+]|\d{1,9}[.)]) +(.*)$/.exec(quoted)
  return item === null ? quoted : `\n${item[1] ?? ""}${quoted.startsWith("#") ? "\n" : ""}`
}

/** A fence ends at one that is at least as long, or with the document. */
const withoutFences = (markdown: string): string => {
  let open: string | undefined
  return markdown
    .split("\n")
    .filter((line) => {
      const fence = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1]
      if (open === undefined) {
        open = fence
        return fence === undefined
      }
      if (fence?.startsWith(open) === true && line.trim() === fence) open = undefined
      return false
    })
    .join("\n")
}
