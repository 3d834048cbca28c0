/**
 * How a scenario runs a host in a process of its own, from the sources, with the mutant that the
 * scenario itself is loaded with (`chaos/mutants/loadMutated` leaves it in the environment).
 *
 * @since 0.1.0
 */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/[\\/]$/, "")
const mutants: ReadonlyArray<{ readonly file: string; readonly find: string; readonly replace: string }> = JSON.parse(
  process.env["HOLDFAST_MUTANTS"] ?? "[]"
)

export default defineConfig({
  root,
  plugins: [
    {
      name: "holdfast-mutants",
      enforce: "pre",
      transform: (code, id) =>
        mutants
          .filter(({ file }) => id === `${root}/${file}`)
          .reduce((text, { find, replace }) => text.split(find).join(replace), code)
    }
  ]
})
