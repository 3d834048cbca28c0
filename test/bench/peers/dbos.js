import { DBOS } from "@dbos-inc/dbos-sdk"

/** A workflow without steps, called and awaited: its start and its end are written. */
export const open = async ({ url }) => {
  DBOS.setConfig({ name: "bench", systemDatabaseUrl: url, systemDatabasePoolSize: 20, logLevel: "error" })
  const workflow = DBOS.registerWorkflow(async () => 1, { name: "bench" })
  await DBOS.launch()
  return { durability: "synchronous_commit = on", one: () => workflow() }
}
