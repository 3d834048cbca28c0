/** The contract suite on every store; one line for each. */
import * as RunStore from "../../src/RunStore.js"
import { hostClient, sqliteFile, sqliteMemory } from "./databases.js"
import { runStoreContract } from "./runStoreContract.js"

runStoreContract("memory", RunStore.layerMemory)
runStoreContract("a SQLite file", sqliteFile)
runStoreContract("SQLite in memory", sqliteMemory)
runStoreContract("the host's own client", hostClient)
