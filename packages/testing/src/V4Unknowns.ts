/**
 * What is not known of Frame.io's V4 API: an option each, with the default that the better witnesses speak for. The rules
 * between assets that both APIs share are in `Unknowns`.
 *
 * @since 0.1.0
 */

/**
 * The options. Every field may be left out.
 *
 * @since 0.1.0
 * @category models
 */
export interface V4Unknowns {
  /** Where a file lands that is moved onto a stack. Default `top`. */
  readonly movedFilePlace: "top" | "bottom"
  /** The order of a stack's children. Default `newest-first`. */
  readonly childrenOrder: "newest-first" | "oldest-first"
  /** What `head_version.parent_id` names. Default `stack`. */
  readonly headParent: "stack" | "folder"
  /** Whether a stack may hold files of several kinds. Default `refuse`. */
  readonly mediaMix: "refuse" | "allow"
  /** Whether a file that is still `created` may be stacked. Default `allow`. */
  readonly createdStackable: "allow" | "refuse"
  /** What becomes of a move onto a stack from another stack. Default `move`. */
  readonly nextInOtherStack: "move" | "refuse"
  /** What a move to where the file already is does. Default `unchanged`. */
  readonly moveToSameParent: "unchanged" | "refuse" | "to-top"
  /** The status for a new stack's file that is not in the folder. Default 422. */
  readonly createWithMember: 404 | 409 | 422
  /** Whether a new stack with one wrong file is made of the others. Default `atomic`. */
  readonly createAtomic: "atomic" | "partial"
  /** The status of a move onto a file. Default 422. */
  readonly moveOntoFile: 404 | 422
  /** Whether files may change project. Default `allow`. */
  readonly crossProjectMove: "allow" | "refuse"
  /** The status for a stack's id where a file's belongs. Default 422. */
  readonly stackOnFileRoute: 404 | 422
  /** The status for a stack's id where a folder's belongs. Default 404. */
  readonly stackOnFolderRoute: 404 | 422
  /** Whether an unknown route is told as JSON or as text; 404 either way. Default `json`. */
  readonly unknownRoute: "json" | "text"
  /** What happens to a query parameter that is not declared. Default `refuse`. */
  readonly unknownQuery: "refuse" | "ignore"
  /** Where `reorder` can be called: always, with `api-version: experimental` only, or not at all. Default `stable`. */
  readonly reorder: "stable" | "experimental" | "absent"
  /** What a listing's cursor stands for. Default `offset`, so that a listing read while files leave skips some. */
  readonly cursor: "offset" | "keyset"
  /** Whether `links.next` has the query's other parameters. Default `false`. */
  readonly nextCarriesQuery: boolean
  /** `total_count` when nobody asked. Default `null`. */
  readonly totalCount: "null" | "absent"
  /** How long reads may show what was before a change, in ms. Default 0. */
  readonly readAfterWriteMillis: number
  /** Whom a bucket belongs to. Default `account_user`. */
  readonly bucketScope: "account_user" | "account" | "user"
  /** The body of a 429. Default `json`. */
  readonly rateLimitBody: "json" | "text"
  /** What `remaining` says on a 429. Default `full`: the limiter library's quirk. */
  readonly remainingOn429: "full" | "zero" | "absent"
  /** `Retry-After` on a 429, in seconds; none by default. */
  readonly retryAfter: number | undefined
  /** Whether a 204 has the rate-limit headers. Default `false`, as declared. */
  readonly headersOn204: boolean
  /** How long an issued access token lives, in ms. Default 86 399 000. */
  readonly tokenLifeMillis: number
  /** Whether a refresh gives a new refresh token and ends the old one. Default `new`. */
  readonly refreshRotation: "new" | "same"
  /** Whether a client without a secret gets a refresh token. Default `true`. */
  readonly publicRefresh: boolean
  /** Whether a request with a missing or a default user agent is refused with 403. Default `false`. */
  readonly userAgentFilter: boolean
  /** The largest part of an upload, in bytes. Default 20 000 000. */
  readonly partSize: number
  /** How long upload URLs hold, in ms. Default 24 hours. */
  readonly uploadUrlLifeMillis: number
}

/**
 * The options, each of which has a default.
 *
 * @since 0.1.0
 * @category models
 */
export type Options = { readonly [Name in keyof V4Unknowns]?: V4Unknowns[Name] | undefined }

/**
 * The defaults.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: V4Unknowns = {
  movedFilePlace: "top",
  childrenOrder: "newest-first",
  headParent: "stack",
  mediaMix: "refuse",
  createdStackable: "allow",
  nextInOtherStack: "move",
  moveToSameParent: "unchanged",
  createWithMember: 422,
  createAtomic: "atomic",
  moveOntoFile: 422,
  crossProjectMove: "allow",
  stackOnFileRoute: 422,
  stackOnFolderRoute: 404,
  unknownRoute: "json",
  unknownQuery: "refuse",
  reorder: "stable",
  cursor: "offset",
  nextCarriesQuery: false,
  totalCount: "null",
  readAfterWriteMillis: 0,
  bucketScope: "account_user",
  rateLimitBody: "json",
  remainingOn429: "full",
  retryAfter: undefined,
  headersOn204: false,
  tokenLifeMillis: 86_399_000,
  refreshRotation: "new",
  publicRefresh: true,
  userAgentFilter: false,
  partSize: 20_000_000,
  uploadUrlLifeMillis: 86_400_000
}

/**
 * Fills in the defaults.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): V4Unknowns => {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}
