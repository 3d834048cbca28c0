/**
 * The parts, in the order of the table.
 *
 * @since 0.1.0
 */
import type { Part } from "../part.js"
import { cancel } from "./cancel.js"
import { chaos } from "./chaos.js"
import { eventLoop } from "./eventLoop.js"
import { fanOut } from "./fanOut.js"
import { growth, growthMillion } from "./growth.js"
import { heap } from "./heap.js"
import { latency } from "./latency.js"
import { postgres } from "./postgres.js"
import { recovery, recoveryMillion } from "./recovery.js"
import { simulation } from "./simulation.js"
import { storm } from "./storm.js"
import { throughput } from "./throughput.js"
import { writes } from "./writes.js"

export const parts: ReadonlyArray<Part> = [
  throughput,
  postgres,
  latency,
  cancel,
  writes,
  eventLoop,
  fanOut,
  heap,
  recovery,
  recoveryMillion,
  growth,
  growthMillion,
  chaos,
  storm,
  simulation
]
