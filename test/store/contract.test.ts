/** The contract suite on every store; one line for each. */
import * as Layer from "effect/Layer"
import { Chaos, FaultPlan } from "../../chaos/index.js"
import * as PgRunStore from "../../src/PgRunStore.js"
import * as RunStore from "../../src/RunStore.js"
import * as SqliteRunStore from "../../src/SqliteRunStore.js"
import * as SqlRunStore from "../../src/SqlRunStore.js"
import { hostClient, hostClientOn, onFreshFile, sqliteFile, sqliteMemory } from "./databases.js"
import { postgresServer } from "./postgresServer.js"
import { runStoreContract } from "./runStoreContract.js"

runStoreContract("memory", RunStore.layerMemory)
runStoreContract("a SQLite file", sqliteFile)
runStoreContract("SQLite in memory", sqliteMemory)
runStoreContract("the host's own client", hostClient)

const server = postgresServer()
const onPostgres = { storesNul: false, keyBytesMax: 1000, onLeaseEnd: "stop" } as const
runStoreContract("Postgres", server.onFreshSchema(PgRunStore.layer), onPostgres)
runStoreContract("the host's own client on Postgres", hostClientOn(server), onPostgres)

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
runStoreContract(
  "Postgres, under a chaos connector",
  server.onFreshSchema((connection) =>
    SqlRunStore.layer().pipe(
      Layer.provide(Chaos.layerConnector(FaultPlan.none)),
      Layer.provide(PgRunStore.connector(connection))
    )
  ),
  onPostgres
)
