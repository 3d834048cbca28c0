/**
 * Reading a folder: its documents in a fixed order, and an honest error with its reason for everything
 * that is no text, so that the runs which fail by themselves fail for what is really wrong.
 */

import { fileURLToPath } from "node:url"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Documents from "../../docs/examples/glossary/documents.js"
import * as Glossary from "../../docs/examples/glossary/glossary.js"

const essays = fileURLToPath(new URL("../../docs/examples/glossary/texts", import.meta.url))

/** A folder with these files, for as long as the test runs. */
const folderOf = (files: Record<string, string | Uint8Array>) =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const folder = yield* fileSystem.makeTempDirectoryScoped()
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content
      yield* fileSystem.writeFile(`${folder}/${name}`, bytes)
    }
    return folder
  })

layer(NodeContext.layer)("documents", (it) => {
  it.scoped("are listed by name, without other files and folders", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "b.txt": "b", "a.MD": "a", "c.markdown": "c", "d.pdf": "d", e: "e" })
      const documents = yield* Documents.list(folder)
      assert.deepStrictEqual(
        documents,
        ["a.MD", "b.txt", "c.markdown"].map((name) => `${folder}/${name}`)
      )
    })
  )

  it.scoped("a folder that is missing or holds none is one clear line", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "d.pdf": "d" })
      const none = yield* Effect.flip(Documents.list(folder))
      const missing = yield* Effect.flip(Documents.list(`${folder}/nowhere`))
      for (const { message } of [none, missing]) assert.match(message, /^--folder [^\n]+\. Name [^\n]+\.$/)
      assert.include(none.message, "no .md, .markdown or .txt")
    })
  )

  it.scoped("what is not UTF-8 is an error and not a guess", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": new Uint8Array([0x8d, 0x60, 0x82, 0xcc]), "b.txt": "灯台" })
      const error = yield* Effect.flip(Documents.read(`${folder}/a.txt`))
      assert.strictEqual(error.problem, "not UTF-8")
      assert.deepStrictEqual(yield* Documents.read(`${folder}/b.txt`), { text: "灯台", format: "text" })
    })
  )

  it.scoped("what is missing, or no file, is unreadable; what is huge is too large", () =>
    Effect.gen(function* () {
      const folder = yield* folderOf({ "a.txt": new Uint8Array(1024 * 1024 + 1) })
      assert.strictEqual((yield* Effect.flip(Documents.read(`${folder}/b.txt`))).problem, "unreadable")
      assert.strictEqual((yield* Effect.flip(Documents.read(folder))).problem, "unreadable")
      assert.strictEqual((yield* Effect.flip(Documents.read(`${folder}/a.txt`))).problem, "too large")
    })
  )

  it.effect("the essays are in two languages, and two of them fail by themselves", () =>
    Effect.gen(function* () {
      const found: Record<string, number> = {}
      for (const document of yield* Documents.list(essays)) {
        const kind = yield* Documents.read(document).pipe(
          Effect.map(({ format, text }) =>
            Glossary.paragraphs(text, format).length === 0 ? "no words" : Glossary.languageOf(text)
          ),
          Effect.catchAll(({ problem }) => Effect.succeed(problem))
        )
        found[kind] = (found[kind] ?? 0) + 1
      }
      assert.deepStrictEqual(found, { en: 7, ja: 5, "no words": 1, "not UTF-8": 1 })
    })
  )
})
