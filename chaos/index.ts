/**
 * Breaks the database on purpose, the same way each time: for Holdfast's own suite and for every host's.
 *
 * @since 0.1.0
 */
export * as Chaos from "./Chaos.js"
export * as FaultPlan from "./FaultPlan.js"
export * as Scenario from "./Scenario.js"
export * as Simulation from "./Simulation.js"
