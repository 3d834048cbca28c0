/**
 * The program that `main` starts for each part: `partProcess.js PART SIZE`.
 *
 * @since 0.1.0
 */
import { answer } from "./child.js"
import { entriesOf } from "./onePart.js"
import { parts } from "./parts/index.js"

// Whoever started it is gone: nobody waits for the entries.
process.on("disconnect", () => process.exit(1))

const [name, size] = process.argv.slice(2)
const part = parts.find((part) => part.name === name)
if (part === undefined) throw new Error(`there is no part called ${name}`)
await answer(await entriesOf(part, size === "quick" ? "quick" : "full"))
process.exit()
