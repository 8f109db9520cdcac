/**
 * A Frame.io in memory: accounts, teams, projects, folders, files and version stacks, and the rules between them. Pure:
 * the time comes in with each change, ids come out of a seed, and nothing else is random.
 *
 * Rules (developer.frame.io, "Manage Version Stacks"): file on file makes a stack with a new id in the place of the
 * target; file on stack makes the stack grow; the newest version is its cover; both must have the same `asset_type`;
 * no stack goes onto a stack, and no folder anywhere. What is not known is an option, see {@link Unknowns}.
 *
 * A world changes in place.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import { toUuid } from "./internal/ids.js"
import { hash } from "./internal/random.js"
import { iso } from "./internal/time.js"
import * as Uploads from "./internal/uploads.js"
import * as Unknowns from "./Unknowns.js"

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

/** An asset in its place. What {@link Entry} says beside it is worked out when somebody asks. */
interface Asset {
  readonly id: AssetId
  readonly kind: Kind
  /** A stack without a name of its own is called by one of its versions. */
  name: string
  assetType: AssetType
  project: Project
  readonly creatorId: string
  /** None on a root, and on what is nowhere at the moment. */
  parent: Asset | undefined
  /** In no order; deleted ones stay. */
  readonly children: Set<Asset>
  /** How many children are not deleted. */
  items: number
  /** The place among the children of its parent, the newest lowest. */
  index: number
  /** The lowest index that a child was given. */
  front: number
  filesize: number
  /** By the extension of the name where it was not given. */
  filetype: string | undefined
  readonly insertedAt: number
  updatedAt: number
  /** When it was deleted itself. */
  deletedAt: number | null
  fields: Readonly<Record<string, unknown>>
}

/** What every file shares: it never gets any. */
const noChildren = new Set<Asset>()

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
  readonly children: ReadonlyArray<Asset>
}

/** When an asset, or what it lies in, was deleted. */
const deletedAt = (asset: Asset): number | null => {
  for (let at: Asset | undefined = asset; at !== undefined; at = at.parent) {
    if (at.deletedAt !== null) return at.deletedAt
  }
  return null
}

/** Newest first. */
const childrenOf = ({ children }: Asset): Array<Asset> => [...children].sort((one, other) => one.index - other.index)

/** Newest first, without those that are deleted. */
const livingOf = (parent: Asset): Array<Asset> => childrenOf(parent).filter(({ deletedAt }) => deletedAt === null)

/** The stack that a file is in. */
const stackAround = ({ parent }: Asset): Asset | undefined => (parent?.kind === "version_stack" ? parent : undefined)

const filetypeOf = ({ filetype, name }: Asset): string => filetype ?? byExtension(name)[1]

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

  /** In the order in which they were added. */
  private readonly assets = new Map<string, Asset>()
  /** Files that have arrived and are not processed yet, in the order of their coming. */
  private readonly processing: Array<{ readonly id: string; readonly atMillis: number }> = []
  /** Counts changes, so that a kept listing knows that it is old. */
  private revision = 0
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
    return this.assets.size
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

  /** Letters of either case are read. */
  private find(id: string): Asset | undefined {
    return this.assets.get(id) ?? this.assets.get(id.toLowerCase())
  }

  /** An asset that is not deleted. */
  private alive(id: string): Asset | undefined {
    const asset = this.find(id)
    return asset === undefined || deletedAt(asset) !== null ? undefined : asset
  }

  /** An asset; not a deleted one, unless asked for. */
  get(
    id: string,
    options?: {
      /** `false` by default. */
      readonly includeDeleted?: boolean | undefined
    }
  ): Entry | undefined {
    const asset = options?.includeDeleted === true ? this.find(id) : this.alive(id)
    return asset === undefined ? undefined : this.entry(asset)
  }

  private entry(asset: Asset): Entry {
    const { kind, project } = asset
    const isFile = kind === "file"
    return {
      id: asset.id,
      kind,
      name: this.nameOf(asset),
      assetType: asset.assetType,
      parentId: asset.parent?.id ?? null,
      projectId: project.id,
      teamId: project.teamId,
      accountId: project.accountId,
      creatorId: asset.creatorId,
      index: asset.index,
      filesize: isFile ? asset.filesize : 0,
      filetype: isFile ? filetypeOf(asset) : null,
      itemCount: asset.items,
      versions: kind === "version_stack" ? asset.items : 0,
      coverAssetId: kind === "version_stack" ? (livingOf(asset)[0]?.id ?? null) : null,
      insertedAt: asset.insertedAt,
      updatedAt: asset.updatedAt,
      deletedAt: deletedAt(asset),
      fields: asset.fields
    }
  }

  /** A stack is named after one of its versions, unless it was given a name of its own. */
  private nameOf(asset: Asset): string {
    if (asset.kind !== "version_stack" || asset.name !== "") return asset.name
    return livingOf(asset).at(this.unknowns.stackName === "newest" ? 0 : -1)?.name ?? ""
  }

  /** The stack with an id, or the one that the file with this id is in. */
  stackOf(id: string): Stack | undefined {
    const asset = this.alive(id)
    const stack = asset?.kind === "version_stack" ? asset : asset?.parent
    if (stack?.kind !== "version_stack") return undefined
    return {
      id: stack.id,
      versions: livingOf(stack)
        .map((version) => version.id)
        .reverse()
    }
  }

  /** Whether an asset is, or lies below, a folder or a stack. */
  isWithin(id: string, ancestorId: string): boolean {
    const ancestor = this.find(ancestorId)
    for (let at = this.find(id); at !== undefined; at = at.parent) if (at === ancestor) return true
    return false
  }

  /** The children of a folder or stack, newest first unless sorted; none of a file. */
  children(id: string, query?: ChildrenQuery): ChildrenPage {
    const asset = this.find(id)
    const listed = asset === undefined ? [] : this.listing(asset, query)
    return this.page(listed, query?.page, query?.pageSize ?? this.unknowns.defaultPageSize)
  }

  private page(listed: ReadonlyArray<Asset>, number = 1, size: number): ChildrenPage {
    const perPage = Math.max(1, Math.min(size, this.unknowns.maximumPageSize))
    const page = Math.max(1, number)
    return {
      ids: listed.slice((page - 1) * perPage, page * perPage).map(({ id }) => id),
      page,
      perPage,
      total: listed.length,
      totalPages: Math.ceil(listed.length / perPage)
    }
  }

  private listing(parent: Asset, query: ChildrenQuery | undefined): ReadonlyArray<Asset> {
    const key = `${parent.id} ${query?.includeDeleted === true} ${query?.types?.join(",") ?? ""} ${query?.sort?.join(",") ?? ""}`
    const known = this.listings.get(key)
    if (known !== undefined && known.revision === this.revision) return known.children
    const found = childrenOf(parent).filter(
      ({ deletedAt, kind }) =>
        (query?.includeDeleted === true || deletedAt === null) &&
        (query?.types === undefined || query.types.includes(kind))
    )
    const children = this.sorted(found, query?.sort ?? [])
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

  private sorted(found: ReadonlyArray<Asset>, fields: ReadonlyArray<string>): ReadonlyArray<Asset> {
    return fields.reduceRight<ReadonlyArray<Asset>>((assets, field) => {
      const backwards = field.startsWith("-")
      const by = this.sortKey(backwards ? field.slice(1) : field)
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

  private sortKey(field: string): ((asset: Asset) => string | number) | undefined {
    switch (field) {
      case "id":
        return ({ id }) => id
      case "name":
        return (asset) => this.nameOf(asset)
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

  /** The assets that a search finds; roots of projects are never among them. */
  search(query: SearchQuery): ChildrenPage {
    const words = (query.text ?? "")
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "")
    const found = [...this.assets.values()].reverse().filter((asset) => {
      if (asset.parent === undefined) return false
      if (query.includeDeleted !== true && deletedAt(asset) !== null) return false
      const entry = this.entry(asset)
      const name = entry.name.toLowerCase()
      return (
        (query.accountId === undefined || entry.accountId === query.accountId) &&
        (query.projectId === undefined || entry.projectId === query.projectId) &&
        (query.teamIds === undefined || query.teamIds.includes(entry.teamId)) &&
        (query.types === undefined || query.types.includes(entry.kind)) &&
        words.every((word) => name.includes(word)) &&
        hasProperties(entry, query.properties) &&
        (query.conditions ?? []).every((condition) => holds(condition, this.fieldOf(entry, condition.field))) &&
        (query.visible === undefined || query.visible(entry))
      )
    })
    const { sort } = query
    return this.page(
      this.sorted(found, sort === undefined || sort === "relevance" ? [] : [sort]),
      query.page,
      query.pageSize ?? this.unknowns.searchPageSize
    )
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
    const project: Project = {
      id: this.otherId(),
      name: options?.name ?? `Project ${this.projectList.length + 1}`,
      teamId,
      accountId,
      ownerId: owner.id,
      rootId: this.nextId(),
      insertedAt: this.epochMillis
    }
    this.projectList.push(project)
    this.append({ kind: "folder", name: "root", project, creatorId: owner.id, nowMillis: this.epochMillis })
    return project
  }

  /** The id of the asset that is added next. */
  private nextId(): AssetId {
    return toUuid(this.seed, this.assets.size) as AssetId
  }

  private append(made: Pick<Asset, "kind" | "name" | "project" | "creatorId"> & { readonly nowMillis: number }): Asset {
    const { creatorId, kind, name, nowMillis, project } = made
    const asset: Asset = {
      id: this.nextId(),
      kind,
      name,
      assetType: null,
      project,
      creatorId,
      parent: undefined,
      children: kind === "file" ? noChildren : new Set(),
      items: 0,
      index: 0,
      front: 0,
      filesize: kind === "file" ? 1_000_000 + (hash(this.seed, this.assets.size, 4) % 4_000_000_000) : 0,
      filetype: undefined,
      insertedAt: nowMillis,
      updatedAt: nowMillis,
      deletedAt: null,
      fields: nothingSet
    }
    this.assets.set(asset.id, asset)
    this.revision++
    return asset
  }

  /** The folder to add something to: the root of the first project by default. */
  private folder(id: string | undefined): Asset {
    const folder = this.alive(id ?? this.projectList[0]?.rootId ?? this.addProject().rootId)
    if (folder === undefined) throw new Error(`${id} is not in this world, or it is deleted: add the folder first`)
    if (folder.kind !== "folder") {
      throw new Error(`${id} is a ${folder.kind}: files and folders are added to folders, versions by version()`)
    }
    return folder
  }

  private add(
    kind: "file" | "folder",
    options: {
      readonly name: string
      readonly parentId?: string | undefined
      readonly creatorId?: string | undefined
      readonly nowMillis?: number | undefined
    }
  ): Asset {
    const parent = this.folder(options.parentId)
    const asset = this.append({
      kind,
      name: options.name,
      project: parent.project,
      creatorId: (options.creatorId === undefined ? undefined : this.user(options.creatorId)?.id) ?? parent.creatorId,
      nowMillis: options.nowMillis ?? this.epochMillis
    })
    this.prepend(parent, asset)
    return asset
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
    return this.add("folder", options).id
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
    const file = this.add("file", options)
    file.assetType = options.assetType === undefined ? byExtension(options.name)[0] : options.assetType
    if (options.filesize !== undefined) file.filesize = options.filesize
    file.filetype = options.filetype
    return file.id
  }

  // ---------------------------------------------------------------------------
  // places
  // ---------------------------------------------------------------------------

  /** Puts an asset that is nowhere into a folder or stack. */
  private place(parent: Asset, asset: Asset, index: number): void {
    asset.parent = parent
    asset.index = index
    parent.children.add(asset)
    if (asset.deletedAt === null) parent.items++
    this.revision++
  }

  /** Puts an asset that is nowhere before everything else in a folder or stack. */
  private prepend(parent: Asset, asset: Asset): void {
    this.place(parent, asset, --parent.front)
  }

  private unlink(asset: Asset): void {
    const { parent } = asset
    if (parent === undefined) return
    parent.children.delete(asset)
    if (asset.deletedAt === null) parent.items--
    asset.parent = undefined
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
    const named = this.alive(args.assetId)
    const file = this.alive(args.nextAssetId)
    if (named === undefined) return this.gone(args.assetId)
    if (file === undefined) return this.gone(args.nextAssetId)
    if (named === file) return this.refuse("SelfVersion", args.assetId, "An asset cannot be a version of itself.")
    if (named.kind === "folder") return this.refuse("NotAFile", args.assetId, "A folder cannot have versions.")
    if (file.kind === "folder") return this.refuse("NotAFile", args.nextAssetId, "A folder cannot be a version.")
    if (file.kind === "version_stack") {
      return this.refuse("StackOnStack", args.nextAssetId, "A version stack cannot be a version.")
    }
    const around = stackAround(named)
    if (around !== undefined && this.unknowns.targetInStack === "refuse") {
      return this.refuse("TargetInStack", args.assetId, "The asset is inside a version stack; use the id of the stack.")
    }
    const target = around ?? named
    const from = stackAround(file)
    if (from !== undefined && args.fromStack !== true && this.unknowns.nextInStack === "refuse") {
      return this.refuse("NextInStack", args.nextAssetId, "The new version is inside a version stack already.")
    }
    const one = target.assetType
    const other = file.assetType
    const unprocessed = (one === null || other === null) && this.unknowns.unprocessed === "matches-any"
    if (one !== other && !unprocessed && args.anyType !== true) {
      return this.refuse(
        "AssetTypeMismatch",
        args.nextAssetId,
        `Both must have the same asset_type: ${one} is not ${other}.`
      )
    }
    const stack = target.kind === "file" ? this.stackInPlaceOf(target, now) : target
    this.unlink(file)
    this.prepend(stack, file)
    stack.assetType = other ?? one
    file.project = stack.project
    stack.updatedAt = now
    file.updatedAt = now
    if (from !== undefined && from !== stack) this.settle(from, now)
    return { ok: true, value: { stackId: stack.id, fileId: file.id } }
  }

  private stackInPlaceOf(file: Asset, nowMillis: number): Asset {
    const { creatorId, index, parent, project } = file
    const stack = this.append({ kind: "version_stack", name: "", project, creatorId, nowMillis })
    this.unlink(file)
    if (parent !== undefined) this.place(parent, stack, index)
    this.prepend(stack, file)
    file.updatedAt = nowMillis
    return stack
  }

  /** Puts the versions of a stack into an order, oldest first. All of them must be named. */
  reorder(stackId: string, versions: ReadonlyArray<string>, nowMillis?: number): void {
    const stack = this.find(stackId)
    if (stack === undefined) return
    for (const id of versions) {
      const version = this.find(id)
      if (version === undefined) continue
      this.unlink(version)
      this.prepend(stack, version)
    }
    stack.updatedAt = nowMillis ?? this.epochMillis
  }

  /** Takes a version out of its stack, to the front of the folder that the stack is in. */
  unversion(args: { readonly assetId: string; readonly nowMillis?: number | undefined }): Result<Versioned> {
    const now = args.nowMillis ?? this.epochMillis
    const file = this.alive(args.assetId)
    if (file === undefined) return this.gone(args.assetId)
    const stack = stackAround(file)
    const folder = stack?.parent
    if (stack === undefined || folder === undefined) {
      return this.refuse("NotInStack", args.assetId, "The asset is not one version inside a version stack.")
    }
    this.unlink(file)
    this.prepend(folder, file)
    file.updatedAt = now
    this.settle(stack, now)
    return { ok: true, value: { stackId: stack.id, fileId: file.id } }
  }

  /** After a version has left a stack. */
  private settle(stack: Asset, now: number): void {
    stack.updatedAt = now
    if (stack.items === 0) {
      if (this.unknowns.emptyStack === "gone") this.markDeleted(stack, now)
      return
    }
    const [last] = livingOf(stack)
    const { index, parent: folder } = stack
    if (stack.items > 1 || this.unknowns.lastVersion !== "dissolve" || last === undefined || folder === undefined)
      return
    this.unlink(last)
    this.markDeleted(stack, now)
    // Where the stack was; the stack itself stays behind it, deleted.
    this.place(folder, last, index)
    stack.index = index + 0.5
    last.updatedAt = now
  }

  private markDeleted(asset: Asset, now: number): void {
    if (asset.deletedAt !== null) return
    asset.deletedAt = now
    if (asset.parent !== undefined) asset.parent.items--
    asset.updatedAt = now
    this.revision++
  }

  /** Deletes an asset and all below it, softly: it is still there for who asks for deleted ones. */
  remove(id: string, nowMillis?: number): Result<AssetId> {
    const asset = this.alive(id)
    if (asset === undefined) return this.gone(id)
    const { parent } = asset
    if (parent === undefined) {
      return this.refuse("Root", id, "The root of a project goes with its project, and not by itself.")
    }
    const now = nowMillis ?? this.epochMillis
    this.markDeleted(asset, now)
    if (parent.kind === "version_stack" && parent.items === 0 && this.unknowns.emptyStack === "gone") {
      this.markDeleted(parent, now)
    }
    return { ok: true, value: asset.id }
  }

  /** Takes back the deletion of an asset. Of one whose folder is deleted, too, nothing is seen yet; an empty stack stays gone. */
  restore(id: string, nowMillis?: number): Result<AssetId> {
    const asset = this.find(id)
    if (asset === undefined || (asset.kind === "version_stack" && asset.items === 0)) return this.gone(id)
    if (asset.deletedAt !== null) {
      asset.deletedAt = null
      if (asset.parent !== undefined) asset.parent.items++
      asset.updatedAt = nowMillis ?? this.epochMillis
      this.revision++
    }
    return { ok: true, value: asset.id }
  }

  /** Sets fields of an asset by their names on the wire; `name` renames. Which fields can be set is not documented. */
  update(id: string, fields: Readonly<Record<string, unknown>>, nowMillis?: number): Result<AssetId> {
    const asset = this.alive(id)
    if (asset === undefined) return this.gone(id)
    const { name, ...rest } = fields
    if (typeof name === "string") asset.name = name
    if (Object.keys(rest).length > 0) asset.fields = { ...asset.fields, ...rest }
    asset.updatedAt = nowMillis ?? this.epochMillis
    this.revision++
    return { ok: true, value: asset.id }
  }

  /** Says that a file has been processed, or not yet: sets its `asset_type`. */
  setAssetType(id: string, assetType: AssetType): void {
    const asset = this.find(id)
    if (asset !== undefined) asset.assetType = assetType
  }

  /** Says how many bytes a file has. */
  setFilesize(id: string, filesize: number): void {
    const asset = this.find(id)
    if (asset !== undefined) asset.filesize = filesize
  }

  /** Says that all of a file's content has arrived: it has a size, and is processed when its time has come. */
  completeUpload(id: string, filesize: number, nowMillis = this.epochMillis): void {
    const asset = this.find(id)
    if (asset === undefined) return
    asset.filesize = filesize
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
      const file = this.find(id)
      if (file === undefined) continue
      file.assetType = byExtension(file.name)[0]
      this.update(id, { transcoded_at: iso(atMillis) }, atMillis)
    }
  }

  /** Moves an asset to the front of a folder. */
  move(id: string, folderId: string, nowMillis?: number): Result<AssetId> {
    const asset = this.alive(id)
    const folder = this.alive(folderId)
    if (asset === undefined) return this.gone(id)
    if (folder === undefined) return this.gone(folderId)
    if (asset.parent === undefined) return this.refuse("Root", id, "The root of a project cannot be moved.")
    if (folder.kind !== "folder" || this.isWithin(folderId, id)) {
      return this.refuse("BadDestination", folderId, "The destination must be a folder that is not inside the asset.")
    }
    const now = nowMillis ?? this.epochMillis
    const from = stackAround(asset)
    this.unlink(asset)
    this.prepend(folder, asset)
    const pending = [asset]
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      at.project = folder.project
      for (const child of at.children) pending.push(child)
    }
    asset.updatedAt = now
    if (from !== undefined) this.settle(from, now)
    return { ok: true, value: asset.id }
  }

  /** Copies an asset, and all below it that is not deleted, to the front of a folder. Answers the copy. */
  copy(id: string, folderId: string, nowMillis?: number): Result<AssetId> {
    const asset = this.alive(id)
    const folder = this.alive(folderId)
    if (asset === undefined) return this.gone(id)
    if (folder === undefined) return this.gone(folderId)
    if (asset.parent === undefined) return this.refuse("Root", id, "The root of a project cannot be copied.")
    if (folder.kind !== "folder" || this.isWithin(folderId, id)) {
      return this.refuse("BadDestination", folderId, "The destination must be a folder that is not inside the asset.")
    }
    const copied = this.copyInto(asset, folder, nowMillis ?? this.epochMillis)
    if (this.unknowns.copyName === "copy-of") copied.name = `Copy of ${this.nameOf(asset)}`
    return { ok: true, value: copied.id }
  }

  private copyInto(from: Asset, folder: Asset, nowMillis: number): Asset {
    const newest =
      from.kind === "version_stack" && this.unknowns.copiedStack === "newest" ? livingOf(from)[0] : undefined
    const source = newest ?? from
    const { creatorId, kind, name } = source
    const made = this.append({ kind, name, project: folder.project, creatorId, nowMillis })
    made.assetType = source.assetType
    made.filesize = source.filesize
    made.filetype = source.filetype
    made.fields = source.fields
    this.prepend(folder, made)
    // The oldest first, since each is put before those that came before it.
    for (const child of livingOf(source).reverse()) this.copyInto(child, made, nowMillis)
    return made
  }
}

/**
 * An empty world.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): World => new World(options)
