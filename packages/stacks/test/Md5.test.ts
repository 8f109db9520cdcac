import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck } from "effect"
import * as Md5 from "../src/internal/md5.js"

const HALF = 524_288

/** Bytes that differ from place to place. */
const bytesOf = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let at = 0, word = length + 1; at < length; at++) {
    word = (Math.imul(word, 1_103_515_245) + 12_345) >>> 0
    bytes[at] = word >>> 24
  }
  return bytes
}

const expected = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex")

/** In the thread whatever the length, for a part of 25 MB is what is told. */
const hashed = (bytes: Uint8Array, piece: number): Effect.Effect<string> =>
  Effect.acquireUseRelease(
    Effect.sync(() => Md5.make(25_000_000)),
    (md5) =>
      Effect.gen(function* () {
        if (md5 === undefined) return "none"
        for (let at = 0; at < bytes.length; at += piece) {
          const lent = bytes.slice(at, at + piece)
          const wait = md5.update(lent)
          if (wait !== undefined) yield* wait
          lent.fill(0)
        }
        return yield* md5.digest
      }),
    (md5) => Effect.sync(() => md5?.close())
  )

describe("Md5", () => {
  it.live.prop(
    "is MD5, whatever the lengths and pieces of those that are hashed side by side",
    [
      FastCheck.array(
        FastCheck.tuple(
          FastCheck.oneof(
            FastCheck.nat(130),
            FastCheck.integer({ min: HALF - 70, max: HALF + 70 }),
            FastCheck.integer({ min: 2 * HALF - 70, max: 5 * HALF })
          ),
          FastCheck.oneof(FastCheck.integer({ min: 20_000, max: HALF }), FastCheck.constant(3 * HALF))
        ),
        { minLength: 1, maxLength: 9 }
      )
    ],
    ([messages]) =>
      Effect.gen(function* () {
        const parts = messages.map(([length, piece]) => ({ bytes: bytesOf(length), piece }))
        const digests = yield* Effect.forEach(parts, ({ bytes, piece }) => hashed(bytes, piece), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(
          digests,
          parts.map(({ bytes }) => expected(bytes))
        )
      }),
    { fastCheck: { numRuns: 25 } }
  )

  it.live("gives the room of what is left early to the next", () =>
    Effect.gen(function* () {
      const bytes = bytesOf(HALF + 1)
      for (let round = 0; round < 200; round++) {
        const md5 = Md5.make(25_000_000)
        const wait = md5?.update(bytes)
        if (wait !== undefined) yield* wait
        md5?.close()
        if (round % 50 === 0) assert.strictEqual(yield* hashed(bytes, HALF), expected(bytes))
      }
    })
  )

  it("hashes small parts at once, without the thread", () => {
    const bytes = bytesOf(1000)
    const md5 = Md5.make(bytes.length)
    assert.isUndefined(md5?.update(bytes))
    assert.strictEqual(Effect.runSync(md5?.digest ?? Effect.succeed("none")), expected(bytes))
  })
})
