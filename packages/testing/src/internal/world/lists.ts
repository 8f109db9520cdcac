/** Lists and searches of a world: filters, orders and pages. */
import type * as Unknowns from "../../Unknowns.js"
import type { ChildrenPage, ChildrenQuery, Condition, Entry, SearchQuery, User } from "../../World.js"
import { iso } from "../time.js"
import { type Asset, childrenOf, deletedAt, entryOf, filetypeOf, nameOf } from "./node.js"
import type { Tree } from "./tree.js"

const holds = (condition: Condition, actual: unknown): boolean => {
  const { op, value } = condition
  switch (op) {
    case "eq":
      return actual === value
    case "match":
      return typeof actual === "string" && actual.toLowerCase().includes(String(value).toLowerCase())
    case "gte":
    case "lte": {
      const [small, large] = op === "gte" ? [value, actual] : [actual, value]
      // Times are text of one form, and so is a prefix of one, such as a day.
      return (
        (typeof small === "number" && typeof large === "number" && small <= large) ||
        (typeof small === "string" && typeof large === "string" && small <= large)
      )
    }
    default:
      return false
  }
}

const hasProperties = (entry: Entry, wanted: Readonly<Record<string, unknown>> | undefined): boolean => {
  if (wanted === undefined) return true
  const own = entry.fields.properties
  return (
    typeof own === "object" &&
    own !== null &&
    Object.entries(wanted).every(([key, value]) => Reflect.get(own, key) === value)
  )
}

/** A field by its name on the wire, if a search can use it. */
const fieldOf = (entry: Entry, field: string, creator: User | undefined): unknown => {
  switch (field) {
    case "id":
      return entry.id
    case "name":
      return entry.name
    case "type":
      return entry.kind
    case "account_id":
      return entry.accountId
    case "project_id":
      return entry.projectId
    case "team_id":
      return entry.teamId
    case "creator_id":
      return entry.creatorId
    case "creator.name":
      return creator?.name
    case "creator.email":
      return creator?.email
    case "asset_type":
      return entry.assetType
    case "filesize":
      return entry.filesize
    case "filetype":
      return entry.filetype
    case "inserted_at":
    case "uploaded_at":
      return iso(entry.insertedAt)
    case "updated_at":
      return iso(entry.updatedAt)
    case "label":
      return entry.fields.label ?? "none"
    default:
      return entry.fields[field]
  }
}

const sortKey = (field: string, unknowns: Unknowns.Unknowns): ((asset: Asset) => string | number) | undefined => {
  switch (field) {
    case "id":
      return ({ id }) => id
    case "name":
      return (asset) => nameOf(asset, unknowns)
    case "filesize":
      return ({ filesize, kind }) => (kind === "file" ? filesize : 0)
    case "filetype":
      return (asset) => (asset.kind === "file" ? filetypeOf(asset) : "")
    case "label":
      return ({ fields }) => String(fields.label ?? "none")
    case "comment_count":
      return () => 0
    case "uploaded_at":
    case "inserted_at":
      return ({ insertedAt }) => insertedAt
    case "updated_at":
      return ({ updatedAt }) => updatedAt
    case "index":
      return ({ index }) => index
    default:
      return undefined
  }
}

interface Listing {
  readonly revision: number
  readonly children: ReadonlyArray<Asset>
}

/** How many sorted listings are kept for the next page. */
const LISTINGS = 64

/** @internal */
export class Lists {
  readonly #tree: Tree
  readonly #unknowns: Unknowns.Unknowns
  readonly #userOf: (id: string) => User | undefined
  readonly #listings = new Map<string, Listing>()

  constructor(tree: Tree, unknowns: Unknowns.Unknowns, userOf: (id: string) => User | undefined) {
    this.#tree = tree
    this.#unknowns = unknowns
    this.#userOf = userOf
  }

  /** The children of a folder or stack, newest first unless sorted; none of a file. */
  children(parent: Asset | undefined, query?: ChildrenQuery): ChildrenPage {
    const listed = parent === undefined ? [] : this.#listing(parent, query)
    return this.#page(listed, query?.page, query?.pageSize ?? this.#unknowns.defaultPageSize)
  }

  #page(listed: ReadonlyArray<Asset>, number = 1, size: number): ChildrenPage {
    const perPage = Math.max(1, Math.min(size, this.#unknowns.maximumPageSize))
    const page = Math.max(1, number)
    return {
      ids: listed.slice((page - 1) * perPage, page * perPage).map(({ id }) => id),
      page,
      perPage,
      total: listed.length,
      totalPages: Math.ceil(listed.length / perPage)
    }
  }

  #listing(parent: Asset, query: ChildrenQuery | undefined): ReadonlyArray<Asset> {
    const key = `${parent.id} ${query?.includeDeleted === true} ${query?.types?.join(",") ?? ""} ${query?.sort?.join(",") ?? ""}`
    const known = this.#listings.get(key)
    if (known !== undefined && known.revision === this.#tree.revision) return known.children
    const found = childrenOf(parent).filter(
      ({ deletedAt, kind }) =>
        (query?.includeDeleted === true || deletedAt === null) &&
        (query?.types === undefined || query.types.includes(kind))
    )
    const children = this.#sorted(found, query?.sort ?? [])
    this.#listings.delete(key)
    if (this.#listings.size >= LISTINGS) {
      for (const oldest of this.#listings.keys()) {
        this.#listings.delete(oldest)
        break
      }
    }
    this.#listings.set(key, { revision: this.#tree.revision, children })
    return children
  }

  #sorted(found: ReadonlyArray<Asset>, fields: ReadonlyArray<string>): ReadonlyArray<Asset> {
    return fields.reduceRight<ReadonlyArray<Asset>>((assets, field) => {
      const backwards = field.startsWith("-")
      const by = sortKey(backwards ? field.slice(1) : field, this.#unknowns)
      if (by === undefined) return assets
      return assets
        .map((asset) => ({ asset, key: by(asset) }))
        .sort(({ key: one }, { key: other }) => {
          const compared = one < other ? -1 : one > other ? 1 : 0
          return backwards ? -compared : compared
        })
        .map(({ asset }) => asset)
    }, found)
  }

  /** The assets that a search finds; roots of projects are never among them. */
  search(query: SearchQuery): ChildrenPage {
    const words = (query.text ?? "")
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "")
    const found = this.#tree.all().filter((asset) => {
      if (asset.parent === undefined) return false
      if (query.includeDeleted !== true && deletedAt(asset) !== null) return false
      const entry = entryOf(asset, this.#unknowns)
      const name = entry.name.toLowerCase()
      return (
        (query.accountId === undefined || entry.accountId === query.accountId) &&
        (query.projectId === undefined || entry.projectId === query.projectId) &&
        (query.teamIds === undefined || query.teamIds.includes(entry.teamId)) &&
        (query.types === undefined || query.types.includes(entry.kind)) &&
        words.every((word) => name.includes(word)) &&
        hasProperties(entry, query.properties) &&
        (query.conditions ?? []).every((condition) =>
          holds(condition, fieldOf(entry, condition.field, this.#userOf(entry.creatorId)))
        ) &&
        (query.visible === undefined || query.visible(entry))
      )
    })
    const { sort } = query
    return this.#page(
      this.#sorted(found, sort === undefined || sort === "relevance" ? [] : [sort]),
      query.page,
      query.pageSize ?? this.#unknowns.searchPageSize
    )
  }
}
