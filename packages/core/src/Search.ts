/**
 * Queries of Frame.io's two searches. `/v2/search/library` is called advanced, and has a guide; of `/v2/search/assets`
 * only the names and types of the fields are documented.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as query from "./internal/query.js"
import * as SafeText from "./SafeText.js"
import * as Uuid from "./Uuid.js"

/**
 * How a field is compared: the operators of the guide; others are passed on.
 *
 * @since 0.1.0
 * @category models
 */
export type Operator = "eq" | "gte" | "lte" | "match" | (string & {})

/**
 * One condition on a field.
 *
 * @since 0.1.0
 * @category models
 */
export interface Condition {
  readonly op: Operator
  readonly value: unknown
}

const condition = Schema.Struct({ op: Schema.String, value: Schema.Unknown })

/**
 * Conditions by field; several on one field, such as the two ends of a range, must all hold. The guide shows
 * `project_id`, `team_id`, `label`, `inserted_at`, `updated_at`, `type` and `creator.name`; others are passed on.
 *
 * @example
 * ```ts
 * const found = yield* frameio.librarySearch({
 *   accountId,
 *   q: "shot_010",
 *   filter: { inserted_at: [{ op: "gte", value: "2026-01-01" }, { op: "lte", value: "2026-06-30" }] }
 * })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type Filter = Readonly<Record<string, Condition | ReadonlyArray<Condition>>>

export const Filter: Schema.Schema<Filter> = Schema.Record({
  key: Schema.String,
  value: Schema.Union(condition, Schema.Array(condition))
}).annotations({ identifier: "SearchFilter" })

/**
 * The arguments of the client's `librarySearch`. All are optional in the documentation's schema; its guide says that
 * `accountId` is what is really needed.
 *
 * @since 0.1.0
 * @category models
 */
export interface LibrarySearchArgs {
  /** The account to search in: a UUID. */
  readonly accountId?: string | undefined
  /** Conditions by field. */
  readonly filter?: Filter | undefined
  /** Whether deleted assets are found, too. */
  readonly includeDeleted?: boolean | undefined
  /** Options, which are not documented. */
  readonly opts?: Readonly<Record<string, unknown>> | undefined
  /** Counted from 1, which is the default. The guide advises against going past about 100 results. */
  readonly page?: number | undefined
  /** Items per page; 10 by default. Frame.io says that a page may hold more or fewer. */
  readonly pageSize?: number | undefined
  /** The text to look for. */
  readonly q?: string | undefined
  /** Documented beside `q`; how it differs is not. */
  readonly query?: string | undefined
  /** `relevance` by default, or a field such as `inserted_at`; `-` in front reverses. */
  readonly sort?: string | undefined
  /**
   * The endpoint to use; each has a rate limit of its own. `GET` refuses `filter` and `opts`, because their form in a query
   * is not documented. Default `POST`.
   */
  readonly method?: "GET" | "POST" | undefined
}

/**
 * The arguments of the client's `search`. Only names and types of these fields are documented, and all are optional.
 *
 * @since 0.1.0
 * @category models
 */
export interface SearchArgs extends LibrarySearchArgs {
  /** Related resources to include with each asset. */
  readonly include?: string | undefined
  /** The project to search in: a UUID. */
  readonly projectId?: string | undefined
  /** Custom properties by name. Refused with `GET`, as `filter` is. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  /** Whether shared projects are searched, too. */
  readonly sharedProjects?: boolean | undefined
  /** Documented as one of several types, without saying which: an id or a list of ids is likely. */
  readonly teamId?: unknown
  /** Only assets of this kind. */
  readonly type?: string | undefined
}

const uuid = Schema.String.pipe(
  Schema.pattern(Uuid.whole, {
    message: () => "is not an id; it must be a UUID such as 9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f",
    jsonSchema: { type: "string", format: "uuid" }
  })
)

/** Frame.io's own SDK sends null for an omitted argument. */
const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { nullable: true })

const anything = Schema.Record({ key: Schema.String, value: Schema.Unknown })
const text = maybe(Schema.String)
const count = maybe(Schema.Int.pipe(Schema.positive()))
const flag = maybe(Schema.Boolean)

const library = {
  account_id: maybe(uuid),
  filter: maybe(Filter),
  include_deleted: flag,
  opts: maybe(anything).annotations({ description: "Its members are not documented." }),
  page: count.annotations({ description: "The page, counted from 1." }),
  page_size: count.annotations({ description: "Items per page; 10 by default." }),
  q: text,
  query: text.annotations({ description: "How it differs from q is not documented." }),
  sort: text.annotations({ description: "relevance by default, or a field; - in front reverses: -inserted_at." })
}

const assets = {
  ...library,
  include: text,
  project_id: maybe(uuid),
  properties: maybe(anything),
  shared_projects: flag,
  team_id: Schema.optional(Schema.Unknown).annotations({
    description: "One of several types, as documented; which, could not be read."
  }),
  type: text
}

/**
 * The payload of an advanced search, as it is on the wire.
 *
 * @since 0.1.0
 * @category wire
 */
export const LibraryPayload = Schema.Struct(library).annotations({ identifier: "LibrarySearch" })

/**
 * The payload of a search, as it is on the wire.
 *
 * @since 0.1.0
 * @category wire
 */
export const AssetsPayload = Schema.Struct(assets).annotations({ identifier: "AssetSearch" })

const onlyByPost = (description: string) =>
  Schema.optional(
    Schema.String.annotations({
      description,
      ...SafeText.says("is an object, and how one is written in a query is not documented; search by POST")
    })
  )

const libraryQuery = {
  account_id: Schema.optional(uuid),
  filter: onlyByPost("Conditions by field. How they are written in a query is not documented."),
  include_deleted: query.flag("Whether deleted assets are found, too."),
  opts: onlyByPost("Options. Neither which there are nor how they are written in a query is documented."),
  page: query.count("The page, counted from 1."),
  page_size: query.count("Items per page; 10 by default."),
  q: query.text("What to look for."),
  query: query.text("What to look for. How it differs from q is not documented."),
  sort: query.text("relevance by default, or a field; - in front reverses: -inserted_at.")
}

/**
 * The query of an advanced search by GET, as it is on the wire.
 *
 * @internal
 */
export const LibraryQuery = Schema.Struct(libraryQuery)

/**
 * The query of a search by GET, as it is on the wire.
 *
 * @internal
 */
export const AssetsQuery = Schema.Struct({
  ...libraryQuery,
  include: query.text("Related resources of each asset, joined with commas."),
  project_id: Schema.optional(uuid),
  properties: onlyByPost("Values of one's own. How they are written in a query is not documented."),
  shared_projects: query.flag("Whether shared projects are searched, too."),
  team_id: query.texts("One team or several."),
  type: query.text("Only this kind: file, folder, version_stack, bundle.")
})
