import { BackendPostgres } from "openworkflow/postgres"
import { workerOn } from "./openworkflowWorker.js"

export const open = async ({ url }) => ({
  durability: "synchronous_commit = on",
  one: await workerOn(await BackendPostgres.connect(url))
})
