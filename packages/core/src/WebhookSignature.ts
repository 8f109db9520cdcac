/**
 * The receiving end of a V4 webhook: whether a delivery is Frame.io's and recent, and what it says.
 *
 * A delivery is signed with the webhook's secret: HMAC-SHA256 of `v0:<timestamp>:<body>`. Frame.io tries five times, and
 * deliveries have no ids, so the same event may come again.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/**
 * The header of the signature, `v0=` and 64 hexadecimal digits.
 *
 * @since 0.1.0
 * @category constants
 */
export const SIGNATURE = "x-frameio-signature"

/**
 * The header of the time of sending, in s since 1970.
 *
 * @since 0.1.0
 * @category constants
 */
export const TIMESTAMP = "x-frameio-request-timestamp"

const Reference = Schema.Struct({ id: Schema.String }, Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/**
 * A delivery: the event and the ids it concerns. Unknown types and fields are kept.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Event = Schema.Struct(
  {
    /** Such as `file.versioned`. */
    type: Schema.String,
    /** The resource that changed. Whether `file.versioned` names the file or its stack is not documented. */
    resource: Schema.Struct(
      { id: Schema.String, type: Schema.String },
      Schema.Record({ key: Schema.String, value: Schema.Unknown })
    ),
    account: Schema.optional(Schema.NullOr(Reference)),
    workspace: Schema.optional(Schema.NullOr(Reference)),
    project: Schema.optional(Schema.NullOr(Reference)),
    /** The user who made the change. */
    user: Schema.optional(Schema.NullOr(Reference))
  },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
).annotations({ identifier: "V4WebhookEvent" })

export interface Event extends Schema.Schema.Type<typeof Event> {}

/**
 * A request as it came.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  /** Names in lower case, as servers give them. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Byte for byte: JSON that was parsed and printed again has another signature. */
  readonly body: Uint8Array
}

/**
 * A delivery was refused. `Unsigned`: a header is missing or malformed. `Forged`: the signature is another's. `Stale`: it
 * was sent too long ago, or by a clock too far ahead. `Malformed`: it is Frame.io's, but not as documented.
 *
 * @since 0.1.0
 * @category errors
 */
export class WebhookRefused extends Data.TaggedError("FrameioWebhookRefused")<{
  readonly reason: "Unsigned" | "Forged" | "Stale" | "Malformed"
}> {
  override get message(): string {
    return `A webhook's delivery was refused: it is ${this.reason.toLowerCase()}.`
  }
}

/**
 * The defaults of {@link receive}.
 *
 * @internal
 */
export const defaults = { tolerance: "5 minutes" } as const

const HEX = /^v0=([0-9a-f]{64})$/i

const utf8 = new TextEncoder()

const keyOf = (secret: Redacted.Redacted<string>, use: "sign" | "verify"): Effect.Effect<CryptoKey> =>
  Effect.promise(() =>
    crypto.subtle.importKey("raw", utf8.encode(Redacted.value(secret)), { name: "HMAC", hash: "SHA-256" }, false, [use])
  )

const signed = (timestamp: string, body: Uint8Array): Uint8Array<ArrayBuffer> => {
  const head = utf8.encode(`v0:${timestamp}:`)
  const all = new Uint8Array(head.length + body.length)
  all.set(head)
  all.set(body, head.length)
  return all
}

const bytesOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16))

/**
 * The signature of a body, for a sender such as a test.
 *
 * @since 0.1.0
 * @category signing
 */
export const sign = (options: {
  /** The webhook's. */
  readonly secret: Redacted.Redacted<string>
  /** In s since 1970. */
  readonly timestamp: number
  /** As it is sent, byte for byte. */
  readonly body: Uint8Array
}): Effect.Effect<string> =>
  Effect.gen(function* () {
    const key = yield* keyOf(options.secret, "sign")
    const text = signed(String(options.timestamp), options.body)
    const mac = yield* Effect.promise(() => crypto.subtle.sign("HMAC", key, text))
    return `v0=${Array.from(new Uint8Array(mac), (byte) => byte.toString(16).padStart(2, "0")).join("")}`
  })

const decode = Schema.decodeUnknownEither(Schema.parseJson(Event))

/**
 * Reads a delivery after checking its signature and its age. The signature is compared in constant time.
 *
 * @example
 * ```ts
 * import { WebhookSignature } from "@effect-frameio/core"
 * import { Effect, Redacted } from "effect"
 *
 * const onEvent = ({ resource, type }: WebhookSignature.Event) =>
 *   type === "file.versioned" ? Effect.log(`${resource.id} has a new version`) : Effect.void
 *
 * const onDelivery = (delivery: WebhookSignature.Delivery) =>
 *   Effect.flatMap(WebhookSignature.receive(delivery, { secret: Redacted.make("of the webhook") }), onEvent)
 * ```
 *
 * @since 0.1.0
 * @category receiving
 */
export const receive = (
  { body, headers }: Delivery,
  options: {
    /** The secret, which Frame.io shows once, in the answer to creating the webhook. */
    readonly secret: Redacted.Redacted<string>
    /** How old a delivery may be, or ahead of this clock. Default 5 minutes. */
    readonly tolerance?: Duration.DurationInput | undefined
  }
): Effect.Effect<Event, WebhookRefused> =>
  Effect.gen(function* () {
    const timestamp = headers[TIMESTAMP] ?? ""
    const mac = HEX.exec(headers[SIGNATURE] ?? "")?.[1]
    if (mac === undefined || !/^\d{1,12}$/.test(timestamp)) return yield* new WebhookRefused({ reason: "Unsigned" })
    const key = yield* keyOf(options.secret, "verify")
    const isFrameios = yield* Effect.promise(() =>
      crypto.subtle.verify("HMAC", key, bytesOf(mac), signed(timestamp, body))
    )
    if (!isFrameios) return yield* new WebhookRefused({ reason: "Forged" })
    const age = Math.abs((yield* Clock.currentTimeMillis) - Number(timestamp) * 1_000)
    if (age > Duration.toMillis(options.tolerance ?? defaults.tolerance)) {
      return yield* new WebhookRefused({ reason: "Stale" })
    }
    const event = decode(new TextDecoder().decode(body))
    return yield* Either.mapLeft(event, () => new WebhookRefused({ reason: "Malformed" }))
  })
