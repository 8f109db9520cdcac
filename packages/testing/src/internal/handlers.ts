/** The fake's handler of each declared endpoint. */
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import type { Asset, AssetId } from "@effect-frameio/core/Asset"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as NewAsset from "@effect-frameio/core/NewAsset"
import * as Search from "@effect-frameio/core/Search"
import type * as UploadPart from "@effect-frameio/core/UploadPart"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Access, ChildrenPage, Condition, Entry, Refusal, Result, SearchQuery, Versioned } from "../World.js"
import * as Payload from "./payload.js"
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

/** The asset, if it exists and the user may do this with it. */
const allowed = (
  visit: VisitState,
  id: string,
  action: Access["action"],
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

/** The result of a change, or its refusal. */
const done = (visit: VisitState, result: Result<AssetId>): Effect.Effect<Asset, Failed | FrameioError.Conflict> => {
  if (!result.ok) return refused(visit, result.refusal)
  visit.applied = true
  return show(visit, result.value)
}

const visiting = <A, E>(
  assetIds: ReadonlyArray<string>,
  handle: (visit: VisitState) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(Visit, (visit) => {
    visit.handled = true
    visit.assetIds = assetIds
    return handle(visit)
  })

const listOf = (text: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> | undefined =>
  text === undefined ? undefined : typeof text === "string" ? text.split(",").map((one) => one.trim()) : text

/** `include=children` returns only the first three. */
const INCLUDED_CHILDREN = 3

const withIncludes = (visit: VisitState, entry: Entry, includes: ReadonlyArray<string>): Asset => {
  const asset = Payload.render(visit.world, entry, visit.shape)
  const added: Record<string, unknown> = {}
  const unasked = visit.world.unknowns.coverAsset === "always" && entry.kind === "version_stack"
  if (unasked || includes.includes("cover_asset")) {
    const cover = entry.coverAssetId === null ? undefined : visit.world.get(entry.coverAssetId)
    added.cover_asset = cover === undefined ? null : Payload.render(visit.world, cover, visit.shape)
  }
  if (includes.includes("children")) {
    // A file has the field as well: Frame.io's own SDK counts the children of everything in a listing.
    const { ids } = visit.world.children(entry.id, { pageSize: INCLUDED_CHILDREN })
    added.children = ids.flatMap((id) => {
      const child = visit.world.get(id)
      return child === undefined ? [] : [Payload.render(visit.world, child, visit.shape)]
    })
  }
  if (includes.includes("review_links")) added.review_links = []
  if (includes.includes("presentation")) added.presentation = null
  if (includes.includes("creator")) {
    const creator = visit.world.user(entry.creatorId)
    added.creator = creator === undefined ? null : Payload.user(creator, visit.world.epochMillis)
  }
  return { ...asset, ...added }
}

const shown = (visit: VisitState, page: ChildrenPage, render: (entry: Entry) => Asset): ReadonlyArray<Asset> => {
  visit.headers = {
    "page-number": String(page.page),
    "per-page": String(page.perPage),
    total: String(page.total),
    "total-pages": String(page.totalPages)
  }
  return page.ids.flatMap((id) => {
    const entry = visit.world.get(id, { includeDeleted: true })
    return entry === undefined ? [] : [render(entry)]
  })
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `a.name` is a field of the asset, and `u.name` one of its creator; without a prefix it is the asset's. */
const pathOf = (field: string): ReadonlyArray<string> => {
  const [table, ...rest] = field.split(".")
  if (rest.length === 0) return [field]
  return table === "u" ? ["creator", ...rest] : table === "a" ? rest : [table ?? "", ...rest]
}

/** Fields that the fake always shows of an item; whether the real API does is unknown. */
const ALWAYS = ["a._type", "a.id", "a.type"]

const only = (asset: Asset, fields: ReadonlyArray<string>, kept: ReadonlyArray<string>): Asset => {
  const { id } = asset
  const slim: Record<string, unknown> = {}
  for (const field of [...ALWAYS, ...fields]) {
    const [name, inner] = pathOf(field)
    if (name === undefined) continue
    const value: unknown = Reflect.get(asset, name)
    if (inner === undefined) {
      if (value !== undefined) slim[name] = value
    } else if (isObject(value)) {
      const known = slim[name]
      slim[name] = { ...(isObject(known) ? known : {}), [inner]: value[inner] }
    }
  }
  for (const name of kept) {
    const value: unknown = Reflect.get(asset, name)
    if (value !== undefined) slim[name] = value
  }
  return { ...slim, id }
}

const without = (asset: Asset, fields: ReadonlyArray<string>): Asset => {
  const { id } = asset
  const dropped = new Set(fields.map((field) => pathOf(field)[0]))
  return { ...Object.fromEntries(Object.entries(asset).filter(([name]) => !dropped.has(name))), id }
}

/** A folder that the user may put things into. */
const destination = (
  visit: VisitState,
  id: AssetId,
  action: Access["action"]
): Effect.Effect<Entry, Failed | FrameioError.Conflict> =>
  Effect.flatMap(allowed(visit, id, action), (entry) =>
    entry.kind === "folder"
      ? Effect.succeed(entry)
      : refused(visit, { reason: "BadDestination", assetId: id, detail: "The destination must be a folder." })
  )

const create = (visit: VisitState, parentId: AssetId, payload: NewAsset.Payload) =>
  Effect.gen(function* () {
    const { nowMillis, user, world } = visit
    yield* destination(visit, parentId, "create")
    const target = payload.auto_version_id ?? undefined
    if (target !== undefined) yield* allowed(visit, target, "update")
    const realtime = payload.is_realtime_upload === true
    const name = payload.name ?? `[new file]${payload.extension}`
    const common = { name, parentId, creatorId: user.id, nowMillis }
    // Not processed yet, whatever it is.
    const file = { filesize: payload.filesize ?? 0, filetype: payload.filetype ?? undefined, assetType: null }
    const id = payload.type === "folder" ? world.addFolder(common) : world.addFile({ ...common, ...file })
    visit.applied = true
    const fields = {
      ...(typeof payload.description === "string" ? { description: payload.description } : {}),
      ...(isObject(payload.properties) ? { properties: payload.properties } : {})
    }
    if (Object.keys(fields).length > 0) world.update(id, fields, nowMillis)
    if (target !== undefined && world.unknowns.autoVersion) {
      world.version({ assetId: world.stackOf(target)?.id ?? target, nextAssetId: id, nowMillis })
    }
    const asset = yield* show(visit, id)
    const contentType = asset.filetype ?? "application/octet-stream"
    if (realtime) {
      world.uploads.expectRealtime({ assetId: id, contentType })
      return { id, name }
    }
    if (payload.type === "folder" || isObject(payload.source)) return asset
    const { parts } = world.uploads.expect({
      assetId: id,
      filesize: file.filesize,
      contentType,
      partSize: world.unknowns.partSize
    })
    return { ...asset, upload_urls: parts.map((part) => part.url) }
  })

const realtimeParts = (
  visit: VisitState,
  id: AssetId,
  payload: UploadPart.Payload
): Effect.Effect<UploadPart.UploadUrls, Failed | FrameioError.Conflict> => {
  const { nowMillis, world } = visit
  if (world.uploads.get(id)?.realtime !== true) {
    const detail = "The asset was not created for a realtime upload."
    return refused(visit, { reason: "NotRealtime", assetId: id, detail })
  }
  const parts = payload.parts.map(({ is_final, number, size }) => ({ number, size, isFinal: is_final }))
  const [first, ...rest] = world.uploads.addParts(id, parts, payload.asset_filesize)
  if (first === undefined) return notFound(visit, id)
  visit.applied = true
  if (payload.asset_name !== undefined) world.update(id, { name: payload.asset_name }, nowMillis)
  if (payload.asset_filesize !== undefined) world.setFilesize(id, payload.asset_filesize)
  return Effect.succeed({ upload_urls: [first, ...rest] })
}

/** One of many: its result, or why there is none. */
const each = (
  visit: VisitState,
  ids: ReadonlyArray<AssetId | number>,
  action: Access["action"],
  change: (id: AssetId) => Result<AssetId>
) =>
  Effect.gen(function* () {
    const success: Record<string, Asset> = {}
    const error: Record<string, string> = {}
    for (const id of ids) {
      const outcome = yield* Effect.either(
        typeof id === "number"
          ? notFound(visit, String(id))
          : Effect.flatMap(allowed(visit, id, action), () => done(visit, change(id)))
      )
      if (outcome._tag === "Right") success[id] = outcome.right
      else error[id] = outcome.left.errors[0]?.detail ?? outcome.left.message
    }
    return { error, success }
  })

const orNull = <A>(record: Readonly<Record<string, A>>): Readonly<Record<string, A>> | null =>
  Object.keys(record).length === 0 ? null : record

/** The tracks that an update gave the file; none otherwise. */
const tracksOf = (visit: VisitState, id: AssetId, field: "audio_tracks" | "subtitle_tracks") =>
  Effect.flatMap(allowed(visit, id, "read"), (entry) => {
    if (entry.kind !== "file") return notFound(visit, id)
    const tracks: unknown = entry.fields[field]
    return Effect.succeed(Array.isArray(tracks) ? tracks.map(String) : [])
  })

const OPERATORS = ["eq", "gte", "lte", "match"]

/**
 * A filter with an operator that the guide does not show is refused, so that a typing error does not look like an empty
 * result.
 */
const conditionsOf = (
  visit: VisitState,
  filter: Search.Filter | undefined
): Effect.Effect<ReadonlyArray<Condition>, FrameioError.InvalidArguments> => {
  const conditions = Object.entries(filter ?? {}).flatMap(([field, one]) =>
    [one].flat().map(({ op, value }): Condition => ({ field, op, value }))
  )
  const unknown = conditions.find(({ op }) => !OPERATORS.includes(op))
  if (unknown === undefined) return Effect.succeed(conditions)
  visit.refusal = "Malformed"
  return Effect.fail(
    new FrameioError.InvalidArguments(
      words(422, "Invalid Arguments", `${unknown.field}: the fake knows the operators ${OPERATORS.join(", ")} only.`)
    )
  )
}

type LibraryFields = typeof Search.LibraryPayload.Type

const libraryQuery = (visit: VisitState, fields: Omit<LibraryFields, "filter" | "opts">): SearchQuery => ({
  text: [fields.q, fields.query].filter((text) => text !== undefined).join(" "),
  accountId: fields.account_id,
  includeDeleted: fields.include_deleted,
  sort: fields.sort,
  page: fields.page,
  pageSize: fields.page_size,
  visible: (asset) => visit.user.allows({ action: "read", asset })
})

const assetsQuery = (
  visit: VisitState,
  fields: Omit<typeof Search.AssetsPayload.Type, "filter" | "opts">
): SearchQuery => ({
  ...libraryQuery(visit, fields),
  projectId: fields.project_id,
  // Frame.io's own SDK sends null for arguments that were not given.
  teamIds: fields.team_id === undefined || fields.team_id === null ? undefined : [fields.team_id].flat().map(String),
  types: listOf(fields.type),
  properties: fields.properties
})

/** How a query writes an object is unknown; the fake reads JSON, and refuses anything else. */
const objectIn = <A>(
  visit: VisitState,
  name: string,
  schema: Schema.Schema<A>,
  text: string | undefined
): Effect.Effect<A | undefined, FrameioError.InvalidArguments> =>
  text === undefined
    ? Effect.succeed(undefined)
    : Effect.mapError(Schema.decode(Schema.parseJson(schema))(text), () => {
        visit.refusal = "Malformed"
        const detail = `${name}: the fake reads objects in a query as JSON, and this is not what it should be.`
        return new FrameioError.InvalidArguments(words(422, "Invalid Arguments", detail))
      })

const Properties = Schema.Record({ key: Schema.String, value: Schema.Unknown })

const search = (
  visit: VisitState,
  query: SearchQuery,
  filter: Search.Filter | undefined,
  include?: string | undefined
) =>
  Effect.map(conditionsOf(visit, filter), (conditions) =>
    shown(visit, visit.world.search({ ...query, conditions }), (entry) =>
      withIncludes(visit, entry, listOf(include) ?? [])
    )
  )

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
          const includes = listOf(urlParams.include) ?? []
          const fields = listOf(urlParams.only_fields)
          const dropped = [urlParams.drop_includes, urlParams.hard_drop_fields].flatMap((text) => listOf(text) ?? [])
          return shown(visit, page, (child) => {
            const asset = withIncludes(visit, child, includes)
            const slim = fields === undefined ? asset : only(asset, fields, includes)
            return dropped.length === 0 ? slim : without(slim, dropped)
          })
        })
      )
    )
    .handle("create", ({ path, payload }) =>
      visiting([path.asset_id], (visit) => create(visit, path.asset_id, payload))
    )
    .handle("update", ({ path, payload }) =>
      visiting([path.asset_id], (visit) =>
        Effect.flatMap(allowed(visit, path.asset_id, "update"), () =>
          done(visit, visit.world.update(path.asset_id, payload, visit.nowMillis))
        )
      )
    )
    .handle("delete", ({ path }) =>
      visiting([path.asset_id], (visit) =>
        Effect.flatMap(allowed(visit, path.asset_id, "delete"), () =>
          done(visit, visit.world.remove(path.asset_id, visit.nowMillis))
        )
      )
    )
    .handle("copy", ({ path, payload }) =>
      visiting([path.destination_folder, payload.id], (visit) =>
        allowed(visit, path.destination_folder, "create").pipe(
          Effect.zipRight(allowed(visit, payload.id, "read")),
          Effect.flatMap(() => done(visit, visit.world.copy(payload.id, path.destination_folder, visit.nowMillis)))
        )
      )
    )
    .handle("move", ({ path, payload }) =>
      visiting([path.destination_folder, payload.id], (visit) =>
        allowed(visit, path.destination_folder, "create").pipe(
          Effect.zipRight(allowed(visit, payload.id, "update")),
          Effect.flatMap(() => done(visit, visit.world.move(payload.id, path.destination_folder, visit.nowMillis)))
        )
      )
    )
    .handle("bulkCopy", ({ path, payload }) => {
      const ids = (payload.batch ?? []).map((one) => one.id)
      return visiting([path.destination_id, ...ids.map(String)], (visit) =>
        destination(visit, path.destination_id, "create").pipe(
          Effect.zipRight(each(visit, ids, "read", (id) => visit.world.copy(id, path.destination_id, visit.nowMillis))),
          Effect.map(({ error, success }) => ({
            error: orNull(error),
            success: orNull(success),
            // The specification's two accidents.
            succes_test: null,
            "": null
          }))
        )
      )
    })
    .handle("bulkDelete", ({ payload }) =>
      visiting(payload.asset_ids, (visit) =>
        Effect.map(
          each(visit, payload.asset_ids, "delete", (id) => visit.world.remove(id, visit.nowMillis)),
          ({ error }) => (orNull(error) === null ? {} : { error })
        )
      )
    )
    .handle("audio", ({ path }) =>
      visiting([path.asset_id], (visit) =>
        Effect.map(tracksOf(visit, path.asset_id, "audio_tracks"), (audio_tracks) => ({
          _type: "asset_audio",
          id: path.asset_id,
          audio_tracks
        }))
      )
    )
    .handle("subtitles", ({ path }) =>
      visiting([path.asset_id], (visit) =>
        Effect.map(tracksOf(visit, path.asset_id, "subtitle_tracks"), (subtitle_tracks) => ({
          _type: "asset_subtitle",
          id: path.asset_id,
          subtitle_tracks
        }))
      )
    )
    .handle("realtimeParts", ({ path, payload }) =>
      visiting([path.asset_id], (visit) =>
        Effect.flatMap(allowed(visit, path.asset_id, "update"), () => realtimeParts(visit, path.asset_id, payload))
      )
    )
    .handle("search", ({ urlParams: { filter, opts, properties, ...fields } }) =>
      visiting([], (visit) =>
        Effect.flatMap(
          Effect.all([
            objectIn(visit, "filter", Search.Filter, filter),
            objectIn(visit, "properties", Properties, properties)
          ]),
          ([conditions, own]) =>
            search(visit, assetsQuery(visit, { ...fields, properties: own }), conditions, fields.include)
        )
      )
    )
    .handle("searchPost", ({ payload }) =>
      visiting([], (visit) => search(visit, assetsQuery(visit, payload), payload.filter, payload.include))
    )
    .handle("librarySearch", ({ urlParams: { filter, opts, ...fields } }) =>
      visiting([], (visit) =>
        Effect.flatMap(objectIn(visit, "filter", Search.Filter, filter), (conditions) =>
          search(visit, libraryQuery(visit, fields), conditions)
        )
      )
    )
    .handle("librarySearchPost", ({ payload }) =>
      visiting([], (visit) => search(visit, libraryQuery(visit, payload), payload.filter))
    )
)
