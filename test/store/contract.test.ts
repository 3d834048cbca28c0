/** The contract suite on every store; one line for each. */
import * as Layer from "effect/Layer"
import { Chaos, FaultPlan } from "../../chaos/index.js"
import * as RunStore from "../../src/RunStore.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { hostClient, onFreshFile, sqliteFile, sqliteMemory } from "./databases.js"
import { runStoreContract } from "./runStoreContract.js"

runStoreContract("memory", RunStore.layerMemory)
runStoreContract("a SQLite file", sqliteFile)
runStoreContract("SQLite in memory", sqliteMemory)
runStoreContract("the host's own client", hostClient)

// A chaos layer in whose plan nothing goes wrong must not be noticed.
runStoreContract(
  "memory, under a chaos store",
  Chaos.layerStore(FaultPlan.none).pipe(Layer.provide(RunStore.layerMemory))
)
runStoreContract(
  "a SQLite file, under a chaos connector",
  onFreshFile((filename) =>
    SqlRunStore.layer().pipe(
      Layer.provide(Chaos.layerConnector(FaultPlan.none)),
      Layer.provide(SqliteRunStore.connector({ filename }))
    )
  )
)
