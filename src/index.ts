/**
 * Everything that is loaded without a database driver. `SqlConnector`, `SqlRunStore`, `SqliteRunStore`
 * and `RunDatabase` are modules of their own.
 *
 * @since 0.1.0
 */
export * as Run from "./Run.js"
export * as RunError from "./RunError.js"
export * as RunHistory from "./RunHistory.js"
export * as RunHost from "./RunHost.js"
export * as RunId from "./RunId.js"
export * as RunKernel from "./RunKernel.js"
export * as RunLog from "./RunLog.js"
export * as RunMetrics from "./RunMetrics.js"
export * as RunReport from "./RunReport.js"
export * as RunStatus from "./RunStatus.js"
export * as RunStore from "./RunStore.js"
export * as VerdictJournal from "./VerdictJournal.js"
export * as Work from "./Work.js"
