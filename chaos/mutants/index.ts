/**
 * Every mutant: a kernel that is wrong in one known way, and the scenario that must notice.
 *
 * @since 0.1.0
 */

import { atScale } from "./atScale.js"
import { cancelling } from "./cancelling.js"
import { hosts } from "./hosts.js"
import { journaling } from "./journaling.js"
import type { Mutant } from "./Mutant.js"
import { outcomes } from "./outcomes.js"
import { persistence } from "./persistence.js"
import { starting } from "./starting.js"
import { stopping } from "./stopping.js"
import { waiters } from "./waiters.js"

export const mutants: ReadonlyArray<Mutant> = [
  ...persistence,
  ...outcomes,
  ...cancelling,
  ...starting,
  ...stopping,
  ...journaling,
  ...waiters,
  ...hosts,
  ...atScale
]
