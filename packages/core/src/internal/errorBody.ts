/**
 * The documented body of an error, as it is on the wire.
 */
import * as Schema from "effect/Schema"

/** The fields of one entry of its `errors`. */
export const entry = {
  code: Schema.optional(Schema.Number),
  status: Schema.optional(Schema.Number),
  title: Schema.optional(Schema.String),
  detail: Schema.optional(Schema.String)
}

/** `HTTPError`. Every field is optional. */
export const ErrorBody = Schema.Struct({
  code: Schema.optional(Schema.NullOr(Schema.Number)),
  message: Schema.optional(Schema.NullOr(Schema.String)),
  errors: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct(entry).annotations({ identifier: "ErrorDetail" }))))
}).annotations({ identifier: "HTTPError" })
