/**
 * The glossary's own promises: prose is counted and markup is not, in two languages, the same way each
 * time, and in bounded time whatever the document is.
 */
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Glossary from "../../docs/examples/glossary/glossary.js"

const terms = (text: string, language: Glossary.Language = "en") =>
  Object.fromEntries(Glossary.top(Glossary.count(text, language), 100).map(({ count, term }) => [term, count]))

const proseOf = (markdown: string) => Glossary.paragraphs(markdown, "markdown")

describe("paragraphs", () => {
  it("headings, list items and blocks of text stand apart", () => {
    assert.deepStrictEqual(proseOf("# Title\nText\nmore text\n\n- one\n- two\n\n1. three\n> four"), [
      "Title",
      "Text\nmore text",
      "one",
      "two",
      "three\nfour"
    ])
  })

  it("code, comments, addresses, tags and front matter are no prose", () => {
    const markdown = [
      "---",
      "title: Hidden",
      "tags:",
      "  - hidden",
      "---",
      "Before <!-- hidden",
      "hidden --> after.",
      "",
      "````ts",
      "```",
      "hidden()",
      "````",
      "See [the *text*](https://hidden.example/hidden) and ![a picture](hidden.png), or https://hidden.example.",
      '<b class="hidden">Bold</b> and `code`.',
      "[hidden]: https://hidden.example",
      "***"
    ].join("\n")
    const prose = proseOf(markdown).join(" ")
    assert.notInclude(prose, "hidden")
    for (const kept of ["Before", "after.", "the  text", "a picture", "Bold", "code"]) assert.include(prose, kept)
  })

  it("prose between two rules is not taken for front matter", () => {
    assert.deepStrictEqual(proseOf("---\nSome prose.\n---\nMore."), ["Some prose.", "More."])
  })

  it("an unclosed fence or comment ends with the document", () => {
    assert.deepStrictEqual(proseOf("Text\n\n```\ncode"), ["Text"])
    assert.deepStrictEqual(proseOf("Text\n\n<!-- note"), ["Text"])
  })

  it("plain text keeps what looks like Markdown", () => {
    assert.deepStrictEqual(Glossary.paragraphs("# a\r\n\r\n```\r\nb", "text"), ["# a", "```\nb"])
  })

  it("nothing inside a fence is ever prose", () => {
    const line = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n") && !/^ {0,3}[`~]{3}/.test(text))
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (code) => {
        assert.deepStrictEqual(proseOf(["before", "```", ...code, "```", "after"].join("\n")), ["before\nafter"])
      })
    )
  })
})

describe("languageOf", () => {
  it("Japanese is told from English, and from words of it in an English text", () => {
    assert.strictEqual(Glossary.languageOf("灯台守は毎晩、日誌をつけた。"), "ja")
    assert.strictEqual(Glossary.languageOf("The keeper kept a log."), "en")
    assert.strictEqual(
      Glossary.languageOf("The word 灯台 (とうだい) means lighthouse, as every keeper of one knows."),
      "en"
    )
    assert.strictEqual(Glossary.languageOf(""), "en")
  })
})

describe("count", () => {
  it("folds case, width and the possessive, and leaves out what says nothing", () => {
    assert.deepStrictEqual(terms("The Keeper kept the keeper's log; ＬＯＧ of 1852, and a KEEPER’S lamp."), {
      keeper: 3,
      log: 2,
      kept: 1,
      lamp: 1
    })
  })

  it("finds Japanese words without spaces, and leaves out those in hiragana alone", () => {
    // How verbs are cut depends on the ICU of the Node; nouns do not.
    const found = terms("灯台の日誌に、ランプと油のことをもう書かないでください。ﾗﾝﾌﾟの油。", "ja")
    assert.include(found, { 灯台: 1, 日誌: 1, ランプ: 2, 油: 2 })
    assert.isEmpty(Object.keys(found).filter((term) => /^[\p{Script=Hiragana}]+$/u.test(term)))
  })

  it("knows no term in a text without letters", () => {
    assert.deepStrictEqual(Glossary.count("12 + 30 = 42 ✗", "en"), { words: 3, counts: new Map() })
  })

  it("counts the same in one piece and in parts, in any order", () => {
    const word = fc.constantFrom("lamp", "Keeper", "rope's", "ＴＩＤＥ", "the", "42", "灯台", "bread,")
    const parts = fc.array(
      fc.array(word, { maxLength: 400 }).map((words) => words.join(" ")),
      { maxLength: 4 }
    )
    fc.assert(
      fc.property(parts, (texts) => {
        const sum = (all: ReadonlyArray<string>) =>
          Glossary.top(
            all.reduce((counted, text) => Glossary.add(counted, Glossary.count(text, "en")), Glossary.empty),
            100
          )
        assert.deepStrictEqual(sum([texts.join("\n\n")]), sum(texts))
        assert.deepStrictEqual(sum([...texts].reverse()), sum(texts))
      })
    )
  })

  it("never counts more terms than words", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.constantFrom<Glossary.Language>("en", "ja"), (text, language) => {
        const { counts, words } = Glossary.count(text, language)
        assert.isAtMost(
          [...counts.values()].reduce((sum, count) => sum + count, 0),
          words
        )
      })
    )
  })
})

describe("top", () => {
  it("the most frequent terms come first, equal ones in a fixed order", () => {
    const counted = { words: 9, counts: new Map(Object.entries({ tide: 1, lamp: 2, rope: 2, 縄: 2, bread: 2 })) }
    assert.deepStrictEqual(
      Glossary.top(counted, 4).map(({ term }) => term),
      ["bread", "lamp", "rope", "縄"]
    )
  })
})

describe("a hostile document", () => {
  // The squares of these lengths would take minutes.
  const length = 100_000
  const documents: Record<string, string> = {
    brackets: "[".repeat(length),
    links: "[a](".repeat(length / 4),
    comments: "<!--".repeat(length / 4),
    tags: "<a".repeat(length / 2),
    rules: `${"- ".repeat(length / 2)}x`,
    "front matter": `---\n${"a:\n - b\n".repeat(length / 8)}`,
    "one long line": "hello [a".repeat(length / 8),
    "one long word": "a".repeat(length)
  }
  for (const [name, text] of Object.entries(documents)) {
    it(`${name}: takes bounded time`, { timeout: 10_000 }, () => {
      for (const paragraph of proseOf(text)) Glossary.count(paragraph, "en")
    })
  }
})
