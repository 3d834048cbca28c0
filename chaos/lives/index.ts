/**
 * The workloads that explorers draw: lives of a kernel and its runs, as data, each under whatever faults
 * and in whatever order the explorer chooses.
 *
 * @since 0.1.0
 */
export { livesInMemory } from "./livesInMemory.js"
export { livesOnSqlite } from "./livesOnSqlite.js"
export { oneRunOnSqlite } from "./oneRunOnSqlite.js"
export { sharedLivesInMemory } from "./sharedLivesInMemory.js"
export { sharedLivesOnSqlite } from "./sharedLivesOnSqlite.js"
