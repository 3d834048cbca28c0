/**
 * The work: one document in, its glossary out. It goes paragraph by paragraph, says how far it has come
 * and logs what it finds, and knows nothing of databases, statuses or retries. The definition at the top
 * is all that a host, a client and a test have to share.
 */
import { Effect, Schema } from "effect"
import { Run, Work } from "effect-holdfast"
import * as Documents from "./documents.js"
import * as Glossary from "./glossary.js"
import { Witness } from "./witness.js"

/** What a run of this work gives; Holdfast stores it as JSON in the run's row. */
export const Result = Schema.Struct({
  language: Schema.Literal("en", "ja"),
  paragraphs: Schema.Int,
  words: Schema.Int,
  terms: Schema.Array(Schema.Struct({ term: Schema.String, count: Schema.Int }))
})

export const BuildGlossary = Work.make("glossary", {
  payload: { path: Schema.String },
  success: Result,
  error: Documents.GlossaryError,
  // One run at a time for each document.
  key: (payload) => payload.path,
  timeout: "1 minute"
})

/** Requires `CurrentRun`, which the manager of the run provides. */
export const build = Effect.fn("glossary.build")(function* (path: string) {
  const { format, text } = yield* Documents.read(path)
  const language = Glossary.languageOf(text)
  const paragraphs = Glossary.paragraphs(text, format)
  yield* Effect.log(`${paragraphs.length} paragraphs, ${language}`)
  let counted = Glossary.empty
  for (const [index, paragraph] of paragraphs.entries()) {
    counted = Glossary.add(counted, Glossary.count(paragraph, language))
    yield* Run.progress({ current: index + 1, total: paragraphs.length, step: firstWords(paragraph) })
    yield* Effect.sleep(pause(text.length, paragraphs.length))
  }
  if (counted.counts.size === 0) return yield* new Documents.GlossaryError({ path, problem: "no words" })
  const terms = Glossary.top(counted, termsMax)
  yield* Effect.log(`most frequent: ${terms[0]?.term}`)
  return { language, paragraphs: paragraphs.length, words: counted.words, terms }
})

/** Registers the work with the kernel. The witness is there for the table at the end of this example. */
export const layer = BuildGlossary.toLayer(({ path }) =>
  Effect.flatMap(Witness, (witness) => witness.watch(path, build(path)))
)

const termsMax = 12

/** Counting takes no time at all, so the example takes some: 3 to 6 seconds a document, by its length. */
const pause = (characters: number, paragraphs: number): number =>
  Math.round(Math.min(3000 + characters, 6000) / paragraphs)

const firstWords = (paragraph: string): string => [...paragraph.replaceAll("\n", " ")].slice(0, 24).join("")
