/** V4's state besides the world's assets: shares, webhooks, and stale reads. */
import type { AssetId } from "@effect-frameio/core/Asset"
import type { V4Unknowns } from "../../V4Unknowns.js"
import type { Entry, User, World } from "../../World.js"
import type { Event } from "./webhooks.js"

/** @internal */
export interface Share {
  readonly id: string
  readonly projectId: string
  readonly name: string
  readonly assetIds: Set<string>
  readonly createdAt: number
  updatedAt: number
}

/** @internal */
export interface Webhook {
  readonly id: string
  readonly workspaceId: string
  readonly name: string
  readonly url: string
  readonly events: ReadonlyArray<string>
  readonly secret: string
  readonly createdAt: number
}

/**
 * The request that began a login.
 *
 * @internal
 */
export interface LoginCode {
  /** The PKCE challenge; `undefined` without it. */
  readonly challenge: { readonly value: string; readonly method: string } | undefined
  readonly scoped: boolean
}

interface IssuedToken {
  readonly scoped: boolean
  readonly until: number
}

/** An asset's place before its last change, for reads that lag behind. */
interface Past {
  readonly until: number
  readonly parentId: AssetId | null
}

/** @internal */
export class State {
  readonly shares = new Map<string, Share>()
  readonly webhooks = new Map<string, Webhook>()
  private readonly begun = new Map<string, number>()
  private readonly changedAt = new Map<string, number>()
  private readonly codes = new Map<string, LoginCode>()
  private readonly past = new Map<string, Past>()
  private readonly pastChildren = new Map<string, { readonly until: number; readonly ids: ReadonlyArray<AssetId> }>()
  private readonly issued = new Map<string, IssuedToken>()
  /** Refresh tokens, and whether their login has the scope that Frame.io requires. */
  private readonly refreshTokens = new Map<string, boolean>()
  private count = 0

  readonly world: World
  readonly unknowns: V4Unknowns

  constructor(world: World, unknowns: V4Unknowns) {
    this.world = world
    this.unknowns = unknowns
  }

  /**
   * The user of a token from the identity provider; nobody if it has expired, or lacks the scope that Frame.io
   * requires. `undefined` if the provider does not know it.
   */
  issuedTo(token: string, nowMillis: number): User | "nobody" | undefined {
    const issued = this.issued.get(token)
    if (issued === undefined) return undefined
    const holds = nowMillis < issued.until && (issued.scoped || this.unknowns.missingScope === "ignore")
    return (holds ? this.world.userOf(token) : undefined) ?? "nobody"
  }

  /** Issues an access token, and with it a refresh token. */
  issue(options: {
    readonly userId: string
    readonly nowMillis: number
    readonly refresh: boolean
    readonly scoped: boolean
  }): { accessToken: string; refreshToken: string | undefined } {
    const { nowMillis, refresh, scoped, userId } = options
    const accessToken = `ims-access-${++this.count}`
    this.issued.set(accessToken, { scoped, until: nowMillis + this.unknowns.tokenLifeMillis })
    this.world.addToken(userId, accessToken)
    if (!refresh) return { accessToken, refreshToken: undefined }
    const kept = this.unknowns.refreshRotation === "same" ? [...this.refreshTokens.keys()][0] : undefined
    const refreshToken = kept ?? `ims-refresh-${this.count}`
    this.refreshTokens.set(refreshToken, scoped)
    return { accessToken, refreshToken }
  }

  /** Uses a refresh token, which ends it if they rotate; answers its login's scope, if there is such a login. */
  refresh(token: string): { readonly scoped: boolean } | undefined {
    const scoped = this.refreshTokens.get(token)
    if (scoped === undefined) return undefined
    if (this.unknowns.refreshRotation === "new") this.refreshTokens.delete(token)
    return { scoped }
  }

  /** Ends an access token or a refresh token. */
  revoke(token: string): void {
    if (this.issued.has(token)) this.world.revokeToken(token)
    this.refreshTokens.delete(token)
  }

  /** Begins a login; answers the code that the browser brings back. */
  addCode(login: LoginCode): string {
    const code = `ims-code-${++this.count}`
    this.codes.set(code, login)
    return code
  }

  /** Uses a code, which works once. An unknown code stands for a login elsewhere. */
  takeCode(code: string): LoginCode | "elsewhere" | undefined {
    const login = this.codes.get(code)
    this.codes.delete(code)
    return login ?? (/^ims-code-/.test(code) ? undefined : "elsewhere")
  }

  /** Notes when an upload's URLs were issued. */
  beginUpload(fileId: string, nowMillis: number): void {
    this.begun.set(fileId, nowMillis)
  }

  /** Whether V4 issued an upload's URLs, and whether they are still valid. */
  uploadUrls(fileId: string, nowMillis: number): "none" | "valid" | "expired" {
    const begun = this.begun.get(fileId)
    if (begun === undefined) return "none"
    return nowMillis - begun < this.unknowns.uploadUrlLifeMillis ? "valid" : "expired"
  }

  /** Removes files that were never uploaded, after the time allowed for that. */
  purge(nowMillis: number): void {
    const { neverUploadedMillis } = this.unknowns
    if (neverUploadedMillis === undefined) return
    for (const [id, begun] of this.begun) {
      if (nowMillis - begun < neverUploadedMillis) continue
      this.begun.delete(id)
      if (!this.world.uploads.isComplete(id)) this.world.remove(id, begun + neverUploadedMillis)
    }
  }

  /** Whether a change of a stack comes too soon after another. */
  conflicts(stackId: string, nowMillis: number): boolean {
    const { conflictMillis } = this.unknowns
    const last = this.changedAt.get(stackId) ?? Number.NEGATIVE_INFINITY
    if (nowMillis - last < conflictMillis) return true
    if (conflictMillis > 0) this.changedAt.set(stackId, nowMillis)
    return false
  }

  newId(): string {
    this.count++
    return `00000000-0000-4000-8000-${this.count.toString(16).padStart(12, "0")}`
  }

  addShare(options: { readonly projectId: string; readonly name: string; readonly nowMillis: number }): Share {
    const share: Share = {
      id: this.newId(),
      projectId: options.projectId,
      name: options.name,
      assetIds: new Set(),
      createdAt: options.nowMillis,
      updatedAt: options.nowMillis
    }
    this.shares.set(share.id, share)
    return share
  }

  /** Keeps the current state of these assets and containers, which reads may go on showing for a while. */
  remember(ids: ReadonlyArray<string | null | undefined>, nowMillis: number): void {
    const until = nowMillis + this.unknowns.readAfterWriteMillis
    if (until === nowMillis) return
    for (const id of ids) {
      if (id === null || id === undefined) continue
      const entry = this.world.get(id)
      if (entry === undefined) continue
      this.past.set(id, { until, parentId: entry.parentId })
      if (entry.kind !== "file") this.pastChildren.set(id, { until, ids: this.childrenNow(id) })
    }
  }

  /** The place that a read reports. */
  parentOf(entry: Entry, nowMillis: number): AssetId | null {
    const past = this.past.get(entry.id)
    return past !== undefined && nowMillis < past.until ? past.parentId : entry.parentId
  }

  /** The children that a read reports, newest first. */
  childrenOf(id: string, nowMillis: number): ReadonlyArray<AssetId> {
    const past = this.pastChildren.get(id)
    return past !== undefined && nowMillis < past.until ? past.ids : this.childrenNow(id)
  }

  private childrenNow(id: string): ReadonlyArray<AssetId> {
    const all: Array<AssetId> = []
    for (let page = 1; ; page++) {
      const found = this.world.children(id, { page, pageSize: 1_000 })
      all.push(...found.ids)
      if (page >= found.totalPages) return all
    }
  }
}

/** @internal */
export interface Visit {
  readonly state: State
  readonly world: World
  readonly unknowns: V4Unknowns
  readonly user: User
  readonly nowMillis: number
  /** Path and query of the request. */
  readonly url: string
  /** The related resources that were requested. */
  readonly include: ReadonlySet<string>
  /** The header `api-version`. */
  readonly version: string | undefined
  /** The events for webhooks, in order. */
  readonly events: Array<Event>
  applied: boolean
  refusal: string | undefined
}
