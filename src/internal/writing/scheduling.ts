/**
 * Who decides which fiber goes on. Under Effect's own schedulers the kernel may take a turn at once, or give one to
 * the event loop; under one of somebody else's (an explorer of interleavings) every turn is theirs.
 *
 * @since 0.1.0
 */
import { MixedScheduler, type Scheduler, SyncScheduler } from "effect/Scheduler"

/**
 * A `ManagedRuntime` builds its layers under a `SyncScheduler`, and the fibers forked there keep it: once the runtime is
 * up it hands everything to the default one.
 *
 * @internal
 */
export const isEffects = (scheduler: Scheduler): boolean =>
  scheduler instanceof MixedScheduler || scheduler instanceof SyncScheduler
