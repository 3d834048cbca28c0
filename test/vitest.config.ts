import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

export default defineConfig({
  root: path(".."),
  resolve: {
    // Documentation imports the package by its name; every other file by relative path, so that no
    // second copy of the kernel is loaded which a mutant would miss.
    alias: [
      { find: /^effect-holdfast$/, replacement: path("../src/index.ts") },
      { find: /^effect-holdfast\/chaos$/, replacement: path("../chaos/index.ts") },
      { find: /^effect-holdfast\/(.+)$/, replacement: path("../src/$1.ts") }
    ]
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: "forks",
    // The files of a fork share their modules, which keep nothing between tests: to load them anew for each of a hundred
    // files took a third of the time of all that are small.
    isolate: false,
    poolOptions: {
      forks: {
        minForks: 1,
        maxForks: 2,
        // Most of what runs here is short-lived garbage of simulations: collected rarely, and by no threads beside the
        // forks, which keep the cores busy themselves.
        execArgv: ["--max-semi-space-size=128", "--single-threaded-gc"]
      }
    }
  }
})
