/**
 * A Frame.io in memory: accounts, teams, projects, folders, files and version stacks, and the rules between them. Pure:
 * the time comes in with each change, ids come out of a seed, and nothing else is random.
 *
 * Rules (developer.frame.io, "Manage Version Stacks"): file on file makes a stack with a new id in the place of the
 * target; file on stack makes the stack grow; the newest version is its cover; both must have the same `asset_type`;
 * no stack goes onto a stack, and no folder anywhere. What is not known is an option, see {@link Unknowns}.
 *
 * A world changes in place. A million assets take some 110 MB.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import { fromUuid, toUuid } from "./internal/ids.js"
import { hash } from "./internal/random.js"
import { iso } from "./internal/time.js"
import * as Unknowns from "./Unknowns.js"
import * as Uploads from "./Uploads.js"

/**
 * What an asset is.
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = "file" | "folder" | "version_stack"

/**
 * What a file holds; null until it has been processed, and on folders.
 *
 * @since 0.1.0
 * @category models
 */
export type AssetType = "document" | "image" | "stream" | null

/**
 * What the world knows of one asset. Times are in ms since 1970.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  readonly id: AssetId
  readonly kind: Kind
  readonly name: string
  readonly assetType: AssetType
  /** Null on a project's root. */
  readonly parentId: AssetId | null
  readonly projectId: string
  readonly teamId: string
  readonly accountId: string
  readonly creatorId: string
  /** The sort order in the folder; every newcomer comes before all others. */
  readonly index: number
  /** Bytes; 0 on folders. */
  readonly filesize: number
  /** MIME type; null on folders. */
  readonly filetype: string | null
  /** How many assets it holds that are not deleted. */
  readonly itemCount: number
  /** On a stack: how many versions it holds. Else 0. */
  readonly versions: number
  /** On a stack: its newest version. Else null. */
  readonly coverAssetId: AssetId | null
  readonly insertedAt: number
  readonly updatedAt: number
  /** Null while it, and every folder above it, is not deleted. */
  readonly deletedAt: number | null
  /** Fields that were set by an update, as they are on the wire. */
  readonly fields: Readonly<Record<string, unknown>>
}

/**
 * A project and the folder at its root.
 *
 * @since 0.1.0
 * @category models
 */
export interface Project {
  readonly id: string
  readonly name: string
  readonly teamId: string
  readonly accountId: string
  readonly ownerId: string
  readonly rootId: AssetId
  readonly insertedAt: number
}

/**
 * What a user wants to do with an asset.
 *
 * @since 0.1.0
 * @category models
 */
export interface Access {
  readonly action: "read" | "create" | "update" | "delete"
  readonly asset: Entry
}

/**
 * A user. All of a user's tokens share the user's rate limits.
 *
 * @since 0.1.0
 * @category models
 */
export interface User {
  readonly id: string
  readonly accountId: string
  readonly name: string
  readonly email: string
  /** What is not allowed gets a 403. Everything in the user's own account is allowed by default. */
  readonly allows: (access: Access) => boolean
}

/**
 * Why something was not done.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refusal {
  readonly reason: Unknowns.Rule | "NotFound"
  readonly assetId: AssetId
  readonly detail: string
}

/**
 * What came of a change: the value, or the refusal.
 *
 * @since 0.1.0
 * @category models
 */
export type Result<A> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly refusal: Refusal }

/**
 * The stack and the file of a version or unversion call. After an unversion the stack may be gone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Versioned {
  readonly stackId: AssetId
  readonly fileId: AssetId
}

/**
 * A stack's versions, oldest first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stack {
  readonly id: AssetId
  readonly versions: ReadonlyArray<AssetId>
}

/**
 * Which children, and in which order.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChildrenQuery {
  /** Counted from 1. */
  readonly page?: number | undefined
  readonly pageSize?: number | undefined
  /** Fields of the wire, `-` in front reverses. By default newest first, which is by `index`. */
  readonly sort?: ReadonlyArray<string> | undefined
  readonly types?: ReadonlyArray<string> | undefined
  readonly includeDeleted?: boolean | undefined
}

/**
 * One condition of a search, on a field of the wire.
 *
 * @since 0.1.0
 * @category models
 */
export interface Condition {
  readonly field: string
  /** `eq`, `gte`, `lte` or `match`. */
  readonly op: string
  readonly value: unknown
}

/**
 * What is looked for. Everything that is given must hold.
 *
 * @since 0.1.0
 * @category models
 */
export interface SearchQuery {
  /** Words that must all be in the name, in either case. */
  readonly text?: string | undefined
  readonly accountId?: string | undefined
  readonly projectId?: string | undefined
  readonly teamIds?: ReadonlyArray<string> | undefined
  readonly types?: ReadonlyArray<string> | undefined
  readonly properties?: Readonly<Record<string, unknown>> | undefined
  readonly conditions?: ReadonlyArray<Condition> | undefined
  readonly includeDeleted?: boolean | undefined
  /** What the user may not see is not found. */
  readonly visible?: ((entry: Entry) => boolean) | undefined
  /** A field of the wire, `-` in front reverses; by default the newest come first. */
  readonly sort?: string | undefined
  /** Counted from 1. */
  readonly page?: number | undefined
  readonly pageSize?: number | undefined
}

/**
 * One page of assets.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChildrenPage {
  readonly ids: ReadonlyArray<AssetId>
  readonly page: number
  readonly perPage: number
  readonly total: number
  readonly totalPages: number
}

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Ids come out of it; two worlds of one seed have the same ids in the same order. 1 by default. */
  readonly seed?: number | undefined
  /** What is not known of the real one. */
  readonly unknowns?: Unknowns.Options | undefined
  /** The time of what is added without one, in ms since 1970. The first of January 2024 by default. */
  readonly epochMillis?: number | undefined
}

/**
 * The first of January 2024 in ms since 1970.
 *
 * @since 0.1.0
 * @category constants
 */
export const EPOCH_MILLIS = 1_704_067_200_000

const FILE = 0
const FOLDER = 1
const STACK = 2
const NONE = -1

const KINDS: ReadonlyArray<Kind> = ["file", "folder", "version_stack"]
const ASSET_TYPES: ReadonlyArray<AssetType> = [null, "document", "image", "stream"]

const TYPES_BY_EXTENSION: Readonly<Record<string, readonly [AssetType, string]>> = {
  mov: ["stream", "video/quicktime"],
  mp4: ["stream", "video/mp4"],
  mxf: ["stream", "application/mxf"],
  wav: ["stream", "audio/wav"],
  mp3: ["stream", "audio/mpeg"],
  jpg: ["image", "image/jpeg"],
  jpeg: ["image", "image/jpeg"],
  png: ["image", "image/png"],
  exr: ["image", "image/x-exr"],
  tif: ["image", "image/tiff"],
  tiff: ["image", "image/tiff"],
  dpx: ["image", "image/x-dpx"],
  pdf: ["document", "application/pdf"]
}

const extensionOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase()

const byExtension = (name: string): readonly [AssetType, string] =>
  TYPES_BY_EXTENSION[extensionOf(name)] ?? ["stream", "application/octet-stream"]

/**
 * The fields of an asset that no update has set any on.
 *
 * @internal
 */
export const nothingSet: Readonly<Record<string, unknown>> = {}

/** An open column of numbers. */
class Column<A extends Int32Array | Float64Array | Uint8Array | Uint16Array> {
  array: A
  private readonly allocate: (size: number) => A

  constructor(allocate: (size: number) => A) {
    this.allocate = allocate
    this.array = allocate(64)
  }

  set(n: number, value: number): void {
    if (n >= this.array.length) {
      const larger = this.allocate(this.array.length * 2)
      larger.set(this.array)
      this.array = larger
    }
    this.array[n] = value
  }

  at(n: number): number {
    return this.array[n] ?? 0
  }
}

const ints = () => new Column((size) => new Int32Array(size))
const doubles = () => new Column((size) => new Float64Array(size))
const bytes = () => new Column((size) => new Uint8Array(size))

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
      // Times are text of one form, and so is the beginning of one, such as a day.
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

interface Listing {
  readonly revision: number
  readonly children: Int32Array
}

/** Listings that are kept sorted, for the next page. */
const LISTINGS = 64

/**
 * A Frame.io in memory.
 *
 * @since 0.1.0
 * @category models
 */
export class World {
  /** What this world does where the real one is not known. */
  readonly unknowns: Unknowns.Unknowns
  readonly seed: number
  readonly epochMillis: number
  /** What was created and is still to arrive. */
  readonly uploads: Uploads.Uploads = Uploads.make()

  private size = 0
  /** Counts changes, so that a kept listing knows that it is old. */
  /** Files that have arrived and are not processed yet, in the order of their coming. */
  private readonly processing: Array<{ readonly id: string; readonly atMillis: number }> = []
  private revision = 0
  // Assets are numbers, and their fields columns: a million of them must fit into a test.
  private readonly kinds = bytes()
  private readonly assetTypes = bytes()
  private readonly projectOf = ints()
  private readonly creatorOf = ints()
  private readonly parent = ints()
  private readonly first = ints()
  private readonly next = ints()
  private readonly previous = ints()
  private readonly items = ints()
  private readonly order = doubles()
  private readonly inserted = doubles()
  private readonly updated = doubles()
  private readonly names: Array<string> = []
  private readonly deleted = new Map<number, number>()
  private readonly sizes = new Map<number, number>()
  private readonly mimes = new Map<number, string>()
  private readonly fields = new Map<number, Readonly<Record<string, unknown>>>()
  private readonly listings = new Map<string, Listing>()

  private readonly accountIds: Array<string> = []
  private readonly teams: Array<{ readonly id: string; readonly accountId: string; readonly name: string }> = []
  private readonly projectList: Array<Project> = []
  private readonly userList: Array<User> = []
  private readonly tokens = new Map<string, User>()
  private others = 0

  constructor(options?: Options) {
    this.seed = (options?.seed ?? 1) >>> 0
    this.epochMillis = options?.epochMillis ?? EPOCH_MILLIS
    this.unknowns = Unknowns.make(options?.unknowns)
  }

  // ---------------------------------------------------------------------------
  // what there is
  // ---------------------------------------------------------------------------

  get accounts(): ReadonlyArray<string> {
    return this.accountIds
  }

  get projects(): ReadonlyArray<Project> {
    return this.projectList
  }

  get users(): ReadonlyArray<User> {
    return this.userList
  }

  /** How many assets there are, deleted ones and roots included. */
  get assetCount(): number {
    return this.size
  }

  /** Whose token it is. */
  userOf(token: string): User | undefined {
    return this.tokens.get(token)
  }

  /** The project with an id. */
  project(id: string): Project | undefined {
    return this.projectList.find((project) => project.id === id)
  }

  /** The name of a team. */
  teamName(id: string): string | undefined {
    return this.teams.find((team) => team.id === id)?.name
  }

  /** The user with an id. */
  user(id: string): User | undefined {
    return this.userList.find((user) => user.id === id)
  }

  /** The number of an asset, in the order in which assets were added; -1 if there is none with this id. */
  private find(id: string): number {
    return fromUuid(this.seed, this.size, id)
  }

  private idOf(n: number): AssetId {
    return toUuid(this.seed, n) as AssetId
  }

  private deletedAt(n: number): number | null {
    if (this.deleted.size === 0) return null
    for (let at = n; at !== NONE; at = this.parent.at(at)) {
      const time = this.deleted.get(at)
      if (time !== undefined) return time
    }
    return null
  }

  private isAlive(n: number): boolean {
    return n !== NONE && this.deletedAt(n) === null
  }

  /** An asset; not a deleted one, unless asked for. */
  get(
    id: string,
    options?: {
      /** `false` by default. */
      readonly includeDeleted?: boolean | undefined
    }
  ): Entry | undefined {
    const n = this.find(id)
    if (n === NONE) return undefined
    return options?.includeDeleted === true || this.isAlive(n) ? this.entry(n) : undefined
  }

  private entry(n: number): Entry {
    const kind = this.kinds.at(n)
    const project = this.projectAt(n)
    const fields = this.fields.get(n) ?? nothingSet
    const parent = this.parent.at(n)
    const cover = kind === STACK ? this.newest(n) : NONE
    const name = kind === STACK ? this.stackName(n) : (this.names[n] ?? "")
    return {
      id: this.idOf(n),
      kind: KINDS[kind] ?? "file",
      name,
      assetType: ASSET_TYPES[this.assetTypes.at(n)] ?? null,
      parentId: parent === NONE ? null : this.idOf(parent),
      projectId: project.id,
      teamId: project.teamId,
      accountId: project.accountId,
      creatorId: this.userList[this.creatorOf.at(n)]?.id ?? project.ownerId,
      index: this.order.at(n),
      filesize: kind === FILE ? this.sizeAt(n) : 0,
      filetype: kind === FILE ? (this.mimes.get(n) ?? byExtension(name)[1]) : null,
      itemCount: this.items.at(n),
      versions: kind === STACK ? this.items.at(n) : 0,
      coverAssetId: cover === NONE ? null : this.idOf(cover),
      insertedAt: this.inserted.at(n),
      updatedAt: this.updated.at(n),
      deletedAt: this.deletedAt(n),
      fields
    }
  }

  private projectAt(n: number): Project {
    const project = this.projectList[this.projectOf.at(n)]
    if (project === undefined) throw new Error("there is no project yet")
    return project
  }

  private sizeAt(n: number): number {
    return this.sizes.get(n) ?? 1_000_000 + (hash(this.seed, n, 4) % 4_000_000_000)
  }

  /** A stack is named after one of its versions, unless it was given a name of its own. */
  private stackName(n: number): string {
    const own = this.names[n]
    if (own !== undefined && own !== "") return own
    const named = this.unknowns.stackName === "newest" ? this.newest(n) : this.oldest(n)
    return this.names[named] ?? ""
  }

  private newest(stack: number): number {
    let at = this.first.at(stack)
    while (at !== NONE && this.deleted.has(at)) at = this.next.at(at)
    return at
  }

  private oldest(stack: number): number {
    let found = NONE
    for (let at = this.first.at(stack); at !== NONE; at = this.next.at(at)) if (!this.deleted.has(at)) found = at
    return found
  }

  /** The stack with an id, or the one that the file with this id is in. */
  stackOf(id: string): Stack | undefined {
    const n = this.find(id)
    if (!this.isAlive(n)) return undefined
    const stack = this.kinds.at(n) === STACK ? n : this.parent.at(n)
    if (stack === NONE || this.kinds.at(stack) !== STACK) return undefined
    const versions: Array<AssetId> = []
    for (let at = this.first.at(stack); at !== NONE; at = this.next.at(at)) {
      if (!this.deleted.has(at)) versions.push(this.idOf(at))
    }
    return { id: this.idOf(stack), versions: versions.reverse() }
  }

  /** Whether an asset is, or lies below, a folder or a stack. */
  isWithin(id: string, ancestorId: string): boolean {
    const ancestor = this.find(ancestorId)
    if (ancestor === NONE) return false
    for (let at = this.find(id); at !== NONE; at = this.parent.at(at)) if (at === ancestor) return true
    return false
  }

  /** The children of a folder or stack, newest first unless sorted; none of a file. */
  children(id: string, query?: ChildrenQuery): ChildrenPage {
    const n = this.find(id)
    const perPage = Math.max(
      1,
      Math.min(query?.pageSize ?? this.unknowns.defaultPageSize, this.unknowns.maximumPageSize)
    )
    const page = Math.max(1, query?.page ?? 1)
    const listed = n === NONE ? new Int32Array(0) : this.listing(n, query)
    return {
      ids: Array.from(listed.subarray((page - 1) * perPage, page * perPage), (child) => this.idOf(child)),
      page,
      perPage,
      total: listed.length,
      totalPages: Math.ceil(listed.length / perPage)
    }
  }

  private listing(parent: number, query: ChildrenQuery | undefined): Int32Array {
    const key = `${parent} ${query?.includeDeleted === true} ${query?.types?.join(",") ?? ""} ${query?.sort?.join(",") ?? ""}`
    const known = this.listings.get(key)
    if (known !== undefined && known.revision === this.revision) return known.children
    const found: Array<number> = []
    for (let at = this.first.at(parent); at !== NONE; at = this.next.at(at)) {
      if (query?.includeDeleted !== true && this.deleted.has(at)) continue
      if (query?.types !== undefined && !query.types.includes(KINDS[this.kinds.at(at)] ?? "")) continue
      found.push(at)
    }
    this.sortBy(found, query?.sort ?? [])
    const children = Int32Array.from(found)
    this.listings.delete(key)
    if (this.listings.size >= LISTINGS) {
      for (const oldest of this.listings.keys()) {
        this.listings.delete(oldest)
        break
      }
    }
    this.listings.set(key, { revision: this.revision, children })
    return children
  }

  private sortBy(found: Array<number>, fields: ReadonlyArray<string>): void {
    for (const field of [...fields].reverse()) {
      const backwards = field.startsWith("-")
      const by = this.sortKey(backwards ? field.slice(1) : field)
      if (by === undefined) continue
      const keys = new Map(found.map((at) => [at, by(at)]))
      found.sort((a, b) => {
        const one = keys.get(a) ?? 0
        const other = keys.get(b) ?? 0
        const compared = one < other ? -1 : one > other ? 1 : 0
        return backwards ? -compared : compared
      })
    }
  }

  private sortKey(field: string): ((n: number) => string | number) | undefined {
    switch (field) {
      case "id":
        return (n) => this.idOf(n)
      case "name":
        return (n) => (this.kinds.at(n) === STACK ? this.stackName(n) : (this.names[n] ?? ""))
      case "filesize":
        return (n) => (this.kinds.at(n) === FILE ? this.sizeAt(n) : 0)
      case "filetype":
        return (n) => this.entry(n).filetype ?? ""
      case "label":
        return (n) => String(this.fields.get(n)?.label ?? "none")
      case "comment_count":
        return () => 0
      case "uploaded_at":
      case "inserted_at":
        return (n) => this.inserted.at(n)
      case "updated_at":
        return (n) => this.updated.at(n)
      case "index":
        return (n) => this.order.at(n)
      default:
        return undefined
    }
  }

  /** The assets that a search finds; roots of projects are never among them. */
  search(query: SearchQuery): ChildrenPage {
    const words = (query.text ?? "")
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "")
    const found: Array<number> = []
    for (let n = this.size - 1; n >= 0; n--) {
      if (this.parent.at(n) === NONE) continue
      if (query.includeDeleted !== true && !this.isAlive(n)) continue
      const entry = this.entry(n)
      const name = entry.name.toLowerCase()
      if (
        (query.accountId === undefined || entry.accountId === query.accountId) &&
        (query.projectId === undefined || entry.projectId === query.projectId) &&
        (query.teamIds === undefined || query.teamIds.includes(entry.teamId)) &&
        (query.types === undefined || query.types.includes(entry.kind)) &&
        words.every((word) => name.includes(word)) &&
        hasProperties(entry, query.properties) &&
        (query.conditions ?? []).every((condition) => holds(condition, this.fieldOf(entry, condition.field))) &&
        (query.visible === undefined || query.visible(entry))
      ) {
        found.push(n)
      }
    }
    this.sortBy(found, query.sort === undefined || query.sort === "relevance" ? [] : [query.sort])
    const perPage = Math.max(1, Math.min(query.pageSize ?? this.unknowns.searchPageSize, this.unknowns.maximumPageSize))
    const page = Math.max(1, query.page ?? 1)
    return {
      ids: found.slice((page - 1) * perPage, page * perPage).map((n) => this.idOf(n)),
      page,
      perPage,
      total: found.length,
      totalPages: Math.ceil(found.length / perPage)
    }
  }

  /** A field by its name on the wire, as far as a search can ask for it. */
  private fieldOf(entry: Entry, field: string): unknown {
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
        return this.user(entry.creatorId)?.name
      case "creator.email":
        return this.user(entry.creatorId)?.email
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

  // ---------------------------------------------------------------------------
  // building
  // ---------------------------------------------------------------------------

  private otherId(): string {
    return toUuid(this.seed ^ 0x5bd1e995, this.others++)
  }

  /** Adds an account; answers its id. */
  addAccount(): string {
    const id = this.otherId()
    this.accountIds.push(id)
    return id
  }

  /** Adds a team to an account, the first one by default; answers its id. */
  addTeam(options?: {
    /** An account of this world; the first one by default. */
    readonly accountId?: string | undefined
    /** Numbered by default. */
    readonly name?: string | undefined
  }): string {
    const id = this.otherId()
    this.teams.push({
      id,
      accountId: options?.accountId ?? this.accountIds[0] ?? this.addAccount(),
      name: options?.name ?? `Team ${this.teams.length + 1}`
    })
    return id
  }

  /** Adds a user with tokens to an account, the first one by default. */
  addUser(options?: {
    /** An account of this world; the first one by default. */
    readonly accountId?: string | undefined
    /** Numbered by default. */
    readonly name?: string | undefined
    /** Made from the number by default. */
    readonly email?: string | undefined
    /** The tokens that are this user's. */
    readonly tokens?: ReadonlyArray<string> | undefined
    /** What is not allowed is answered with 403. Everything of the own account by default. */
    readonly allows?: ((access: Access) => boolean) | undefined
  }): User {
    const accountId = options?.accountId ?? this.accountIds[0] ?? this.addAccount()
    const count = this.userList.length + 1
    const user: User = {
      id: this.otherId(),
      accountId,
      name: options?.name ?? `Synthetic User ${count}`,
      email: options?.email ?? `user${count}@example.invalid`,
      allows: options?.allows ?? (({ asset }) => asset.accountId === accountId)
    }
    this.userList.push(user)
    for (const token of options?.tokens ?? []) this.tokens.set(token, user)
    return user
  }

  /** Gives a user one more token. */
  addToken(userId: string, token: string): void {
    const user = this.user(userId)
    if (user !== undefined) this.tokens.set(token, user)
  }

  /** From now on the token gets a 401. */
  revokeToken(token: string): void {
    this.tokens.delete(token)
  }

  /** Adds a project with an empty root folder to a team, the first one by default. */
  addProject(options?: {
    /** A team of this world; the first one by default. */
    readonly teamId?: string | undefined
    /** Numbered by default. */
    readonly name?: string | undefined
  }): Project {
    const teamId = options?.teamId ?? this.teams[0]?.id ?? this.addTeam()
    const accountId = this.teams.find((team) => team.id === teamId)?.accountId ?? this.addAccount()
    const owner = this.userList.find((user) => user.accountId === accountId) ?? this.addUser({ accountId })
    const root = this.size
    const project: Project = {
      id: this.otherId(),
      name: options?.name ?? `Project ${this.projectList.length + 1}`,
      teamId,
      accountId,
      ownerId: owner.id,
      rootId: this.idOf(root),
      insertedAt: this.epochMillis
    }
    this.projectList.push(project)
    this.append(FOLDER, "root", this.projectList.length - 1, this.userList.indexOf(owner), this.epochMillis)
    return project
  }

  private append(kind: number, name: string, project: number, creator: number, now: number): number {
    const n = this.size++
    this.kinds.set(n, kind)
    this.assetTypes.set(n, 0)
    this.projectOf.set(n, project)
    this.creatorOf.set(n, creator)
    this.parent.set(n, NONE)
    this.first.set(n, NONE)
    this.next.set(n, NONE)
    this.previous.set(n, NONE)
    this.items.set(n, 0)
    this.order.set(n, 0)
    this.inserted.set(n, now)
    this.updated.set(n, now)
    this.names.push(name)
    this.revision++
    return n
  }

  /** The folder to add something to: the root of the first project by default. */
  private folder(id: string | undefined): number {
    const n = this.find(id ?? this.projectList[0]?.rootId ?? this.addProject().rootId)
    if (!this.isAlive(n)) throw new Error(`${id} is not in this world, or it is deleted: add the folder first`)
    if (this.kinds.at(n) !== FOLDER) {
      throw new Error(
        `${id} is a ${KINDS[this.kinds.at(n)]}: files and folders are added to folders, versions by version()`
      )
    }
    return n
  }

  private creator(id: string | undefined, parent: number): number {
    const found = id === undefined ? -1 : this.userList.findIndex((user) => user.id === id)
    return found === -1 ? this.creatorOf.at(parent) : found
  }

  /** Adds a folder, to the root of the first project by default. Throws if the parent is no folder of this world. */
  addFolder(options: {
    /** Need not be the only one of its name. */
    readonly name: string
    /** A folder; the root of the first project by default. */
    readonly parentId?: string | undefined
    /** A user of this world; the folder's creator by default. */
    readonly creatorId?: string | undefined
    /** When it was added, in ms since 1970. */
    readonly nowMillis?: number | undefined
  }): AssetId {
    const parent = this.folder(options.parentId)
    const n = this.append(
      FOLDER,
      options.name,
      this.projectOf.at(parent),
      this.creator(options.creatorId, parent),
      options.nowMillis ?? this.epochMillis
    )
    this.prepend(parent, n)
    return this.idOf(n)
  }

  /**
   * Adds a file, to the root of the first project by default. `asset_type` and MIME type go by the extension of its name
   * unless given, and what is unknown is a stream. Throws if the parent is no folder of this world.
   */
  addFile(options: {
    /** Need not be the only one of its name. */
    readonly name: string
    /** A folder; the root of the first project by default. */
    readonly parentId?: string | undefined
    /** By the extension of the name unless given. */
    readonly assetType?: AssetType | undefined
    /** Bytes. */
    readonly filesize?: number | undefined
    /** The MIME type; by the extension of the name unless given. */
    readonly filetype?: string | undefined
    /** A user of this world; the folder's creator by default. */
    readonly creatorId?: string | undefined
    /** When it was added, in ms since 1970. */
    readonly nowMillis?: number | undefined
  }): AssetId {
    const parent = this.folder(options.parentId)
    const n = this.append(
      FILE,
      options.name,
      this.projectOf.at(parent),
      this.creator(options.creatorId, parent),
      options.nowMillis ?? this.epochMillis
    )
    const type = options.assetType === undefined ? byExtension(options.name)[0] : options.assetType
    this.assetTypes.set(n, ASSET_TYPES.indexOf(type))
    if (options.filesize !== undefined) this.sizes.set(n, options.filesize)
    if (options.filetype !== undefined) this.mimes.set(n, options.filetype)
    this.prepend(parent, n)
    return this.idOf(n)
  }

  // ---------------------------------------------------------------------------
  // links
  // ---------------------------------------------------------------------------

  /** Puts an asset that is nowhere before everything else in a folder or stack. */
  private prepend(parent: number, n: number): void {
    const head = this.first.at(parent)
    this.order.set(n, head === NONE ? -1 : this.order.at(head) - 1)
    this.parent.set(n, parent)
    this.previous.set(n, NONE)
    this.next.set(n, head)
    if (head !== NONE) this.previous.set(head, n)
    this.first.set(parent, n)
    if (!this.deleted.has(n)) this.items.set(parent, this.items.at(parent) + 1)
    this.revision++
  }

  private unlink(n: number): void {
    const parent = this.parent.at(n)
    const before = this.previous.at(n)
    const after = this.next.at(n)
    if (before === NONE) this.first.set(parent, after)
    else this.next.set(before, after)
    if (after !== NONE) this.previous.set(after, before)
    if (!this.deleted.has(n)) this.items.set(parent, this.items.at(parent) - 1)
    this.parent.set(n, NONE)
    this.revision++
  }

  /** Puts an asset that is nowhere into the very place of another, which is nowhere then. */
  private replace(old: number, n: number): void {
    const parent = this.parent.at(old)
    const before = this.previous.at(old)
    const after = this.next.at(old)
    this.parent.set(n, parent)
    this.previous.set(n, before)
    this.next.set(n, after)
    this.order.set(n, this.order.at(old))
    if (before === NONE) this.first.set(parent, n)
    else this.next.set(before, n)
    if (after !== NONE) this.previous.set(after, n)
    this.parent.set(old, NONE)
    this.revision++
  }

  // ---------------------------------------------------------------------------
  // changes, by their rules
  // ---------------------------------------------------------------------------

  private refuse(
    reason: Refusal["reason"],
    assetId: string,
    detail: string
  ): { readonly ok: false; readonly refusal: Refusal } {
    return { ok: false, refusal: { reason, assetId: assetId as AssetId, detail } }
  }

  private gone(id: string) {
    return this.refuse("NotFound", id, "There is no such asset, or it was deleted.")
  }

  /** Makes `nextAssetId` the newest version of `assetId`. */
  version(args: {
    readonly assetId: string
    readonly nextAssetId: string
    readonly nowMillis?: number | undefined
    /** Whether the kinds of the two may differ, which is not known of V4. Default `false`. */
    readonly anyType?: boolean | undefined
    /** Whether the new version may come from another stack, whatever {@link Unknowns} says of v2. Default `false`. */
    readonly fromStack?: boolean | undefined
  }): Result<Versioned> {
    const now = args.nowMillis ?? this.epochMillis
    let target = this.find(args.assetId)
    const file = this.find(args.nextAssetId)
    if (!this.isAlive(target)) return this.gone(args.assetId)
    if (!this.isAlive(file)) return this.gone(args.nextAssetId)
    if (target === file) {
      return this.refuse("SelfVersion", args.assetId, "An asset cannot be a version of itself.")
    }
    if (this.kinds.at(target) === FOLDER) return this.refuse("NotAFile", args.assetId, "A folder cannot have versions.")
    if (this.kinds.at(file) === FOLDER)
      return this.refuse("NotAFile", args.nextAssetId, "A folder cannot be a version.")
    if (this.kinds.at(file) === STACK) {
      return this.refuse("StackOnStack", args.nextAssetId, "A version stack cannot be a version.")
    }
    if (this.kinds.at(this.parent.at(target)) === STACK) {
      if (this.unknowns.targetInStack === "refuse") {
        return this.refuse(
          "TargetInStack",
          args.assetId,
          "The asset is inside a version stack; use the id of the stack."
        )
      }
      target = this.parent.at(target)
    }
    const from = this.parent.at(file)
    const fromStack = this.kinds.at(from) === STACK
    if (fromStack && args.fromStack !== true && this.unknowns.nextInStack === "refuse") {
      return this.refuse("NextInStack", args.nextAssetId, "The new version is inside a version stack already.")
    }
    const one = this.assetTypes.at(target)
    const other = this.assetTypes.at(file)
    const unprocessed = (one === 0 || other === 0) && this.unknowns.unprocessed === "matches-any"
    if (one !== other && !unprocessed && args.anyType !== true) {
      return this.refuse(
        "AssetTypeMismatch",
        args.nextAssetId,
        `Both must have the same asset_type: ${ASSET_TYPES[one]} is not ${ASSET_TYPES[other]}.`
      )
    }
    let stack = target
    if (this.kinds.at(target) === FILE) {
      stack = this.append(STACK, "", this.projectOf.at(target), this.creatorOf.at(target), now)
      this.replace(target, stack)
      this.prepend(stack, target)
      this.updated.set(target, now)
    }
    this.unlink(file)
    this.prepend(stack, file)
    this.assetTypes.set(stack, this.assetTypes.at(file) === 0 ? one : this.assetTypes.at(file))
    this.projectOf.set(file, this.projectOf.at(stack))
    this.updated.set(stack, now)
    this.updated.set(file, now)
    if (fromStack && from !== stack) this.settle(from, now)
    return { ok: true, value: { stackId: this.idOf(stack), fileId: this.idOf(file) } }
  }

  /** Puts the versions of a stack into an order, oldest first. All of them must be named. */
  reorder(stackId: string, versions: ReadonlyArray<string>, nowMillis?: number): void {
    const stack = this.find(stackId)
    for (const id of versions) {
      const n = this.find(id)
      this.unlink(n)
      this.prepend(stack, n)
    }
    this.updated.set(stack, nowMillis ?? this.epochMillis)
  }

  /** Takes a version out of its stack, to the front of the folder that the stack is in. */
  unversion(args: { readonly assetId: string; readonly nowMillis?: number | undefined }): Result<Versioned> {
    const now = args.nowMillis ?? this.epochMillis
    const file = this.find(args.assetId)
    if (!this.isAlive(file)) return this.gone(args.assetId)
    const stack = this.parent.at(file)
    if (this.kinds.at(file) !== FILE || this.kinds.at(stack) !== STACK) {
      return this.refuse("NotInStack", args.assetId, "The asset is not one version inside a version stack.")
    }
    const folder = this.parent.at(stack)
    this.unlink(file)
    this.prepend(folder, file)
    this.updated.set(file, now)
    this.settle(stack, now)
    return { ok: true, value: { stackId: this.idOf(stack), fileId: this.idOf(file) } }
  }

  /** After a version has left a stack. */
  private settle(stack: number, now: number): void {
    this.updated.set(stack, now)
    const left = this.items.at(stack)
    if (left === 0) {
      if (this.unknowns.emptyStack === "gone") this.markDeleted(stack, now)
    } else if (left === 1 && this.unknowns.lastVersion === "dissolve") {
      const last = this.newest(stack)
      const folder = this.parent.at(stack)
      this.unlink(last)
      this.markDeleted(stack, now)
      const place = this.previous.at(stack)
      const order = this.order.at(stack)
      // Where the stack was; the stack itself stays behind it, deleted.
      this.parent.set(last, folder)
      this.previous.set(last, place)
      this.next.set(last, stack)
      this.previous.set(stack, last)
      if (place === NONE) this.first.set(folder, last)
      else this.next.set(place, last)
      this.order.set(last, order)
      const after = this.next.at(stack)
      this.order.set(stack, after === NONE ? order + 1 : (order + this.order.at(after)) / 2)
      this.items.set(folder, this.items.at(folder) + 1)
      this.updated.set(last, now)
    }
  }

  private markDeleted(n: number, now: number): void {
    if (this.deleted.has(n)) return
    this.deleted.set(n, now)
    const parent = this.parent.at(n)
    if (parent !== NONE) this.items.set(parent, this.items.at(parent) - 1)
    this.updated.set(n, now)
    this.revision++
  }

  /** Deletes an asset and all below it, softly: it is still there for who asks for deleted ones. */
  remove(id: string, nowMillis?: number): Result<AssetId> {
    const n = this.find(id)
    if (!this.isAlive(n)) return this.gone(id)
    if (this.parent.at(n) === NONE) {
      return this.refuse("Root", id, "The root of a project goes with its project, and not by itself.")
    }
    const now = nowMillis ?? this.epochMillis
    this.markDeleted(n, now)
    const parent = this.parent.at(n)
    const isEmpty = parent !== NONE && this.kinds.at(parent) === STACK && this.items.at(parent) === 0
    if (isEmpty && this.unknowns.emptyStack === "gone") this.markDeleted(parent, now)
    return { ok: true, value: this.idOf(n) }
  }

  /** Takes back the deletion of an asset. Of one whose folder is deleted, too, nothing is seen yet; an empty stack stays gone. */
  restore(id: string, nowMillis?: number): Result<AssetId> {
    const n = this.find(id)
    if (n === NONE || (this.kinds.at(n) === STACK && this.items.at(n) === 0)) return this.gone(id)
    if (this.deleted.delete(n)) {
      const parent = this.parent.at(n)
      if (parent !== NONE) this.items.set(parent, this.items.at(parent) + 1)
      this.updated.set(n, nowMillis ?? this.epochMillis)
      this.revision++
    }
    return { ok: true, value: this.idOf(n) }
  }

  /** Sets fields of an asset by their names on the wire; `name` renames. Which fields can be set is not documented. */
  update(id: string, fields: Readonly<Record<string, unknown>>, nowMillis?: number): Result<AssetId> {
    const n = this.find(id)
    if (!this.isAlive(n)) return this.gone(id)
    const { name, ...rest } = fields
    if (typeof name === "string") this.names[n] = name
    if (Object.keys(rest).length > 0) this.fields.set(n, { ...this.fields.get(n), ...rest })
    this.updated.set(n, nowMillis ?? this.epochMillis)
    this.revision++
    return { ok: true, value: this.idOf(n) }
  }

  /** Says that a file has been processed, or not yet: sets its `asset_type`. */
  setAssetType(id: string, assetType: AssetType): void {
    const n = this.find(id)
    if (n !== NONE) this.assetTypes.set(n, ASSET_TYPES.indexOf(assetType))
  }

  /** Says how many bytes a file has. */
  setFilesize(id: string, filesize: number): void {
    const n = this.find(id)
    if (n !== NONE) this.sizes.set(n, filesize)
  }

  /** Says that all of a file's content has arrived: it has a size, and is processed when its time has come. */
  completeUpload(id: string, filesize: number, nowMillis = this.epochMillis): void {
    const n = this.find(id)
    if (n === NONE) return
    this.sizes.set(n, filesize)
    this.update(id, { upload_completed_at: iso(nowMillis) }, nowMillis)
    this.processing.push({ id, atMillis: nowMillis + this.unknowns.processingMillis })
    this.process(nowMillis)
  }

  /** Finishes the files whose time of processing is over. */
  process(nowMillis: number): void {
    // All take the same time, so the first to come is the first to be done.
    for (let next = this.processing[0]; next !== undefined && next.atMillis <= nowMillis; next = this.processing[0]) {
      this.processing.shift()
      const { atMillis, id } = next
      const n = this.find(id)
      if (n === NONE) continue
      this.assetTypes.set(n, ASSET_TYPES.indexOf(byExtension(this.names[n] ?? "")[0]))
      this.update(id, { transcoded_at: iso(atMillis) }, atMillis)
    }
  }

  /** Moves an asset to the front of a folder. */
  move(id: string, folderId: string, nowMillis?: number): Result<AssetId> {
    const n = this.find(id)
    const folder = this.find(folderId)
    if (!this.isAlive(n)) return this.gone(id)
    if (!this.isAlive(folder)) return this.gone(folderId)
    const parent = this.parent.at(n)
    if (parent === NONE) return this.refuse("Root", id, "The root of a project cannot be moved.")
    if (this.kinds.at(folder) !== FOLDER || this.isWithin(folderId, id)) {
      return this.refuse("BadDestination", folderId, "The destination must be a folder that is not inside the asset.")
    }
    const now = nowMillis ?? this.epochMillis
    this.unlink(n)
    this.prepend(folder, n)
    this.setProject(n, this.projectOf.at(folder))
    this.updated.set(n, now)
    if (this.kinds.at(parent) === STACK) this.settle(parent, now)
    return { ok: true, value: this.idOf(n) }
  }

  /** Copies an asset, and all below it that is not deleted, to the front of a folder. Answers the copy. */
  copy(id: string, folderId: string, nowMillis?: number): Result<AssetId> {
    const n = this.find(id)
    const folder = this.find(folderId)
    if (!this.isAlive(n)) return this.gone(id)
    if (!this.isAlive(folder)) return this.gone(folderId)
    if (this.parent.at(n) === NONE) return this.refuse("Root", id, "The root of a project cannot be copied.")
    if (this.kinds.at(folder) !== FOLDER || this.isWithin(folderId, id)) {
      return this.refuse("BadDestination", folderId, "The destination must be a folder that is not inside the asset.")
    }
    const copied = this.copyInto(n, folder, nowMillis ?? this.epochMillis)
    if (this.unknowns.copyName === "copy-of") this.names[copied] = `Copy of ${this.entry(n).name}`
    return { ok: true, value: this.idOf(copied) }
  }

  private copyInto(root: number, folder: number, now: number): number {
    let copied = NONE
    const pending: Array<readonly [from: number, to: number]> = [[root, folder]]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [from, to] = next
      const isStack = this.kinds.at(from) === STACK
      const source = isStack && this.unknowns.copiedStack === "newest" ? this.newest(from) : from
      const made = this.append(
        this.kinds.at(source),
        this.names[source] ?? "",
        this.projectOf.at(folder),
        this.creatorOf.at(source),
        now
      )
      if (copied === NONE) copied = made
      this.assetTypes.set(made, this.assetTypes.at(source))
      if (this.kinds.at(source) === FILE) {
        this.sizes.set(made, this.sizeAt(source))
        const mime = this.mimes.get(source)
        if (mime !== undefined) this.mimes.set(made, mime)
      }
      const fields = this.fields.get(source)
      if (fields !== undefined) this.fields.set(made, fields)
      this.prepend(to, made)
      // The one that is handled last is put in front: so the first child comes last, and is popped last.
      for (let child = this.first.at(source); child !== NONE; child = this.next.at(child)) {
        if (!this.deleted.has(child)) pending.push([child, made])
      }
    }
    return copied
  }

  private setProject(n: number, project: number): void {
    const pending = [n]
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      this.projectOf.set(at, project)
      for (let child = this.first.at(at); child !== NONE; child = this.next.at(child)) pending.push(child)
    }
  }
}

/**
 * An empty world.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): World => new World(options)
