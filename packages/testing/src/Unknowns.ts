/**
 * Unknown behaviour of Frame.io's API, version 2. Each guess of the fake is an option here, so that a program can be
 * tested against the other answer too.
 *
 * @since 0.1.0
 */

/**
 * The rules of version stacks that can refuse a call.
 *
 * @since 0.1.0
 * @category models
 */
export type Rule =
  /** An asset was to become a version of itself. */
  | "SelfVersion"
  /** A folder or bundle was to be stacked, or stacked upon. */
  | "NotAFile"
  /** A stack was to become a version. */
  | "StackOnStack"
  /** The two have different values of `asset_type`. */
  | "AssetTypeMismatch"
  /** The target is a file inside a stack. */
  | "TargetInStack"
  /** The new version is inside a stack already. */
  | "NextInStack"
  /** The asset to take out is not inside a stack. */
  | "NotInStack"
  /** The destination is not a folder, or lies inside what is moved or copied. */
  | "BadDestination"
  /** A project's root was to be deleted, moved or copied. */
  | "Root"
  /** Parts were requested for an asset that is not a realtime upload. */
  | "NotRealtime"

/**
 * Unknown behaviour, as options.
 *
 * @example
 * ```ts
 * const Fake = FakeFrameio.layer({ unknowns: { nextInStack: "move", lastVersion: "dissolve" } })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Unknowns {
  /**
   * The answer of a version call: the stack (default), whose new id a caller needs to go on, or the added file. The
   * documentation says "an asset".
   */
  readonly versionReturns: "stack" | "file"
  /** The answer of an unversion call: the file that was taken out (default) or the stack it was in. */
  readonly unversionReturns: "file" | "stack"
  /**
   * A version call on a file inside a stack: it is refused (default), or means the stack. The guide tells callers to take
   * the stack's id, and people report a 422.
   */
  readonly targetInStack: "refuse" | "resolve"
  /**
   * A new version that is inside a stack already, even the same one: it is refused (default), or moved to the top of the
   * target.
   */
  readonly nextInStack: "refuse" | "move"
  /**
   * The stack after its second-last version was taken out: a stack of one (default), or replaced by the last version as a
   * plain file.
   */
  readonly lastVersion: "keep-stack" | "dissolve"
  /** Whether a stack goes with its last version (default), or stays without any. */
  readonly emptyStack: "gone" | "stays"
  /**
   * Whether an unprocessed file, whose `asset_type` is null, goes with any other file (default), or with unprocessed ones
   * only.
   */
  readonly unprocessed: "matches-any" | "matches-none"
  /**
   * How long a file has no `asset_type` after its last part, in ms: 0 by default. With `unprocessed: "matches-none"` it
   * cannot be stacked before.
   */
  readonly processingMillis: number
  /** A stack's name: that of its newest version (default), or of its first. */
  readonly stackName: "newest" | "first"
  /**
   * The status of a broken rule: 422 by default, which the error table calls invalid arguments; the page of the endpoint
   * documents 401 and 404 only.
   */
  readonly statusOf: Readonly<Record<Rule, 400 | 403 | 404 | 409 | 422>>
  /** The status for malformed arguments, such as an id that is no UUID. 422 by default. */
  readonly malformedStatus: 400 | 404 | 422
  /**
   * The body of a 429: plain text (default), as in the public limiter library, or the documented JSON.
   */
  readonly rateLimitBody: "text" | "json"
  /**
   * The name of a copy: the same as its original (default), or with `Copy of ` in front.
   */
  readonly copyName: "same" | "copy-of"
  /** Whether a copied stack stays one (default), or only its newest version is copied, as a plain file. */
  readonly copiedStack: "stack" | "newest"
  /** Whether a file can be created as the next version of another by `auto_version_id`. `true` by default. */
  readonly autoVersion: boolean
  /** The largest part of an ordinary upload, in bytes: 25 MiB by default. */
  readonly partSize: number
  /** How many items a page of a search has unless the request says: 10, as in the guide. */
  readonly searchPageSize: number
  /**
   * When a listing shows a stack's `cover_asset`: always (default), because Frame.io's own command line reads it out of a
   * plain listing, or only with `include=cover_asset`, as documented.
   */
  readonly coverAsset: "always" | "included"
  /** How many items a page of children has unless the request says; 50 by default. */
  readonly defaultPageSize: number
  /** The most items on a page of children; 500 by default. */
  readonly maximumPageSize: number
}

/**
 * The defaults.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaults: Unknowns = {
  versionReturns: "stack",
  unversionReturns: "file",
  targetInStack: "refuse",
  nextInStack: "refuse",
  lastVersion: "keep-stack",
  emptyStack: "gone",
  unprocessed: "matches-any",
  processingMillis: 0,
  stackName: "newest",
  statusOf: {
    SelfVersion: 422,
    NotAFile: 422,
    StackOnStack: 422,
    AssetTypeMismatch: 422,
    TargetInStack: 422,
    NextInStack: 422,
    NotInStack: 422,
    BadDestination: 422,
    Root: 422,
    NotRealtime: 400
  },
  malformedStatus: 422,
  rateLimitBody: "text",
  copyName: "same",
  copiedStack: "stack",
  autoVersion: true,
  partSize: 25 * 1024 * 1024,
  searchPageSize: 10,
  coverAsset: "always",
  defaultPageSize: 50,
  maximumPageSize: 500
}

/**
 * Some of the unknowns; the rest have their defaults.
 *
 * @since 0.1.0
 * @category models
 */
export type Options = { readonly [K in Exclude<keyof Unknowns, "statusOf">]?: Unknowns[K] | undefined } & {
  readonly statusOf?: Partial<Unknowns["statusOf"]> | undefined
}

/**
 * Fills in the defaults.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Unknowns => {
  const given = Object.entries(options ?? {}).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(given), statusOf: { ...defaults.statusOf, ...options?.statusOf } }
}
