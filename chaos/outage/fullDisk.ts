/**
 * A disk with no room left for the journal, by a limit that the system really enforces: a process may make
 * no file larger than so much (RLIMIT_FSIZE), and a write that would is cut off or fails with EFBIG. The
 * limit is of all files of the process; only the journal reaches it, since it writes text of the right kind
 * twice as long as the database does.
 *
 * @since 0.1.0
 */
import type * as RunHistory from "../../src/RunHistory.js"

/** Forty results of so many quotation marks are 1.4 MB in the database, and 2.7 MB in the journal. */
export const resultLength = 17_000

/** Between the two, with room for what else is in the database and in the log. */
export const fileMaxKib = 2_250

/** The command under the limit. Node ignores the signal that would come with it (SIGXFSZ), and sees the error. */
export const limited = (
  kib: number | undefined,
  command: readonly [string, ...ReadonlyArray<string>]
): readonly [string, ...ReadonlyArray<string>] =>
  kib === undefined ? command : ["bash", "-c", `ulimit -S -f ${kib}; exec "$0" "$@"`, ...command]

/** How long an append, or the word of its failure, may be on its way. Of real time. */
const onItsWayMillis = 2_000

/**
 * The verdicts that were parked, and of which nobody was told what became of them: neither that they are in
 * the journal or in the database, nor that the journal has failed or that they are lost.
 */
export const unsaid = ({ lines, timelines }: RunHistory.RunHistory): ReadonlyArray<string> => {
  const failed = new Set<string>(lines.flatMap((line) => (line._tag === "JournalFailed" ? line.runIds : [])))
  return [...timelines.values()].flatMap((timeline) => {
    const parked = timeline.lines.find(({ _tag }) => _tag === "VerdictParked")
    if (parked === undefined || failed.has(timeline.runId)) return []
    const last = lines.findLast(({ hostId }) => hostId === parked.hostId)
    const isToldOf = timeline.lines.some(
      ({ _tag }) => _tag === "VerdictJournaled" || _tag === "VerdictWritten" || _tag === "VerdictLost"
    )
    return isToldOf || last === undefined || last.at - parked.at < onItsWayMillis
      ? []
      : [`run ${timeline.runId} was parked, and nothing was said of it after that`]
  })
}
