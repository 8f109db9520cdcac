/** What V4 knows beside the world's assets: shares, webhooks, and what reads may still show of the past. */
import type { AssetId } from "@effect-frameio/core/Asset"
import type { V4Unknowns } from "../../V4Unknowns.js"
import type { Entry, User, World } from "../../World.js"

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

/** Where an asset was before its last change, for reads that lag behind. */
interface Past {
  readonly until: number
  readonly parentId: AssetId | null
}

/** @internal */
export class State {
  readonly shares = new Map<string, Share>()
  readonly webhooks = new Map<string, Webhook>()
  /** When an upload's URLs were given out. */
  readonly uploadsBegun = new Map<string, number>()
  private readonly past = new Map<string, Past>()
  private readonly pastChildren = new Map<string, { readonly until: number; readonly ids: ReadonlyArray<AssetId> }>()
  private readonly issued = new Map<string, number>()
  private readonly refreshTokens = new Set<string>()
  private count = 0

  readonly world: World
  readonly unknowns: V4Unknowns

  constructor(world: World, unknowns: V4Unknowns) {
    this.world = world
    this.unknowns = unknowns
  }

  /** Whether the identity provider gave this token out, and it has not ended. */
  isIssued(token: string, nowMillis: number): boolean {
    return nowMillis < (this.issued.get(token) ?? 0)
  }

  /** Gives an access token out, and with it a refresh token. */
  issue(
    userId: string,
    nowMillis: number,
    refresh: boolean
  ): { accessToken: string; refreshToken: string | undefined } {
    const accessToken = `ims-access-${++this.count}`
    this.issued.set(accessToken, nowMillis + this.unknowns.tokenLifeMillis)
    this.world.addToken(userId, accessToken)
    if (!refresh) return { accessToken, refreshToken: undefined }
    const kept = this.unknowns.refreshRotation === "same" ? [...this.refreshTokens][0] : undefined
    const refreshToken = kept ?? `ims-refresh-${this.count}`
    this.refreshTokens.add(refreshToken)
    return { accessToken, refreshToken }
  }

  /** Uses a refresh token, which ends it where they rotate. */
  refresh(token: string): boolean {
    if (!this.refreshTokens.has(token)) return false
    if (this.unknowns.refreshRotation === "new") this.refreshTokens.delete(token)
    return true
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

  /** Keeps what reads may go on showing of these assets and containers for a while. */
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

  /** Where a read says that an asset is. */
  parentOf(entry: Entry, nowMillis: number): AssetId | null {
    const past = this.past.get(entry.id)
    return past !== undefined && nowMillis < past.until ? past.parentId : entry.parentId
  }

  /** What a read says that a folder or a stack holds, newest first. */
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
  readonly experimental: boolean
  applied: boolean
  refusal: string | undefined
}
