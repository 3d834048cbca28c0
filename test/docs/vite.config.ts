/**
 * How the examples of the documentation run: with the package's own name standing for the sources.
 *
 * @since 0.1.0
 */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

export default defineConfig({
  root: path("../.."),
  resolve: {
    alias: [
      { find: /^effect-holdfast$/, replacement: path("../../src/index.ts") },
      { find: /^effect-holdfast\/chaos$/, replacement: path("../../chaos/index.ts") },
      { find: /^effect-holdfast\/(.+)$/, replacement: path("../../src/$1.ts") }
    ]
  }
})
