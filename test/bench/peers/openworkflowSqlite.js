import { BackendSqlite } from "openworkflow/sqlite"
import { synchronousIn } from "./inFlight.js"
import { workerOn } from "./openworkflowWorker.js"

export const open = async ({ filename }) => {
  const backend = BackendSqlite.connect(filename)
  const { synchronous } = backend.db.prepare("PRAGMA synchronous").get()
  return { durability: synchronousIn(synchronous), one: await workerOn(backend) }
}
