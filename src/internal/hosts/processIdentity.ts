/**
 * Who wrote a file, so that another process can tell whether its writer is gone: the process id, when it began, and the
 * boot of the machine. An id alone is used again, in a container at once. Where the system does not tell (it is read
 * from `/proc`), the id has to do, and a process that has it counts as the writer: a file is then taken over later,
 * never too early.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** As it stands in the name of a file: digits, letters and dashes. */
export const format = /\d+-\d+-[0-9a-f]+/

const unknown = "0"

/** Empty where it cannot be read. */
const contentsOf = (path: string): Effect.Effect<string, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (files) =>
    Effect.catchAll(files.readFileString(path), () => Effect.succeed(""))
  )

const boot: Effect.Effect<string, never, FileSystem.FileSystem> = Effect.map(
  contentsOf("/proc/sys/kernel/random/boot_id"),
  (id) => /^[0-9a-f]{8}/.exec(id)?.[0] ?? unknown
)

/** This process. */
export const own: Effect.Effect<string, never, FileSystem.FileSystem> = Effect.gen(function* () {
  const began = Option.getOrElse(yield* beganOf(process.pid), () => unknown)
  return `${process.pid}-${began}-${yield* boot}`
})

/** Whether the process is known to be gone. */
export const isGone = (identity: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const [pid, began, bootThen] = identity.split("-")
    if (bootThen !== (yield* boot)) return true
    const now = yield* beganOf(Number(pid))
    if (Option.isNone(now) || began === unknown) return !isThere(Number(pid))
    return now.value !== began
  })

/** Field 22 of `stat`, in ticks since the boot. */
const beganOf = (pid: number): Effect.Effect<Option.Option<string>, never, FileSystem.FileSystem> =>
  Effect.map(contentsOf(`/proc/${pid}/stat`), (stat) => {
    // The second field is a name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    // Dead, and not yet buried by its parent.
    if (fields[0] === "Z" || fields[0] === "X") return Option.some("dead")
    return Option.fromNullable(fields[19])
  })

/** Signal 0 asks and does nothing; a process that we may not ask is there. */
const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH")
  }
}
