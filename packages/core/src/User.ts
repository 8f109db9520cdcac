/**
 * A person as Frame.io embeds one, such as an asset's creator.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const text = Schema.optional(Schema.NullOr(Schema.String))

const fields = Schema.Struct(
  {
    /** `"user"` where it is sent. */
    _type: text,
    /** UUID. */
    id: text,
    /** UUID. */
    account_id: text,
    name: text,
    email: text,
    /** URL of the picture. */
    profile_image: text,
    /** ISO 8601, UTC. */
    inserted_at: text,
    /** ISO 8601, UTC. */
    updated_at: text,
    /** ISO 8601, UTC. */
    deleted_at: text,
    /** Documented as a list of names; real payloads carry an object. */
    integrations: Schema.optional(
      Schema.NullOr(
        Schema.Union(Schema.Array(Schema.Unknown), Schema.Record({ key: Schema.String, value: Schema.Unknown }))
      )
    )
  },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
)

/**
 * A person as Frame.io embeds one. Nothing is required, because short and long forms are both sent. Field types are those
 * of real payloads where they differ from the documentation.
 *
 * @example
 * ```ts
 * const { creator } = yield* frameio.get({ assetId: shot })
 * yield* Console.log(creator?.name ?? "somebody")
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const User: Schema.Schema<User> = fields.annotations({ identifier: "User" })

export interface User extends Schema.Schema.Type<typeof fields> {}
