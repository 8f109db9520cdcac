/** What the fake does at each endpoint of the declaration. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { Asset, AssetId } from "@effect-frameio/core/Asset"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Effect from "effect/Effect"
import * as Payload from "../Payload.js"
import type { Entry, Refusal, Result, Versioned } from "../World.js"
import { Visit, type VisitState } from "./visit.js"

type Failed = FrameioError.NotFound | FrameioError.Forbidden | FrameioError.InvalidArguments

const words = (status: number, title: string, detail: string) => ({
  title,
  errors: [{ code: status, status, title, detail }]
})

const notFound = (visit: VisitState, id: string): Effect.Effect<never, Failed> => {
  visit.refusal = "NotFound"
  return Effect.fail(new FrameioError.NotFound(words(404, "Not Found", `There is no asset ${id}, or it was deleted.`)))
}

const refused = (visit: VisitState, refusal: Refusal): Effect.Effect<never, Failed | FrameioError.Conflict> => {
  if (refusal.reason === "NotFound") return notFound(visit, refusal.assetId)
  visit.refusal = refusal.reason
  const status = visit.world.unknowns.statusOf[refusal.reason]
  const detail = `${refusal.detail} (${refusal.assetId})`
  switch (status) {
    case 403:
      return Effect.fail(new FrameioError.Forbidden(words(status, "Forbidden", detail)))
    case 404:
      return Effect.fail(new FrameioError.NotFound(words(status, "Not Found", detail)))
    case 409:
      return Effect.fail(new FrameioError.Conflict(words(status, "Conflict", detail)))
    case 400:
      visit.status = 400
      return Effect.fail(new FrameioError.InvalidArguments(words(status, "Bad Request", detail)))
    case 422:
      return Effect.fail(new FrameioError.InvalidArguments(words(status, "Invalid Arguments", detail)))
  }
}

/** The asset, if it is there and the user may do this with it. */
const allowed = (
  visit: VisitState,
  id: string,
  action: "read" | "update",
  includeDeleted?: boolean
): Effect.Effect<Entry, Failed> => {
  const entry = visit.world.get(id, { includeDeleted })
  if (entry === undefined) return notFound(visit, id)
  if (visit.user.allows({ action, asset: entry })) return Effect.succeed(entry)
  visit.refusal = "Forbidden"
  return Effect.fail(
    new FrameioError.Forbidden(words(403, "Forbidden", `${visit.user.name} may not ${action} the asset ${id}.`))
  )
}

const show = (visit: VisitState, id: string): Effect.Effect<Asset, Failed> => {
  const entry = visit.world.get(id, { includeDeleted: true })
  return entry === undefined ? notFound(visit, id) : Effect.succeed(Payload.render(visit.world, entry, visit.shape))
}

const changed = (
  visit: VisitState,
  result: Result<Versioned>,
  shown: "stack" | "file"
): Effect.Effect<Asset, Failed | FrameioError.Conflict> => {
  if (!result.ok) return refused(visit, result.refusal)
  visit.applied = true
  return show(visit, shown === "stack" ? result.value.stackId : result.value.fileId)
}

const visiting = <A, E>(
  assetIds: ReadonlyArray<AssetId>,
  handle: (visit: VisitState) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Visit, (visit) => {
    visit.handled = true
    visit.assetIds = assetIds
    return handle(visit)
  })

const listOf = (text: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> | undefined =>
  text === undefined ? undefined : typeof text === "string" ? text.split(",").map((one) => one.trim()) : text

/** `include=children` brings the first three only. */
const INCLUDED_CHILDREN = 3

const withIncludes = (visit: VisitState, entry: Entry, includes: ReadonlyArray<string>): Asset => {
  const asset = Payload.render(visit.world, entry, visit.shape)
  const added: Record<string, unknown> = {}
  if (includes.includes("cover_asset")) {
    const cover = entry.coverAssetId === null ? undefined : visit.world.get(entry.coverAssetId)
    added.cover_asset = cover === undefined ? null : Payload.render(visit.world, cover, visit.shape)
  }
  if (includes.includes("children") && entry.kind !== "file") {
    const { ids } = visit.world.children(entry.id, { pageSize: INCLUDED_CHILDREN })
    added.children = ids.flatMap((id) => {
      const child = visit.world.get(id)
      return child === undefined ? [] : [Payload.render(visit.world, child, visit.shape)]
    })
  }
  if (includes.includes("review_links")) added.review_links = []
  return { ...asset, ...added }
}

/** @internal */
export const layer = HttpApiBuilder.group(FrameioApi.FrameioApi, "assets", (handlers) =>
  handlers
    .handle("version", ({ path, payload }) =>
      visiting([path.asset_id, payload.next_asset_id], (visit) =>
        allowed(visit, path.asset_id, "update").pipe(
          Effect.zipRight(allowed(visit, payload.next_asset_id, "update")),
          Effect.flatMap(() =>
            changed(
              visit,
              visit.world.version({
                assetId: path.asset_id,
                nextAssetId: payload.next_asset_id,
                nowMillis: visit.nowMillis
              }),
              visit.world.unknowns.versionReturns
            )
          )
        )
      )
    )
    .handle("unversion", ({ path }) =>
      visiting([path.asset_id], (visit) =>
        Effect.flatMap(allowed(visit, path.asset_id, "update"), () =>
          changed(
            visit,
            visit.world.unversion({ assetId: path.asset_id, nowMillis: visit.nowMillis }),
            visit.world.unknowns.unversionReturns
          )
        )
      )
    )
    .handle("get", ({ path, urlParams }) =>
      visiting([path.asset_id], (visit) =>
        Effect.flatMap(allowed(visit, path.asset_id, "read", urlParams.include_deleted), (entry) => {
          const types = listOf(urlParams.type)
          return types !== undefined && !types.includes(entry.kind)
            ? notFound(visit, path.asset_id)
            : Effect.succeed(Payload.render(visit.world, entry, visit.shape))
        })
      )
    )
    .handle("children", ({ path, urlParams }) =>
      visiting([path.asset_id], (visit) =>
        Effect.map(allowed(visit, path.asset_id, "read", urlParams.include_deleted), (entry) => {
          const page = visit.world.children(entry.id, {
            page: urlParams.page,
            pageSize: urlParams.page_size,
            sort: listOf(urlParams.sort),
            types: listOf(urlParams.type),
            includeDeleted: urlParams.include_deleted
          })
          visit.headers = {
            "page-number": String(page.page),
            "per-page": String(page.perPage),
            total: String(page.total),
            "total-pages": String(page.totalPages)
          }
          const includes = listOf(urlParams.include)
          return page.ids.flatMap((id) => {
            const child = visit.world.get(id, { includeDeleted: true })
            if (child === undefined) return []
            return [
              includes === undefined
                ? Payload.render(visit.world, child, visit.shape)
                : withIncludes(visit, child, includes)
            ]
          })
        })
      )
    )
)
