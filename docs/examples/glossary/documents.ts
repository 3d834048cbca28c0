/**
 * The documents of a folder: Markdown and plain text, by name, and the reading of one of them. What
 * cannot be read as text is an error with its reason and never a guess: a wrong encoding would give a
 * glossary of nonsense.
 */
import { FileSystem, Path } from "@effect/platform"
import { Data, Effect, Schema } from "effect"

/** Why there is no glossary of a document. */
export class GlossaryError extends Schema.TaggedError<GlossaryError>()("GlossaryError", {
  path: Schema.String,
  problem: Schema.Literal("unreadable", "too large", "not UTF-8", "no words")
}) {
  override get message(): string {
    return `${this.path}: ${this.problem}`
  }
}

/** The folder cannot be worked on. The message says what was expected, what was found and what to do. */
export class FolderError extends Data.TaggedError("FolderError")<{ readonly message: string }> {}

const formats: Readonly<Record<string, "markdown" | "text">> = {
  ".md": "markdown",
  ".markdown": "markdown",
  ".txt": "text"
}

/** One run and one line of the display for each, so a folder has a limit. */
const documentsMax = 200

/** A paragraph is counted in one go, and holds up the other runs meanwhile, so a document has a limit too. */
const bytesMax = 1024 * 1024

/** The folder's own documents, without those of its subfolders, in the order of their names. */
export const list = (folder: string) =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const names = yield* fileSystem
      .readDirectory(folder)
      .pipe(
        Effect.mapError((error) =>
          folderError(folder, `could not be read (${reasonOf(error)})`, "Name an existing folder.")
        )
      )
    const documents = names.filter((name) => path.extname(name).toLowerCase() in formats).sort()
    if (documents.length === 0) {
      return yield* folderError(folder, "has no .md, .markdown or .txt file in it", "Name a folder of documents.")
    }
    if (documents.length > documentsMax) {
      const found = `has ${documents.length} documents, and this example takes ${documentsMax}`
      return yield* folderError(folder, found, "Name a smaller folder.")
    }
    return documents.map((name) => path.join(folder, name))
  })

const folderError = (folder: string, found: string, advice: string) =>
  new FolderError({ message: `--folder ${folder} ${found}. ${advice}` })

const reasonOf = (error: { readonly _tag: string; readonly reason?: string }): string => error.reason ?? error._tag

export const read = (document: string) =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const fail = (problem: GlossaryError["problem"]) => new GlossaryError({ path: document, problem })
    const { size } = yield* Effect.mapError(fileSystem.stat(document), () => fail("unreadable"))
    if (size > bytesMax) return yield* fail("too large")
    const bytes = yield* Effect.mapError(fileSystem.readFile(document), () => fail("unreadable"))
    const text = yield* Effect.try({
      try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      catch: () => fail("not UTF-8")
    })
    return { text, format: formats[path.extname(document).toLowerCase()] ?? "text" }
  })
