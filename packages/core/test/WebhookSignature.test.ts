import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { WebhookSignature } from "@effect-frameio/core"
import { Effect, FastCheck, Redacted, TestClock } from "effect"

const secret = Redacted.make("made-up-signing-secret")

const BODY = JSON.stringify({
  account: { id: "3d1c9a52-7f04-4b8e-9c61-0e5a2f7b8d13" },
  project: { id: "c45f18de-92ab-4e07-8d3c-6a1b0f9e7725" },
  resource: { id: "b8e41f27-6a9c-4d35-90b7-2c7f1e8d4a65", type: "file" },
  type: "file.versioned",
  user: { id: "94f3b1c6-0e7d-4582-a6b9-d1c85e2f7043" },
  workspace: { id: "8b72e0f4-1c3d-4a95-b6e7-2f9d40c1a6e8" }
})

const SENT = 1_795_795_200

const bytes = (text: string) => new TextEncoder().encode(text)

/** As the guide words it, by another implementation. */
const signature = (timestamp: number, body: string, key = "made-up-signing-secret") =>
  `v0=${createHmac("sha256", key).update(`v0:${timestamp}:${body}`).digest("hex")}`

const delivery = (over?: { readonly signature?: string; readonly timestamp?: string; readonly body?: string }) => ({
  headers: {
    [WebhookSignature.SIGNATURE]: over?.signature ?? signature(SENT, BODY),
    [WebhookSignature.TIMESTAMP]: over?.timestamp ?? String(SENT)
  },
  body: bytes(over?.body ?? BODY)
})

const at = (seconds: number) => TestClock.setTime(seconds * 1_000)

const reason = (given: WebhookSignature.Delivery) =>
  Effect.map(Effect.flip(WebhookSignature.receive(given, { secret })), (error) => error.reason)

describe("WebhookSignature", () => {
  it.effect("gives the event of a delivery that is Frame.io's", () =>
    Effect.gen(function* () {
      yield* at(SENT + 2)
      const event = yield* WebhookSignature.receive(delivery(), { secret })
      assert.strictEqual(event.type, "file.versioned")
      assert.deepStrictEqual(event.resource, { id: "b8e41f27-6a9c-4d35-90b7-2c7f1e8d4a65", type: "file" })
      const upper = delivery({ signature: signature(SENT, BODY).toUpperCase().replace("V0", "v0") })
      assert.strictEqual((yield* WebhookSignature.receive(upper, { secret })).type, "file.versioned")
    })
  )

  it.effect("signs as the guide does", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* WebhookSignature.sign({ secret, timestamp: SENT, body: bytes(BODY) }),
        signature(SENT, BODY)
      )
    })
  )

  it.effect("refuses what is five minutes old or ahead, and not a moment earlier", () =>
    Effect.gen(function* () {
      for (const [away, good] of [
        [-301, false],
        [-300, true],
        [300, true],
        [301, false]
      ] as const) {
        yield* at(SENT + away)
        const result = yield* Effect.either(WebhookSignature.receive(delivery(), { secret }))
        assert.strictEqual(result._tag, good ? "Right" : "Left", `${away} s`)
      }
      assert.strictEqual(yield* reason(delivery()), "Stale")
      const patient = WebhookSignature.receive(delivery(), { secret, tolerance: "1 hour" })
      assert.strictEqual((yield* patient).type, "file.versioned")
    })
  )

  it.effect("refuses what has no signature, another's, or one of another body or time", () =>
    Effect.gen(function* () {
      yield* at(SENT)
      for (const [given, expected] of [
        [{ headers: {}, body: bytes(BODY) }, "Unsigned"],
        [delivery({ signature: signature(SENT, BODY).slice(3) }), "Unsigned"],
        [delivery({ signature: `sha256=${signature(SENT, BODY).slice(3)}` }), "Unsigned"],
        [delivery({ signature: `v0=${"0".repeat(62)}` }), "Unsigned"],
        [delivery({ timestamp: "now" }), "Unsigned"],
        [delivery({ signature: signature(SENT, BODY, "another secret") }), "Forged"],
        [delivery({ timestamp: String(SENT + 1) }), "Forged"],
        [delivery({ body: `${BODY} ` }), "Forged"],
        [delivery({ body: "[]", signature: signature(SENT, "[]") }), "Malformed"],
        [delivery({ body: "{", signature: signature(SENT, "{") }), "Malformed"]
      ] as const) {
        assert.strictEqual(yield* reason(given), expected)
      }
    })
  )

  it.effect("believes no delivery of which one bit is another", () =>
    Effect.gen(function* () {
      yield* at(SENT)
      const places = FastCheck.sample(FastCheck.integer({ min: 0, max: BODY.length * 8 - 1 }), { numRuns: 50, seed: 7 })
      for (const place of places) {
        const body = bytes(BODY)
        body[place >> 3] = (body[place >> 3] ?? 0) ^ (1 << (place & 7))
        assert.strictEqual(yield* reason({ ...delivery(), body }), "Forged")
      }
    })
  )

  it.effect("says nothing of the secret", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(WebhookSignature.receive(delivery(), { secret }))
      assert.notInclude(JSON.stringify(error) + error.message, "made-up")
    })
  )
})
