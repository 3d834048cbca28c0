/**
 * The telemetry example against a collector of our own: what it is sent over OTLP is a tree that can be followed, and
 * figures that are those of the rows. While the first start waits, the database is locked.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, beforeAll, describe, it } from "@effect/vitest"
import Sqlite from "better-sqlite3"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Schedule from "effect/Schedule"
import { hostOn, imports } from "../../docs/examples/telemetry/imports.js"
import { fieldsOf, otlpReceiver, type Point, pointsOf, type Received, type SentSpan } from "./otlpReceiver.js"

interface Row {
  readonly run_id: string
  readonly status: string
}

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "holdfast-telemetry-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** Waits for something that is on its way. */
const until = (isThere: () => boolean) =>
  Effect.repeat(Effect.sync(isThere), { until: (is) => is, schedule: Schedule.spaced("5 millis") })

const valueOf = (point: Point | undefined): number => Number(point?.asDouble ?? point?.asInt)

/** The figures of all kernels of a process are in one place, those of other tests too: these carry a tag. */
const tag = "observed"

const ownPointsOf = (received: Received, name: string): ReadonlyArray<Point> =>
  pointsOf(received.exports.at(-1), name).filter(({ attributes }) => fieldsOf(attributes)["host"] === tag)

const observe = Effect.gen(function* () {
  const { endpoint, received } = yield* otlpReceiver
  const filename = join(yield* directory, "runs.db")
  const ids = yield* Effect.gen(function* () {
    const lock = new Sqlite(filename)
    lock.exec("BEGIN IMMEDIATE")
    const starting = yield* Effect.fork(imports)
    const last = (name: string) => ownPointsOf(received, name)
    yield* until(() => last("holdfast_write_failures").some((point) => valueOf(point) > 0))
    yield* until(() => last("holdfast_runs_active").some((point) => valueOf(point) === 1))
    lock.exec("ROLLBACK")
    lock.close()
    return yield* Fiber.join(starting)
  }).pipe(
    Effect.provide(hostOn(filename, { endpoint, serviceName: "imports", metricsEveryMillis: 50 })),
    Effect.provide(Logger.remove(Logger.defaultLogger)),
    Effect.tagMetrics("host", tag)
  )
  const database = new Sqlite(filename, { readonly: true })
  const rows = database.prepare("SELECT run_id, status FROM holdfast_runs").all() as ReadonlyArray<Row>
  database.close()
  return { ids, received, rows }
})

let seen: { readonly ids: ReadonlyArray<string>; readonly received: Received; readonly rows: ReadonlyArray<Row> }
beforeAll(async () => {
  seen = await Effect.runPromise(Effect.scoped(observe))
})

const named = (name: string): ReadonlyArray<SentSpan> => seen.received.spans.filter((span) => span.name === name)
const runOf = (index: number): SentSpan => {
  const span = named("Run").find(({ attributes }) => fieldsOf(attributes)["holdfast.run.id"] === seen.ids[index])
  assert.isDefined(span)
  return span as SentSpan
}

describe("the spans of a host that exports them", () => {
  it("have each start and cancel under the span of the caller, with the run that it is about", () => {
    const [caller] = named("POST /imports")
    const starts = named("RunKernel.start")
    assert.deepStrictEqual([...seen.received.services], ["imports"])
    assert.isTrue([...starts, ...named("RunKernel.cancel")].every((span) => span.parentSpanId === caller?.spanId))
    assert.deepStrictEqual(
      starts.map(({ attributes }) => fieldsOf(attributes)),
      seen.ids.map((id) => ({ "holdfast.run.name": "import", "holdfast.run.id": id }))
    )
    assert.deepStrictEqual(
      named("RunKernel.cancel").map(({ attributes }) => fieldsOf(attributes)["holdfast.run.id"]),
      [seen.ids[2]]
    )
  })

  it("have one root for the work of each run, linked to its start, with the spans of the work under it", () => {
    assert.lengthOf(named("Run"), 3)
    for (const [index, id] of seen.ids.entries()) {
      const { attributes, links, parentSpanId } = runOf(index)
      assert.include(fieldsOf(attributes), {
        "holdfast.run.id": id,
        "holdfast.run.name": "import",
        "holdfast.run.attempt": 1
      })
      assert.isUndefined(parentSpanId)
      const start = named("RunKernel.start")[index]
      assert.deepStrictEqual(
        links?.map(({ spanId, traceId }) => [traceId, spanId]),
        [[start?.traceId, start?.spanId]]
      )
    }
    assert.sameMembers(
      named("pages").map(({ parentSpanId }) => parentSpanId),
      [runOf(0).spanId, runOf(1).spanId]
    )
  })

  it("mark work that failed, with its error, and work that was interrupted", () => {
    assert.deepStrictEqual(
      seen.ids.map((_, index) => runOf(index).status.code),
      [1, 2, 1]
    )
    assert.strictEqual(runOf(1).status.message, "page 2 is not there")
    assert.strictEqual(runOf(1).events?.[0]?.name, "exception")
    assert.strictEqual(fieldsOf(runOf(2).attributes)["status.interrupted"], true)
  })

  it("have each statement with its runs, those of the store and of the driver under it, and mark those that failed", () => {
    const writes = named("StatusWriter.write")
    const [failed] = writes.filter(({ status }) => status.code === 2)
    assert.include(fieldsOf(failed?.attributes ?? []), {
      "db.operation.name": "insert",
      "db.operation.batch.size": 1,
      "holdfast.run.id": seen.ids[0]
    })
    for (const id of seen.ids) {
      const settles = writes.filter(({ attributes }) => {
        const fields = fieldsOf(attributes)
        return fields["db.operation.name"] === "settle" && String(fields["holdfast.run.id"]).split(",").includes(id)
      })
      assert.lengthOf(settles, 1)
      const store = named("SqlRunStore.settle").find(({ parentSpanId }) => parentSpanId === settles[0]?.spanId)
      assert.isTrue(named("sql.execute").some(({ parentSpanId }) => parentSpanId === store?.spanId))
    }
  })
})

describe("the metrics of a host that exports them", () => {
  const last = (name: string): ReadonlyArray<readonly [Readonly<Record<string, unknown>>, Point]> =>
    ownPointsOf(seen.received, name).map((point) => [fieldsOf(point.attributes), point])
  const byTag = (name: string, tag: string) =>
    Object.fromEntries(last(name).flatMap(([fields, point]) => (tag in fields ? [[fields[tag], valueOf(point)]] : [])))
  const counted = (values: ReadonlyArray<unknown>): Readonly<Record<string, number>> => {
    const counts: Record<string, number> = {}
    for (const one of values) counts[String(one)] = (counts[String(one)] ?? 0) + 1
    return counts
  }

  it("count what the rows say", () => {
    assert.deepStrictEqual(byTag("holdfast_runs_settled", "status"), counted(seen.rows.map(({ status }) => status)))
    assert.deepStrictEqual(counted(seen.rows.map(({ status }) => status)), { completed: 1, failed: 1, cancelled: 1 })
    assert.deepStrictEqual(
      last("holdfast_runs_started").map(([, point]) => valueOf(point)),
      [seen.rows.length]
    )
    for (const gauge of [
      "holdfast_runs_active",
      "holdfast_verdicts_parked",
      "holdfast_subscribers",
      "holdfast_verdict_parkings"
    ]) {
      assert.deepStrictEqual(
        last(gauge).map(([, point]) => valueOf(point)),
        [0],
        gauge
      )
    }
  })

  it("count each statement that has a span, and each that failed", () => {
    const writes = named("StatusWriter.write")
    const operations = (spans: ReadonlyArray<SentSpan>) =>
      counted(spans.map(({ attributes }) => fieldsOf(attributes)["db.operation.name"]))
    assert.deepStrictEqual(byTag("holdfast_write_attempts", "operation"), operations(writes))
    const failed = operations(writes.filter(({ status }) => status.code === 2))
    assert.deepStrictEqual(byTag("holdfast_write_failures", "operation"), failed)
    assert.deepStrictEqual(Object.keys(byTag("holdfast_write_failures", "class")), ["transient"])
  })

  it("have what should never be counted from the beginning, at zero", () => {
    assert.deepStrictEqual(byTag("holdfast_leases_lost", "cause"), { ended: 0, fenced: 0 })
    for (const counter of ["holdfast_hosts_fenced", "holdfast_cancel_grace_exceeded"]) {
      assert.deepStrictEqual(
        last(counter).map(([, point]) => valueOf(point)),
        [0],
        counter
      )
    }
  })

  it("have each settled run in one bucket of the latency, which is in seconds and says so", () => {
    const [[, latency] = []] = last("holdfast_persist_latency_seconds")
    assert.strictEqual(latency?.count, seen.rows.length)
    assert.strictEqual(
      latency?.bucketCounts?.reduce<number>((sum, one) => sum + Number(one), 0),
      seen.rows.length
    )
    assert.isAbove(latency?.sum ?? 0, 0)
    assert.isBelow(latency?.sum ?? 0, 30)
    assert.strictEqual(
      seen.received.exports.at(-1)?.find(({ name }) => name === "holdfast_persist_latency_seconds")?.unit,
      "s"
    )
  })
})
