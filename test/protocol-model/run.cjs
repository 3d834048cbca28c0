// `node test/protocol-model/run.cjs S4 S8-removeFenced`: explores scenarios completely, with all rules or without one, and
// prints what was found, with the shortest trace. Without names all of them, which takes minutes.
const { explore, SIMPLE } = require("./model.cjs")
const scenarios = require("./scenarios.cjs")

const asked = process.argv.slice(2)
for (const name of asked.length > 0 ? asked : Object.keys(scenarios)) {
  const [id, without] = name.split("-")
  const { cut, found, states } = explore({ ...scenarios[id], repairs: SIMPLE.filter((rule) => rule !== without) })
  console.log(`${name}: ${states} states${cut ? ", cut off" : ""}, ${[...found.keys()].join(", ") || "no violation"}`)
  for (const [violation, { msg, trace }] of found) {
    if (!violation.startsWith("limit")) console.log(`  ${violation}: ${msg}\n    ${trace.join(" | ")}`)
  }
}
