/**
 * A Frame.io in memory: accounts, teams, projects, folders, files and version stacks, and the rules between them. A world
 * changes in place. It has no clock: each change brings its time; ids come out of a seed.
 *
 * Rules (developer.frame.io, "Manage Version Stacks"): file on file makes a stack with a new id in the place of the
 * target; file on stack makes the stack grow; the newest version is its cover; both must have the same `asset_type`;
 * no stack goes onto a stack, and no folder anywhere. Unknown rules are options, see {@link Unknowns}.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import { iso } from "./internal/time.js"
import * as Uploads from "./internal/uploads.js"
import { Lists } from "./internal/world/lists.js"
import { Moves } from "./internal/world/moves.js"
import { type Asset, byExtension, entryOf, livingOf } from "./internal/world/node.js"
import { People } from "./internal/world/people.js"
import { gone, refuse } from "./internal/world/refusal.js"
import { Stacks } from "./internal/world/stacks.js"
import { Tree } from "./internal/world/tree.js"
import * as Unknowns from "./Unknowns.js"

/**
 * The kind of an asset.
 *
 * @since 0.1.0
 * @category models
 */
export type Kind = "file" | "folder" | "version_stack"

/**
 * The media type of a file; null on folders and unprocessed files.
 *
 * @since 0.1.0
 * @category models
 */
export type AssetType = "document" | "image" | "stream" | null

/**
 * One asset of the world. Times are in ms since 1970.
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
  /** The sort order in the folder; the newest comes first. */
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
  /** Null unless it, or a folder above it, is deleted. */
  readonly deletedAt: number | null
  /** The updated fields, as on the wire. */
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
 * A user's access to an asset.
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
  /** A refused access gets a 403. Everything in the user's own account is allowed by default. */
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
 * The result of a change: the value, or the refusal.
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
 * The query of a listing.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChildrenQuery {
  /** Counted from 1. */
  readonly page?: number | undefined
  readonly pageSize?: number | undefined
  /** Fields of the wire, `-` in front reverses. By default newest first, by `index`. */
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
 * A search. All given conditions must hold.
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
  /** Hides the assets that the user may not see. */
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
  /** Two worlds of one seed have the same ids in the same order. 1 by default. */
  readonly seed?: number | undefined
  /** Behaviour where the real API's is unknown. */
  readonly unknowns?: Unknowns.Options | undefined
  /** The time of changes without one, in ms since 1970. The first of January 2024 by default. */
  readonly epochMillis?: number | undefined
}

/**
 * The first of January 2024 in ms since 1970.
 *
 * @since 0.1.0
 * @category constants
 */
export const EPOCH_MILLIS = 1_704_067_200_000

/**
 * A Frame.io in memory.
 *
 * @example
 * ```ts
 * const world = World.make()
 * const assetId = world.addFile({ name: "shot_v001.mov" })
 * const nextAssetId = world.addFile({ name: "shot_v002.mov" })
 * const result = world.version({ assetId, nextAssetId })
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export class World {
  /** Behaviour where the real API's is unknown. */
  readonly unknowns: Unknowns.Unknowns
  readonly seed: number
  readonly epochMillis: number
  /** Files that were created and not uploaded yet. */
  readonly uploads: Uploads.Uploads = Uploads.make()

  private readonly tree: Tree
  private readonly people: People
  private readonly lists: Lists
  private readonly stacks: Stacks
  private readonly moves: Moves
  /** Uploaded files that are not processed yet, in order. */
  private readonly processing: Array<{ readonly id: string; readonly atMillis: number }> = []

  constructor(options?: Options) {
    this.seed = (options?.seed ?? 1) >>> 0
    this.epochMillis = options?.epochMillis ?? EPOCH_MILLIS
    this.unknowns = Unknowns.make(options?.unknowns)
    this.tree = new Tree(this.seed)
    this.people = new People(this.seed)
    this.lists = new Lists(this.tree, this.unknowns, (id) => this.people.user(id))
    this.stacks = new Stacks(this.tree, this.unknowns)
    this.moves = new Moves(this.tree, this.stacks, this.unknowns)
  }

  // ---------------------------------------------------------------------------
  // what there is
  // ---------------------------------------------------------------------------

  get accounts(): ReadonlyArray<string> {
    return this.people.accountIds
  }

  get projects(): ReadonlyArray<Project> {
    return this.people.projects
  }

  get users(): ReadonlyArray<User> {
    return this.people.users
  }

  /** How many assets there are, deleted ones and roots included. */
  get assetCount(): number {
    return this.tree.size
  }

  /** The user of a token. */
  userOf(token: string): User | undefined {
    return this.people.userOf(token)
  }

  project(id: string): Project | undefined {
    return this.people.project(id)
  }

  /** The name of a team. */
  teamName(id: string): string | undefined {
    return this.people.teamName(id)
  }

  user(id: string): User | undefined {
    return this.people.user(id)
  }

  /** An asset; not a deleted one, unless asked for. */
  get(
    id: string,
    options?: {
      /** `false` by default. */
      readonly includeDeleted?: boolean | undefined
    }
  ): Entry | undefined {
    const asset = options?.includeDeleted === true ? this.tree.find(id) : this.tree.alive(id)
    return asset === undefined ? undefined : entryOf(asset, this.unknowns)
  }

  /** The stack with this id, or with this file in it. */
  stackOf(id: string): Stack | undefined {
    const asset = this.tree.alive(id)
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
    return this.tree.isWithin(id, ancestorId)
  }

  /** The children of a folder or stack, newest first unless sorted; none of a file. */
  children(id: string, query?: ChildrenQuery): ChildrenPage {
    return this.lists.children(this.tree.find(id), query)
  }

  /** The assets that a search finds; roots of projects are never among them. */
  search(query: SearchQuery): ChildrenPage {
    return this.lists.search(query)
  }

  // ---------------------------------------------------------------------------
  // building
  // ---------------------------------------------------------------------------

  /** Adds an account; answers its id. */
  addAccount(): string {
    return this.people.addAccount()
  }

  /** Adds a team to an account, the first one by default; answers its id. */
  addTeam(options?: {
    /** An account of this world; the first one by default. */
    readonly accountId?: string | undefined
    /** Numbered by default. */
    readonly name?: string | undefined
  }): string {
    return this.people.addTeam(options)
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
    /** A refused access is answered with 403. Everything in the own account is allowed by default. */
    readonly allows?: ((access: Access) => boolean) | undefined
  }): User {
    return this.people.addUser(options)
  }

  /** Gives a user one more token. */
  addToken(userId: string, token: string): void {
    this.people.addToken(userId, token)
  }

  /** The token gets a 401 from now on. */
  revokeToken(token: string): void {
    this.people.revokeToken(token)
  }

  /** Adds a project with an empty root folder to a team, the first one by default. */
  addProject(options?: {
    /** A team of this world; the first one by default. */
    readonly teamId?: string | undefined
    /** Numbered by default. */
    readonly name?: string | undefined
  }): Project {
    const teamId = options?.teamId ?? this.people.teams[0]?.id ?? this.addTeam()
    const accountId = this.people.teams.find((team) => team.id === teamId)?.accountId ?? this.addAccount()
    const owner = this.people.users.find((user) => user.accountId === accountId) ?? this.addUser({ accountId })
    const project: Project = {
      id: this.people.nextId(),
      name: options?.name ?? `Project ${this.people.projects.length + 1}`,
      teamId,
      accountId,
      ownerId: owner.id,
      rootId: this.tree.nextId(),
      insertedAt: this.epochMillis
    }
    this.people.projects.push(project)
    this.tree.append({ kind: "folder", name: "root", project, creatorId: owner.id, nowMillis: this.epochMillis })
    return project
  }

  /** The folder to add something to: the root of the first project by default. */
  private folder(id: string | undefined): Asset {
    const folder = this.tree.alive(id ?? this.people.projects[0]?.rootId ?? this.addProject().rootId)
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
    const asset = this.tree.append({
      kind,
      name: options.name,
      project: parent.project,
      creatorId: (options.creatorId === undefined ? undefined : this.user(options.creatorId)?.id) ?? parent.creatorId,
      nowMillis: options.nowMillis ?? this.epochMillis
    })
    this.tree.prepend(parent, asset)
    return asset
  }

  /** Adds a folder, to the root of the first project by default. Throws if the parent is not a folder of this world. */
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
   * Adds a file, to the root of the first project by default. The name's extension decides `asset_type` and MIME type
   * unless given; an unknown one makes a stream. Throws if the parent is not a folder of this world.
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
  // changes, by their rules
  // ---------------------------------------------------------------------------

  /** Makes `nextAssetId` the newest version of `assetId`. */
  version(args: {
    readonly assetId: string
    readonly nextAssetId: string
    readonly nowMillis?: number | undefined
    /** Whether the `asset_type`s may differ, as perhaps on V4. Default `false`. */
    readonly anyType?: boolean | undefined
    /** Whether the new version may come from another stack, whatever {@link Unknowns} says of v2. Default `false`. */
    readonly fromStack?: boolean | undefined
  }): Result<Versioned> {
    return this.stacks.version({ ...args, nowMillis: args.nowMillis ?? this.epochMillis })
  }

  /** Puts the versions of a stack into an order, oldest first. All of them must be named. */
  reorder(stackId: string, versions: ReadonlyArray<string>, nowMillis?: number): void {
    this.stacks.reorder(stackId, versions, nowMillis ?? this.epochMillis)
  }

  /** Takes a version out of its stack, to the front of the folder that the stack is in. */
  unversion(args: { readonly assetId: string; readonly nowMillis?: number | undefined }): Result<Versioned> {
    return this.stacks.unversion({ ...args, nowMillis: args.nowMillis ?? this.epochMillis })
  }

  /** Deletes an asset and all below it, softly: `includeDeleted` still finds it. */
  remove(id: string, nowMillis?: number): Result<AssetId> {
    const asset = this.tree.alive(id)
    if (asset === undefined) return gone(id)
    const { parent } = asset
    if (parent === undefined) {
      return refuse("Root", id, "The root of a project is deleted only with its project.")
    }
    const now = nowMillis ?? this.epochMillis
    this.tree.markDeleted(asset, now)
    if (parent.kind === "version_stack" && parent.items === 0 && this.unknowns.emptyStack === "gone") {
      this.tree.markDeleted(parent, now)
    }
    return { ok: true, value: asset.id }
  }

  /** Takes back the deletion of an asset. It stays hidden while its folder is deleted; an empty stack stays gone. */
  restore(id: string, nowMillis?: number): Result<AssetId> {
    const asset = this.tree.find(id)
    if (asset === undefined || (asset.kind === "version_stack" && asset.items === 0)) return gone(id)
    if (asset.deletedAt !== null) {
      asset.deletedAt = null
      if (asset.parent !== undefined) asset.parent.items++
      this.tree.touch(asset, nowMillis ?? this.epochMillis)
    }
    return { ok: true, value: asset.id }
  }

  /** Sets fields of an asset by their names on the wire. Which fields can be set is not documented. */
  update(id: string, fields: Readonly<Record<string, unknown>>, nowMillis?: number): Result<AssetId> {
    const asset = this.tree.alive(id)
    if (asset === undefined) return gone(id)
    const { name, ...rest } = fields
    if (typeof name === "string") asset.name = name
    if (Object.keys(rest).length > 0) asset.fields = { ...asset.fields, ...rest }
    this.tree.touch(asset, nowMillis ?? this.epochMillis)
    return { ok: true, value: asset.id }
  }

  /** Sets a file's `asset_type`; null for an unprocessed one. */
  setAssetType(id: string, assetType: AssetType): void {
    const asset = this.tree.find(id)
    if (asset !== undefined) asset.assetType = assetType
  }

  /** Sets a file's size in bytes. */
  setFilesize(id: string, filesize: number): void {
    const asset = this.tree.find(id)
    if (asset !== undefined) asset.filesize = filesize
  }

  /** Ends the upload of a file, which is processed after `processingMillis`. */
  completeUpload(id: string, filesize: number, nowMillis = this.epochMillis): void {
    const asset = this.tree.find(id)
    if (asset === undefined) return
    asset.filesize = filesize
    this.update(id, { upload_completed_at: iso(nowMillis) }, nowMillis)
    this.processing.push({ id, atMillis: nowMillis + this.unknowns.processingMillis })
    this.process(nowMillis)
  }

  /** Finishes the processing that is due. */
  process(nowMillis: number): void {
    // All take the same time, so they end in the order of their uploads.
    for (let next = this.processing[0]; next !== undefined && next.atMillis <= nowMillis; next = this.processing[0]) {
      this.processing.shift()
      const { atMillis, id } = next
      const file = this.tree.find(id)
      if (file === undefined) continue
      file.assetType = byExtension(file.name)[0]
      this.update(id, { transcoded_at: iso(atMillis) }, atMillis)
    }
  }

  /** Moves an asset to the front of a folder. */
  move(id: string, folderId: string, nowMillis?: number): Result<AssetId> {
    return this.moves.move(id, folderId, nowMillis ?? this.epochMillis)
  }

  /** Copies an asset, and all below it that is not deleted, to the front of a folder. Answers the copy. */
  copy(id: string, folderId: string, nowMillis?: number): Result<AssetId> {
    return this.moves.copy(id, folderId, nowMillis ?? this.epochMillis)
  }
}

/**
 * An empty world.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): World => new World(options)
