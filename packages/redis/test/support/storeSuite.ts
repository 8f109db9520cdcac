/** What holds for every store, whoever shares it. */

import { assert, it } from "@effect/vitest"
import { LeakyBucket, type RateLimitStore } from "@effect-frameio/ratelimit"
import { Effect, Redacted, type Scope } from "effect"
import { grantOne } from "./grantOne.js"

const key = (route = "POST /a", owner = "token-of-somebody"): RateLimitStore.BucketKey => ({
  owner: Redacted.make(owner),
  route
})

const rule = { limit: 100_000, windowMillis: 100_000 }

/** Grants one request, whatever the level, and returns its number. */
const takeOne = ({ bucket, now }: RateLimitStore.View): RateLimitStore.Update<number> => {
  const grant = grantOne(bucket, now, 1)
  return { value: grant.ticket?.sequence ?? 0, bucket: grant.bucket, backlog: 0 }
}

const look = (view: RateLimitStore.View): RateLimitStore.Update<RateLimitStore.View> => ({
  value: view,
  bucket: view.bucket,
  backlog: 0
})

export const storeSuite = (
  skip: boolean,
  /** So many stores that share, one for each process. */
  make: (count: number) => Effect.Effect<ReadonlyArray<RateLimitStore.Service>, never, Scope.Scope>
): void => {
  const test = it.scopedLive.skipIf(skip)

  test("loses no transaction of many at once", () =>
    Effect.gen(function* () {
      const stores = yield* make(4)
      const each = 50
      const numbers = yield* Effect.forEach(
        stores.flatMap((store) => Array.from({ length: each }, () => store)),
        (store) => store.update(key(), rule, takeOne),
        { concurrency: "unbounded" }
      )
      const all = Array.from({ length: stores.length * each }, (_, i) => i + 1)
      assert.deepStrictEqual(
        numbers.toSorted((a, b) => a - b),
        all
      )
      for (const store of stores) {
        const { bucket } = yield* store.update(key(), undefined, look)
        assert.strictEqual(bucket.granted, all.length)
        assert.strictEqual(bucket.inFlight, all.length)
      }
    }))

  test("shows a state as it was left, and time that only goes on", () =>
    Effect.gen(function* () {
      const stores = yield* make(2)
      let before = 0
      let left = LeakyBucket.make(rule)
      for (let i = 0; i < 20; i++) {
        for (const store of stores) {
          yield* store.update(key(), rule, ({ bucket, now }) => {
            assert.deepStrictEqual(bucket, left)
            assert.isAtLeast(now, before)
            before = now
            left = grantOne(bucket, now, 1).bucket
            return { value: undefined, bucket: left, backlog: 0 }
          })
        }
      }
      assert.strictEqual(left.granted, 40)
    }))

  test("keeps every field, whatever happened to the bucket", () =>
    Effect.gen(function* () {
      const [store, other = store] = yield* make(2)
      if (store === undefined || other === undefined) return assert.fail("no store")
      const left = yield* store.update(key(), undefined, ({ bucket, now }) => {
        const headers = { limit: 20, windowMillis: 1000, remaining: 3 }
        const first = grantOne(bucket, now, 1)
        if (first.ticket === undefined) throw new Error("no ticket")
        let next = LeakyBucket.answered(first.bucket, now, first.ticket, headers)
        for (let i = 0; i < 3; i++) next = grantOne(next, now, 1).bucket
        next = LeakyBucket.abandoned(next, now, Number.POSITIVE_INFINITY)
        next = LeakyBucket.refused(next, now, { ...first.ticket, sequence: 3 }, { ...headers, limit: 40 })
        next = grantOne(next, now, Number.POSITIVE_INFINITY).bucket
        return { value: next, bucket: next, backlog: Number.POSITIVE_INFINITY }
      })
      assert.isDefined(left.dearer)
      assert.isDefined(left.refusal)
      assert.strictEqual(left.lingering[0]?.until, Number.POSITIVE_INFINITY)
      const seen = yield* other.update(key(), undefined, look)
      assert.deepStrictEqual(seen.bucket, left)
    }))

  test("begins a new bucket with the hint, and leaves a known one alone", () =>
    Effect.gen(function* () {
      const [store] = yield* make(1)
      if (store === undefined) return assert.fail("no store")
      const hinted = yield* store.update(key(), rule, look)
      assert.deepStrictEqual(hinted.bucket, LeakyBucket.make(rule))
      yield* store.update(key(), rule, takeOne)
      const known = yield* store.update(key(), { limit: 1, windowMillis: 1 }, look)
      assert.deepStrictEqual(known.bucket.rule, rule)
      assert.isUndefined((yield* store.update(key("POST /b"), undefined, look)).bucket.rule)
    }))

  test("keeps owners and routes apart", () =>
    Effect.gen(function* () {
      const [store] = yield* make(1)
      if (store === undefined) return assert.fail("no store")
      // Joined, these are the same text.
      const keys = [key("b", "a"), key("", "ab"), key("ab", ""), key("b", "aa"), key("ab", "a")]
      for (const one of keys) assert.strictEqual(yield* store.update(one, rule, takeOne), 1)
    }))

  test("forgets what nobody uses, and goes on when it is used again", () =>
    Effect.gen(function* () {
      const [store] = yield* make(1)
      if (store === undefined) return assert.fail("no store")
      yield* store.update(key(), rule, look)
      yield* store.forget(key())
      yield* store.forget(key("POST /never-used"))
      assert.strictEqual(yield* store.update(key(), rule, takeOne), 1)
    }))
}
