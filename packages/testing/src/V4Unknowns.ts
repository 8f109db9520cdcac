/**
 * Unknown behaviour of Frame.io's V4 API: one option each, with the likelier default. `lastVersion`, `emptyStack`,
 * `stackName`, `copyName` and `copiedStack` of `Unknowns` apply to V4 too.
 *
 * @since 0.1.0
 */

/**
 * Unknown behaviour, as options.
 *
 * @example
 * ```ts
 * const Fake = FakeFrameio.layer({ v4: { readAfterWriteMillis: 500 } })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface V4Unknowns {
  /** The place of a file that is moved onto a stack. Default `top`. */
  readonly movedFilePlace: "top" | "bottom"
  /** The order of a stack's children. Default `newest-first`. */
  readonly childrenOrder: "newest-first" | "oldest-first"
  /** The asset that `head_version.parent_id` names. Default `stack`. */
  readonly headParent: "stack" | "folder"
  /** Whether a stack may hold files of several kinds. Default `refuse`. */
  readonly mediaMix: "refuse" | "allow"
  /** Whether a file that is still `created` may be stacked. Default `allow`. */
  readonly createdStackable: "allow" | "refuse"
  /** A move onto a stack from another stack. Default `move`. */
  readonly nextInOtherStack: "move" | "refuse"
  /** A move to where the file already is. Default `unchanged`. */
  readonly moveToSameParent: "unchanged" | "refuse" | "to-top"
  /** The status for a new stack's file that is not in the folder. Default 422. */
  readonly createWithMember: 404 | 409 | 422
  /** Whether a new stack with one wrong file is made of the others. Default `atomic`. */
  readonly createAtomic: "atomic" | "partial"
  /** A move onto a file: it is refused with this status, or makes a stack of the two. Default 422. */
  readonly moveOntoFile: 404 | 422 | "stacks"
  /** Whether files may change project. Default `allow`. */
  readonly crossProjectMove: "allow" | "refuse"
  /** The status for a stack's id where a file's belongs. Default 422. */
  readonly stackOnFileRoute: 404 | 422
  /** The status for a stack's id where a folder's belongs. Default 404. */
  readonly stackOnFolderRoute: 404 | 422
  /** The status for a malformed id. Default 422. */
  readonly malformedId: 400 | 404 | 422
  /** The status of deleting a stack by a file's route; stacks have none. Default 404. */
  readonly deleteStack: 404 | 422
  /** The body of the 404 for an unknown route. Default `json`. */
  readonly unknownRoute: "json" | "text"
  /** An undeclared query parameter. Default `refuse`. */
  readonly unknownQuery: "refuse" | "ignore"
  /** When `reorder` can be called: always, with `api-version: experimental` only, or not at all. Default `stable`. */
  readonly reorder: "stable" | "experimental" | "absent"
  /** The effect of `api-version` on an operation that is not experimental. Default `ignored`. */
  readonly versionHeaderOnStable: "ignored" | "refused"
  /** Whether `type` of a folder's children takes several kinds, joined with commas. Default `one`. */
  readonly childrenType: "one" | "list"
  /** The answer to an unknown `type`: an empty list, or a refusal. Default `empty`. */
  readonly unknownChildrenType: "empty" | 422
  /** The meaning of a listing's cursor. Default `offset`, so that a listing read while files leave skips some. */
  readonly cursor: "offset" | "keyset"
  /** Whether `links.next` has the query's other parameters. Default `false`. */
  readonly nextCarriesQuery: boolean
  /** `total_count` unless requested. Default `null`. */
  readonly totalCount: "null" | "absent"
  /** How long reads show the state before a change, in ms. Default 0. */
  readonly readAfterWriteMillis: number
  /** Whom a bucket belongs to. Default `account_user`. */
  readonly bucketScope: "account_user" | "account" | "user"
  /** The body of a 429. Default `json`. */
  readonly rateLimitBody: "json" | "text"
  /** The value of `remaining` on a 429. Default `full`: the limiter library's quirk. */
  readonly remainingOn429: "full" | "zero" | "true" | "absent"
  /** `Retry-After` on a 429, in seconds; none by default. */
  readonly retryAfter: number | undefined
  /** Whether a 204 has the rate-limit headers. Default `false`, as declared. */
  readonly headersOn204: boolean
  /** How many requests pass for each that the limit allows; the limiter library's own tests allow 1.4. Default 1. */
  readonly overAdmission: number
  /** How long after a change of a stack the next one is answered with 409, in ms. Default 0: never. */
  readonly conflictMillis: number
  /** How long an issued access token lives, in ms. Default 86 399 000. */
  readonly tokenLifeMillis: number
  /** Whether a refresh gives a new refresh token and ends the old one. Default `new`. */
  readonly refreshRotation: "new" | "same"
  /** Whether a client without a secret gets a refresh token. Default `true`. */
  readonly publicRefresh: boolean
  /** Whether a token without the scope `AdobeID` gets a 401. Default `refuse`. */
  readonly missingScope: "refuse" | "ignore"
  /** Whether a request with a missing or a default user agent is refused with 403. Default `false`. */
  readonly userAgentFilter: boolean
  /** The largest part of an upload, in bytes. Default 20 000 000. */
  readonly partSize: number
  /** How long upload URLs hold, in ms. Default 24 hours. */
  readonly uploadUrlLifeMillis: number
  /** How long a file without an upload stays, in ms; for ever by default. */
  readonly neverUploadedMillis: number | undefined
  /** The effect of adding an asset to its share again: nothing, or a refusal with this status. Default `nothing`. */
  readonly addShared: "nothing" | 409 | 422
  /**
   * The effect of removing an asset that is not in the share: a refusal with this status, or an ordinary answer. Default
   * 404.
   */
  readonly removeUnshared: 404 | 422 | "nothing"
  /** The resource that `file.versioned` names: the file that was put on, or its stack. Default `file`. */
  readonly versionedResource: "file" | "version_stack"
}

/**
 * Some of the unknowns; the rest have their defaults.
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
  malformedId: 422,
  deleteStack: 404,
  unknownRoute: "json",
  unknownQuery: "refuse",
  reorder: "stable",
  versionHeaderOnStable: "ignored",
  childrenType: "one",
  unknownChildrenType: "empty",
  cursor: "offset",
  nextCarriesQuery: false,
  totalCount: "null",
  readAfterWriteMillis: 0,
  bucketScope: "account_user",
  rateLimitBody: "json",
  remainingOn429: "full",
  retryAfter: undefined,
  headersOn204: false,
  overAdmission: 1,
  conflictMillis: 0,
  tokenLifeMillis: 86_399_000,
  refreshRotation: "new",
  publicRefresh: true,
  missingScope: "refuse",
  userAgentFilter: false,
  partSize: 20_000_000,
  uploadUrlLifeMillis: 86_400_000,
  neverUploadedMillis: undefined,
  addShared: "nothing",
  removeUnshared: 404,
  versionedResource: "file"
}

/**
 * Fills in the defaults.
 *
 * @internal
 */
export const make = (options?: Options): V4Unknowns => {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given) }
}
