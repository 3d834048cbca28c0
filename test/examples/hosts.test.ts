/**
 * What `npm run hosts` runs, as real processes: one of three hosts is killed, and the others write what it had begun. Runs
 * what `tsc -b` has compiled.
 */
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

const main = fileURLToPath(new URL("../../dist/docs/examples/hosts/main.js", import.meta.url))

const printed = Effect.async<{ readonly stdout: string; readonly stderr: string; readonly code: unknown }>((resume) => {
  execFile(process.execPath, [main], { timeout: 100_000 }, (error, stdout, stderr) =>
    resume(Effect.succeed({ stdout, stderr, code: error?.code ?? 0 }))
  )
})

describe("npm run hosts", () => {
  it.live(
    "shows how two hosts write what a third one had begun when it was killed",
    () =>
      Effect.gen(function* () {
        assert.isTrue(existsSync(main), "run `npx tsc -b` first: the example is not compiled")
        const { code, stderr, stdout } = yield* printed
        assert.strictEqual(stderr, "")
        assert.strictEqual(code, 0)
        assert.include(stdout, "anna begins january\n")
        assert.include(stdout, "anna is killed\n")
        assert.notInclude(stdout, "anna has written")
        assert.match(stdout, /(?:bela|cleo) begins january, attempt 2\n/)
        assert.match(stdout, /(?:bela|cleo) has written january\n/)
        const rows = stdout.split("what the database says:\n")[1]?.trimEnd().split("\n") ?? []
        assert.lengthOf(rows, 9)
        for (const row of rows) assert.match(row, /^ {2}[a-z]+ +completed/)
        assert.lengthOf(
          rows.filter((row) => row.endsWith("in attempt 2")),
          3
        )
      }),
    120_000
  )
})
