import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { CheapestFirst } from "./cheapestFirst.js"

/** The tests that Stryker runs for each mutant: those of the kernel and of the stores, and the scenarios. */
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["test/kernel/**/*.test.ts", "test/store/**/*.test.ts", "test/mutation/scenarios.ts"],
    // It starts a thousand runs, to count their statements.
    exclude: ["test/kernel/statements.test.ts"],
    sequence: { sequencer: CheapestFirst },
    // All files in one worker, which loads the libraries once. Each mutant gets a new one.
    isolate: false,
    // A mutant that waits for ever is told soon.
    testTimeout: 15_000,
    hookTimeout: 15_000
  }
})
