/** The work that the hosts share: a report of a month, which any of them can begin again. */
import { Effect, Schema } from "effect"
import { Run, Work } from "effect-holdfast"

export const Report = Work.make("report", {
  payload: { month: Schema.String },
  success: Schema.Struct({ pages: Schema.Int }),
  // One report at a time for each month, whichever host writes it.
  key: ({ month }) => month,
  // If its host is lost, another one begins it again.
  onHostExit: "restart"
})

const pages = 8

/** How this host writes a report; `say` is where it tells of it. */
export const layer = (say: (line: string) => Effect.Effect<void>) =>
  Report.toLayer(({ month }) =>
    Effect.gen(function* () {
      const { attempt } = yield* Run.CurrentRun
      yield* say(`begins ${month}${attempt === 1 ? "" : `, attempt ${attempt}`}`)
      for (let page = 1; page <= pages; page++) {
        yield* Effect.sleep("300 millis")
        yield* Run.progress({ current: page, total: pages })
      }
      yield* say(`has written ${month}`)
      return { pages }
    })
  )
