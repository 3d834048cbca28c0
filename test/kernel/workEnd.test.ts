/** What is read from an exit, and what of it is fit for a row. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { type Codec, codecNone, fromExit, messageOf, sanitize } from "../../src/internal/runs/workEnd.js"

const home = ["", "home", "user", "app", "index.js"].join("/")

describe("text that is stored", () => {
  it("loses every control character, and keeps tabs and line breaks", () => {
    const codes = Array.from({ length: 0x100 }, (_, code) => code)
    const isControl = (code: number) => code < 0x20 || (code >= 0x7f && code < 0xa0)
    const kept = codes.filter((code) => sanitize(`a${String.fromCharCode(code)}b`).length === 3)
    assert.deepStrictEqual(
      kept,
      codes.filter((code) => !isControl(code) || [0x09, 0x0a, 0x0d].includes(code))
    )
  })

  it("loses every one of several control characters and paths", () => {
    assert.strictEqual(sanitize("\u0000\u0001a\u0002"), "a")
    assert.strictEqual(sanitize(`${home} and ${home}`), "<path> and <path>")
  })

  const paths: ReadonlyArray<readonly [string, string]> = [
    [home, "<path>"],
    [`(${home}:3:1)`, "(<path>:3:1)"],
    [`at ${home}`, "at <path>"],
    ["/etc/passwd", "<path>"],
    ["/srv/a-b_c.d@1.0+x~/e-f.g@h+i~", "<path>"],
    [`at file://${home}:3`, "at <path>:3"],
    ["file:///C:/Users/me/app.js failed", "<path> failed"],
    ["C:\\Users\\me\\app.js failed", "<path> failed"],
    ["c:/Users/me/app.js", "<path>"]
  ]
  for (const [text, clean] of paths) {
    it(`does not show where the host keeps its files: ${text}`, () => {
      assert.strictEqual(sanitize(text), clean)
    })
  }

  const kept = [
    "/users",
    "1/2",
    "and/or/nor",
    "./a/b/c",
    "https://example.org/a/b",
    "//example.org/a/b",
    "xC:\\Users\\me",
    "1 / 2 / 3",
    "//"
  ]
  for (const text of kept) {
    it(`keeps what is no absolute path of a file: ${text}`, () => {
      assert.strictEqual(sanitize(text), text)
    })
  }

  it("is kept whole up to its longest length, and cut with a mark beyond it", () => {
    const longest = "x".repeat(4_000)
    assert.strictEqual(sanitize(longest), longest)
    assert.strictEqual(sanitize(`${longest}x`), `${"x".repeat(4_000 - " … [cut]".length)} … [cut]`)
  })

  it("is well formed, also where it was not and where it is cut in the middle of a character", () => {
    assert.strictEqual(sanitize("a\ud800b"), "a\ufffdb")
    assert.isTrue(sanitize(`x${"😀".repeat(2_000)}`).isWellFormed())
    assert.isTrue(sanitize(`${"😀".repeat(2_001)}`).isWellFormed())
  })
})

describe("the message of whatever work fails with", () => {
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  const messages: ReadonlyArray<readonly [string, unknown, string]> = [
    ["a string is its own", "boom", "boom"],
    ["an error's message", new Error("boom"), "boom"],
    ["an error's name, where it says nothing", new RangeError(""), "RangeError"],
    ["a tagged value's message", { _tag: "Boom", message: "it went off" }, "it went off"],
    ["a tagged value's tag, where it says nothing", { _tag: "Boom", message: "" }, "Boom"],
    ["a tagged value's tag, where it has no message", { _tag: "Boom", size: 1 }, "Boom"],
    ["the JSON of anything else", { size: 1 }, '{"size":1}'],
    ["null", null, "null"],
    ["nothing", undefined, "undefined"],
    ["a number", 7, "7"],
    ["a bigint, which has no JSON", 7n, "7"],
    ["a cycle, which has no JSON", cyclic, "[object Object]"]
  ]
  for (const [promise, error, message] of messages) {
    it(promise, () => {
      assert.strictEqual(messageOf(error), message)
    })
  }
})

describe("an exit", () => {
  const codec = (over: Partial<Codec<unknown, unknown>>): Codec<unknown, unknown> => ({ ...codecNone, ...over })

  it.effect("of work without a definition leaves no result and no typed error", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* fromExit(Exit.succeed(1), codecNone), { _tag: "Succeeded", result: null })
      assert.deepStrictEqual(yield* fromExit(Exit.fail({ _tag: "Boom" }), codecNone), {
        _tag: "Failed",
        error: { reason: "WorkFailed", message: "Boom" }
      })
    })
  )

  it.effect("gives the encoded result", () =>
    Effect.gen(function* () {
      const encodes = codec({ encodeResult: (value) => Effect.succeed(JSON.stringify(value)) })
      assert.deepStrictEqual(yield* fromExit(Exit.succeed({ n: 1 }), encodes), { _tag: "Succeeded", result: '{"n":1}' })
    })
  )

  it.effect("is an end of its own where the result does not encode, also where the codec itself throws", () =>
    Effect.gen(function* () {
      const throws = codec({
        encodeResult: () => {
          throw new Error(`cannot, at ${home}`)
        }
      })
      assert.deepStrictEqual(yield* fromExit(Exit.succeed(1), throws), {
        _tag: "ResultNotEncodable",
        message: "cannot, at <path>"
      })
    })
  )

  it.effect("gives the encoded error beside its text", () =>
    Effect.gen(function* () {
      const encodes = codec({ encodeError: () => Effect.succeed({ code: 7 }) })
      assert.deepStrictEqual(yield* fromExit(Exit.fail(`boom at ${home}`), encodes), {
        _tag: "Failed",
        error: { reason: "WorkFailed", message: "boom at <path>", error: { code: 7 } }
      })
    })
  )

  it.effect("gives the text alone where the error does not encode, or not to JSON", () =>
    Effect.gen(function* () {
      const cyclic: { self?: unknown } = {}
      cyclic.self = cyclic
      const codecs = [
        codec({ encodeError: () => Effect.fail("cannot") }),
        codec({
          encodeError: () => {
            throw new Error("cannot")
          }
        }),
        codec({ encodeError: () => Effect.succeed(() => "no JSON") }),
        codec({ encodeError: () => Effect.succeed(cyclic) })
      ]
      for (const each of codecs) {
        assert.deepStrictEqual(yield* fromExit(Exit.fail("boom"), each), {
          _tag: "Failed",
          error: { reason: "WorkFailed", message: "boom" }
        })
      }
    })
  )

  it.effect("of work that died gives the sanitised text of its defect", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* fromExit(Exit.die(new Error(`boom at ${home}`)), codecNone), {
        _tag: "Failed",
        error: { reason: "WorkDied", message: "boom at <path>" }
      })
    })
  )
})
