import * as HttpServerResponse from "@effect/platform/HttpServerResponse"

/**
 * The answer of an operation.
 *
 * @internal
 */
export interface Answer {
  readonly status: number
  /** `undefined` is no body. */
  readonly body: unknown
}

/**
 * One entry of `errors`. Only `detail` is always there.
 *
 * @internal
 */
export interface Detail {
  readonly detail: string
  readonly title?: string
  readonly source?: { readonly pointer: string }
}

/** @internal */
export const ok = (body: unknown, status = 200): Answer => ({ status, body })

/** @internal */
export const data = (value: unknown, status = 200): Answer => ok({ data: value }, status)

/** @internal */
export const NO_CONTENT: Answer = { status: 204, body: undefined }

/** @internal */
export const refusal = (status: number, errors: ReadonlyArray<Detail>): Answer => ({ status, body: { errors } })

/** @internal */
export const refused = (status: number, detail: string, pointer?: string): Answer =>
  refusal(status, [{ detail, title: "Invalid value", ...(pointer === undefined ? {} : { source: { pointer } }) }])

/** @internal */
export const toResponse = ({ body, status }: Answer): HttpServerResponse.HttpServerResponse =>
  body === undefined ? HttpServerResponse.empty({ status }) : HttpServerResponse.unsafeJson(body, { status })
