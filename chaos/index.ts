/**
 * Breaks the database on purpose, the same way each time: for Holdfast's own suite and for every host's.
 *
 * @since 0.1.0
 */
export * as Chaos from "./Chaos.js"
export * as Explorer from "./Explorer.js"
export { interleave, pairs, random, replay, sweep } from "./Explorer.js"
export * as FaultPlan from "./FaultPlan.js"
export * as History from "./History.js"
export * as Invariants from "./Invariants.js"
export * as Report from "./Report.js"
export * as Scenario from "./Scenario.js"
export * as Simulation from "./Simulation.js"
