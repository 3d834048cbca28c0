/**
 * `npm run chaos:guarantees`: writes the pages of guarantees and of mutants. Exits with 1 where something
 * that should stand behind a guarantee is missing.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as GuaranteesPage from "./guaranteesPage.js"
import * as MutantsPage from "./mutantsPage.js"
import * as Sources from "./sources.js"

const program = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const sources = yield* Sources.read(process.cwd())
  for (const page of [GuaranteesPage, MutantsPage]) {
    yield* files.writeFileString(page.file, page.render(sources))
    yield* Console.log(`wrote ${page.file}`)
  }
  const gaps = [...GuaranteesPage.gaps(sources), ...MutantsPage.gaps(sources)]
  for (const gap of gaps) yield* Console.error(`gap: ${gap}`)
  if (gaps.length > 0) process.exitCode = 1
})

program.pipe(Effect.provide(NodeContext.layer), NodeRuntime.runMain)
