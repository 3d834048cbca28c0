/** Silence, as an observer counts it: on its own clock, in unbroken contact, and for the other's whole lease. */
import { assert, describe, it } from "@effect/vitest"
import { Observer } from "../../src/internal/hosts/observer.js"
import type { LiveHost } from "../../src/RunStore.js"
import { here } from "../store/contract/fixtures.js"
import { registration } from "../store/contract/hosting.js"

const host = (renewSeq: number, over: Partial<LiveHost> = {}): LiveHost => ({
  ...registration({ leaseMillis: 10_000 }),
  renewSeq,
  ...over
})

const observer = (over: Partial<ConstructorParameters<typeof Observer>[0]> = {}, isGone = (_: LiveHost) => false) =>
  new Observer({ beyondLease: 1_000, afterGone: 0, gapMax: 4_000, ...over }, isGone)

/** Looks every two seconds, each answered within `millis`; gives when each was asked that found somebody out. */
const outAt = (
  observed: Observer,
  seq: (at: number) => number | undefined,
  { millis = 0, until = 30_000, over = {} } = {}
) => {
  const found: Array<number> = []
  for (let at = 0; at <= until; at += 2_000) {
    const renewSeq = seq(at)
    if (renewSeq === undefined) observed.lostContact()
    else {
      const live = [host(renewSeq, over)]
      if (observed.look({ live, askedAt: at, seenAt: at + millis }).length > 0) found.push(at)
    }
  }
  return found[0]
}

describe("an observer", () => {
  it("finds a host out after its lease and more without a renewal, and not before", () => {
    assert.strictEqual(
      outAt(observer(), () => 3),
      12_000
    )
    assert.strictEqual(
      outAt(observer(), (at) => (at < 6_000 ? 3 : 4)),
      18_000
    )
    assert.isUndefined(outAt(observer(), (at) => Math.floor(at / 10_000)))
  })

  it("waits for the lease of the host that it observes", () => {
    assert.strictEqual(
      outAt(observer(), () => 3, { over: { leaseMillis: 20_000 } }),
      22_000
    )
  })

  it("counts from an answer to a question, so that a slow database is nobody's silence", () => {
    assert.strictEqual(
      outAt(observer(), () => 3, { millis: 1_500 }),
      14_000
    )
  })

  it("begins anew after a look that failed", () => {
    assert.strictEqual(
      outAt(observer(), (at) => (at === 10_000 ? undefined : 3)),
      24_000
    )
  })

  it("begins anew after a pause that no look failed in: it may have been frozen together with the others", () => {
    const frozen = observer()
    assert.isEmpty(frozen.look({ live: [host(3)], askedAt: 0, seenAt: 0 }))
    assert.isEmpty(frozen.look({ live: [host(3)], askedAt: 3_600_000, seenAt: 3_600_000 }))
    assert.isEmpty(frozen.look({ live: [host(3)], askedAt: 3_602_000, seenAt: 3_602_000 }))
  })

  it("finds a host whose process is gone out at once, or after the time that it is given", () => {
    const look = { live: [host(3)], askedAt: 0, seenAt: 0 }
    assert.strictEqual(observer({}, () => true).look(look)[0]?.why, "processGone")
    const patient = observer({ afterGone: 3_000, beyondLease: 4_000 }, () => true)
    assert.strictEqual(
      outAt(patient, () => 3),
      4_000
    )
    let isGone = true
    const back = observer({ afterGone: 3_000, beyondLease: 4_000 }, () => isGone)
    assert.isEmpty(back.look(look))
    isGone = false
    assert.isEmpty(back.look({ ...look, askedAt: 3_500, seenAt: 3_500 }))
  })

  it("is of each host by itself", () => {
    const observed = observer({}, ({ hostId }) => hostId !== here)
    const live = [host(1), host(1, { hostId: "another" as typeof here })]
    assert.deepStrictEqual(
      observed.look({ live, askedAt: 0, seenAt: 0 }).map((found) => found.host.hostId),
      ["another"]
    )
  })
})
