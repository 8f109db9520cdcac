/** The fake's handler of each operation of V4. */
import * as V4Api from "@effect-frameio/core/V4Api"
import * as Either from "effect/Either"
import type { Entry, Result } from "../../World.js"
import { iso } from "../time.js"
import { type Answer, data, NO_CONTENT, ok, refused } from "./answer.js"
import { type Endpoint, type Judged, judge, type Raw } from "./judge.js"
import * as show from "./show.js"
import type { Share, Visit } from "./state.js"

/** @internal */
export type Operation = (raw: Raw, visit: Visit) => Answer

const on = <Path, UrlParams, Payload>(
  endpoint: Endpoint<Path, UrlParams, Payload>,
  handle: (args: Judged<Path, UrlParams, Payload>, visit: Visit) => Either.Either<Answer, Answer>
): Operation => {
  const judged = judge(endpoint)
  return (raw, visit) =>
    Either.merge(
      Either.flatMap(judged(raw, visit.unknowns), (args) => {
        const unknown = [...visit.include].find((name) => !show.INCLUDES.has(name))
        return unknown === undefined
          ? handle(args, visit)
          : no(visit, "Malformed", refused(422, `Unexpected field: ${unknown}`, "/include"))
      })
    )
}

/** An operation whose body may be omitted. */
const onOptional = <Path, UrlParams, Payload>(
  endpoint: Endpoint<Path, UrlParams, Payload>,
  handle: (args: Judged<Path, UrlParams, Payload>, visit: Visit) => Either.Either<Answer, Answer>
): Operation => {
  const operation = on(endpoint, handle)
  return (raw, visit) => operation(/^\s*(?:\{\s*\}\s*)?$/.test(raw.body) ? { ...raw, body: '{"data":{}}' } : raw, visit)
}

type Outcome<A> = Either.Either<A, Answer>

const no = (visit: Visit, reason: string, answer: Answer): Outcome<never> => {
  visit.refusal = reason
  return Either.left(answer)
}

const missing = (visit: Visit, id: string): Outcome<never> =>
  no(visit, "NotFound", refused(404, `There is nothing with the id ${id}.`))

/** The asset, if it has one of the kinds and the user may do this with it. */
const find = (
  visit: Visit,
  id: string,
  kinds: ReadonlyArray<Entry["kind"]>,
  action: "read" | "create" | "update" | "delete" = "read"
): Outcome<Entry> => {
  const entry = visit.world.get(id)
  if (entry === undefined) return missing(visit, id)
  if (!kinds.includes(entry.kind)) {
    if (entry.kind === "version_stack" && kinds.includes("file")) {
      return no(visit, "WrongKind", refused(visit.unknowns.stackOnFileRoute, "is not a file", "/file_id"))
    }
    if (entry.kind === "version_stack" && visit.unknowns.stackOnFolderRoute === 422) {
      return no(visit, "WrongKind", refused(422, "is not a folder", "/folder_id"))
    }
    return missing(visit, id)
  }
  if (!visit.user.allows({ action, asset: entry })) {
    return no(visit, "Forbidden", refused(403, `${visit.user.name} may not ${action} this.`))
  }
  return Either.right(entry)
}

const again = (visit: Visit, id: string): Outcome<Entry> => {
  const entry = visit.world.get(id)
  return entry === undefined ? missing(visit, id) : Either.right(entry)
}

const done = <A>(visit: Visit, result: Result<A>, pointer: string): Outcome<A> => {
  if (result.ok) {
    visit.applied = true
    return Either.right(result.value)
  }
  const { refusal } = result
  if (refusal.reason === "NotFound") return missing(visit, refusal.assetId)
  return no(visit, refusal.reason, refused(422, refusal.detail, pointer))
}

/** Tells webhooks what was done to an asset, if anything. */
const tell = (visit: Visit, type: string, entry: Pick<Entry, "id" | "kind" | "projectId">): void => {
  if (!visit.applied) return
  visit.events.push({ type, resource: { id: entry.id, type: entry.kind }, projectId: entry.projectId })
}

/** Each file that went onto a stack is a new version. */
const tellVersioned = (visit: Visit, files: ReadonlyArray<Entry>): void => {
  for (const file of files) {
    const stack = visit.unknowns.versionedResource === "file" ? undefined : visit.world.stackOf(file.id)
    tell(visit, "file.versioned", stack === undefined ? file : { ...file, id: stack.id, kind: "version_stack" })
  }
}

/** Refuses a change of a stack that comes too soon after another. */
const alone = (visit: Visit, stackId: string): Outcome<void> =>
  visit.state.conflicts(stackId, visit.nowMillis)
    ? no(visit, "Conflict", refused(409, "is being changed"))
    : Either.right(undefined)

interface PageQuery {
  readonly page_size?: number | undefined
  readonly after?: string | undefined
  readonly include_total_count?: boolean | undefined
}

const DEFAULT_PAGE_SIZE = 50

const encodeCursor = (text: string): string => Buffer.from(text).toString("base64")
const decodeCursor = (text: string): string => Buffer.from(text, "base64").toString()

/** One page of a list, with the path of the next. */
const page = <A>(
  visit: Visit,
  all: ReadonlyArray<A>,
  query: PageQuery,
  key: (one: A) => string,
  body: (one: A) => unknown
): Answer => {
  const size = query.page_size ?? DEFAULT_PAGE_SIZE
  const after = query.after === undefined ? undefined : decodeCursor(query.after)
  const start =
    after === undefined
      ? 0
      : visit.unknowns.cursor === "offset"
        ? Number(after.replace("offset:", "")) || 0
        : all.findIndex((one) => key(one) === after) + 1
  const items = all.slice(start, start + size)
  const last = items.at(-1)
  const more = start + size < all.length && last !== undefined
  const cursor = visit.unknowns.cursor === "offset" || last === undefined ? `offset:${start + size}` : key(last)
  const { pathname, searchParams } = new URL(visit.url, "http://localhost")
  const next = new URLSearchParams(visit.unknowns.nextCarriesQuery ? searchParams : undefined)
  next.set("after", encodeCursor(cursor))
  const total =
    query.include_total_count === true
      ? { total_count: all.length }
      : visit.unknowns.totalCount === "null"
        ? { total_count: null }
        : {}
  return ok({ data: items.map(body), links: { next: more ? `${pathname}?${next}` : null }, ...total })
}

const idOf = (one: { readonly id: string }): string => one.id

const sorted = (entries: ReadonlyArray<Entry>, sort: string | undefined): ReadonlyArray<Entry> => {
  const [, field, direction] = /^(.+)_(asc|desc)$/.exec(sort ?? "") ?? []
  if (field === undefined) return entries
  const by = (entry: Entry): string | number => {
    switch (field) {
      case "created_at":
        return entry.insertedAt
      case "updated_at":
        return entry.updatedAt
      case "file_size":
        return entry.filesize
      default:
        return entry.name
    }
  }
  const sign = direction === "desc" ? -1 : 1
  return [...entries].sort((a, b) => (by(a) < by(b) ? -sign : by(a) > by(b) ? sign : 0))
}

const entriesOf = (visit: Visit, id: string): ReadonlyArray<Entry> =>
  visit.state.childrenOf(id, visit.nowMillis).flatMap((child) => visit.world.get(child) ?? [])

const listKinds = (
  visit: Visit,
  folderId: string,
  kinds: ReadonlyArray<string>,
  query: PageQuery & { readonly sort?: string | undefined }
): Outcome<Answer> =>
  Either.map(find(visit, folderId, ["folder"]), () => {
    const all = entriesOf(visit, folderId).filter(({ kind }) => kinds.includes(kind))
    return page(visit, sorted(all, query.sort), query, idOf, (entry) => show.item(visit, entry))
  })

const KINDS: ReadonlyArray<string> = ["file", "folder", "version_stack"]

/** Moves a file into a folder or onto a stack. */
const move = (visit: Visit, fileId: string, parentId: string): Outcome<Answer> =>
  Either.gen(function* () {
    const { state, unknowns, world } = visit
    const file = yield* find(visit, fileId, ["file"], "update")
    const parent = world.get(parentId)
    if (parent === undefined) return yield* missing(visit, parentId)
    if (parent.kind === "file" && unknowns.moveOntoFile !== "stacks") {
      return yield* no(visit, "OntoFile", refused(unknowns.moveOntoFile, "is not a folder", "/data/parent_id"))
    }
    if (parent.projectId !== file.projectId && unknowns.crossProjectMove === "refuse") {
      return yield* no(visit, "CrossProject", refused(422, "is in another project", "/data/parent_id"))
    }
    if (parent.id === file.parentId) {
      if (unknowns.moveToSameParent === "refuse") {
        return yield* no(visit, "SameParent", refused(422, "is its parent already", "/data/parent_id"))
      }
      if (unknowns.moveToSameParent === "to-top" && parent.kind === "version_stack") {
        visit.applied = true
        world.reorder(parent.id, [...others(visit, parent.id, file.id), file.id], visit.nowMillis)
      }
      return data(show.file(visit, yield* again(visit, fileId)))
    }
    for (const held of [world.stackOf(file.id), world.stackOf(parent.id)]) {
      if (held !== undefined) yield* alone(visit, held.id)
    }
    state.remember([file.id, file.parentId, parent.id], visit.nowMillis)
    if (parent.kind === "folder") {
      yield* done(visit, world.move(file.id, parent.id, visit.nowMillis), "/data/parent_id")
      return data(show.file(visit, yield* again(visit, fileId)))
    }
    if (unknowns.nextInOtherStack === "refuse" && world.stackOf(file.id) !== undefined) {
      return yield* no(visit, "NextInStack", refused(422, "is on a version stack already", "/file_id"))
    }
    yield* stackable(visit, file)
    yield* done(
      visit,
      world.version({
        assetId: parent.id,
        nextAssetId: file.id,
        nowMillis: visit.nowMillis,
        anyType: unknowns.mediaMix === "allow",
        fromStack: true
      }),
      "/data/parent_id"
    )
    if (unknowns.movedFilePlace === "bottom" && parent.kind === "version_stack") {
      world.reorder(parent.id, [file.id, ...others(visit, parent.id, file.id)], visit.nowMillis)
    }
    tellVersioned(visit, [file])
    return data(show.file(visit, yield* again(visit, fileId)))
  })

/** The versions of a stack without one of them, oldest first. */
const others = (visit: Visit, stackId: string, fileId: string): ReadonlyArray<string> =>
  (visit.world.stackOf(stackId)?.versions ?? []).filter((id) => id !== fileId)

const stackable = (visit: Visit, file: Entry): Outcome<void> => {
  const arrived = visit.world.uploads.get(file.id) === undefined || visit.world.uploads.isComplete(file.id)
  return arrived || visit.unknowns.createdStackable === "allow"
    ? Either.right(undefined)
    : no(visit, "NotUploaded", refused(422, "has not been uploaded yet", "/data/file_ids"))
}

const createStack = (visit: Visit, folderId: string, fileIds: ReadonlyArray<string>): Outcome<Answer> =>
  Either.gen(function* () {
    const { state, unknowns, world } = visit
    const folder = yield* find(visit, folderId, ["folder"], "update")
    const files: Array<Entry> = []
    for (const [index, id] of fileIds.entries()) {
      const pointer = `/data/file_ids/${index}`
      const entry = world.get(id)
      const fits = entry !== undefined && entry.kind === "file" && entry.parentId === folder.id
      if (fits) {
        yield* stackable(visit, entry)
        files.push(entry)
      } else if (unknowns.createAtomic === "atomic" || index === 0) {
        const status = entry === undefined ? 404 : unknowns.createWithMember
        return yield* no(visit, "NotInFolder", refused(status, `${id} is not a file in this folder`, pointer))
      }
    }
    const [first, ...rest] = files
    if (first === undefined || rest.length === 0) {
      return yield* no(visit, "TooFew", refused(422, "has fewer than two files of this folder", "/data/file_ids"))
    }
    const mixed = rest.some((one) => one.assetType !== first.assetType && one.assetType !== null)
    if (mixed && first.assetType !== null && unknowns.mediaMix === "refuse") {
      return yield* no(visit, "AssetTypeMismatch", refused(422, "are of different kinds", "/data/file_ids"))
    }
    state.remember([folder.id, ...files.map(idOf)], visit.nowMillis)
    let stackId: string = first.id
    for (const next of rest) {
      const { stackId: grown } = yield* done(
        visit,
        world.version({ assetId: stackId, nextAssetId: next.id, nowMillis: visit.nowMillis, anyType: true }),
        "/data/file_ids"
      )
      stackId = grown
    }
    tellVersioned(visit, rest)
    return data(show.stack(visit, yield* again(visit, stackId)), 201)
  })

/** Puts the last version in the place of its stack, if the unknowns say so. */
const dissolve = (visit: Visit, stackId: string | undefined): void => {
  const stack = stackId === undefined ? undefined : visit.world.get(stackId)
  if (stack?.versions !== 1 || stack.parentId === null || visit.world.unknowns.lastVersion === "keep-stack") return
  if (stack.coverAssetId !== null) visit.world.move(stack.coverAssetId, stack.parentId, visit.nowMillis)
}

const removed = (visit: Visit, id: string, kinds: ReadonlyArray<Entry["kind"]>): Outcome<Answer> =>
  Either.gen(function* () {
    const { unknowns, world } = visit
    if (kinds.includes("file") && world.get(id)?.kind === "version_stack") {
      return yield* no(
        visit,
        "WrongKind",
        unknowns.deleteStack === 404 ? noRoute(visit, "DELETE") : refused(422, "is not a file", "/file_id")
      )
    }
    const entry = yield* find(visit, id, kinds, "delete")
    const stack = entry.kind === "file" ? world.stackOf(id) : undefined
    if (stack !== undefined) yield* alone(visit, stack.id)
    visit.state.remember([entry.id, entry.parentId], visit.nowMillis)
    yield* done(visit, world.remove(entry.id, visit.nowMillis), "/")
    dissolve(visit, stack?.id)
    tell(visit, `${entry.kind}.deleted`, entry)
    return NO_CONTENT
  })

/** A copy without a destination goes to its original's folder. */
const folderOf = (visit: Visit, entry: Entry): string => {
  const stack = entry.kind === "file" ? visit.world.stackOf(entry.id) : undefined
  const placed = stack === undefined ? entry : visit.world.get(stack.id)
  return placed?.parentId ?? entry.id
}

const copied = (
  visit: Visit,
  id: string,
  kinds: ReadonlyArray<Entry["kind"]>,
  parentId: string | undefined,
  shown: (visit: Visit, entry: Entry) => unknown
): Outcome<Answer> =>
  Either.gen(function* () {
    const entry = yield* find(visit, id, kinds)
    const folderId = parentId ?? folderOf(visit, entry)
    const copy = yield* done(visit, visit.world.copy(entry.id, folderId, visit.nowMillis), "/data/parent_id")
    const made = yield* again(visit, copy)
    if (entry.kind !== "version_stack") tell(visit, `${entry.kind}.copied`, made)
    return data(shown(visit, made))
  })

interface ReorderBody {
  readonly target_file_id: string
  readonly move_to?: "top" | "bottom" | undefined
  readonly move_above_file_id?: string | undefined
  readonly move_below_file_id?: string | undefined
}

const reordered = (visit: Visit, stackId: string, body: ReorderBody): Outcome<Answer> =>
  Either.gen(function* () {
    const { unknowns } = visit
    if (unknowns.reorder === "absent" || (unknowns.reorder === "experimental" && visit.version !== "experimental")) {
      return yield* no(visit, "NoSuchRoute", noRoute(visit, "PATCH"))
    }
    const stack = yield* find(visit, stackId, ["version_stack"], "update")
    const rest = [...others(visit, stack.id, body.target_file_id)]
    const anchor = body.move_above_file_id ?? body.move_below_file_id
    const known = visit.world.stackOf(body.target_file_id)?.id === stack.id
    if (!known || (anchor !== undefined && !rest.some((id) => id === anchor))) {
      return yield* no(visit, "NotInStack", refused(422, "is not on this version stack", "/data/target_file_id"))
    }
    const place =
      body.move_to === "top"
        ? rest.length
        : body.move_to === "bottom"
          ? 0
          : rest.findIndex((id) => String(id) === anchor) + (body.move_above_file_id === undefined ? 0 : 1)
    yield* alone(visit, stack.id)
    visit.state.remember([stack.id], visit.nowMillis)
    visit.applied = true
    const versions = rest.map(String)
    versions.splice(place, 0, body.target_file_id)
    visit.world.reorder(stack.id, versions, visit.nowMillis)
    return data(entriesOf(visit, stack.id).map((entry) => show.item(visit, entry)))
  })

/** @internal */
export const noRoute = (visit: Pick<Visit, "url">, method: string): Answer =>
  refused(404, `no route found for ${method} ${visit.url.replace(/\?.*$/, "")}`)

const projectOf = (visit: Visit, id: string) => visit.world.project(id)

const projects = (visit: Visit, accountId: string, workspaceId: string | undefined, query: PageQuery): Answer =>
  page(
    visit,
    visit.world.projects.filter(
      (one) => one.accountId === accountId && (workspaceId === undefined || one.teamId === workspaceId)
    ),
    query,
    idOf,
    (one) => show.project(visit, one)
  )

const ofAccount = (visit: Visit, accountId: string): Outcome<void> =>
  visit.world.accounts.includes(accountId) ? Either.right(undefined) : missing(visit, accountId)

const account = (visit: Visit, id: string) => ({
  id,
  display_name: `Account ${visit.world.accounts.indexOf(id) + 1}`,
  roles: ["owner"],
  storage_limit: null,
  storage_usage: 0,
  v4_migrated_at: null,
  created_at: iso(visit.world.epochMillis),
  updated_at: iso(visit.world.epochMillis)
})

const tellShare = (visit: Visit, { id, projectId }: Share): void => {
  visit.events.push({ type: "share.updated", resource: { id, type: "share" }, projectId })
}

const nameOf = (entry: { readonly name: string }): string => entry.name.toLowerCase()

const { accounts, files, folders, me, metadata, search, shares, versionStacks, webhooks, workspaces } = V4Api.operations

/** @internal */
export const operations: Readonly<Record<V4Api.OperationName, Operation>> = {
  "me.show": on(me.show, (_, visit) =>
    Either.right(data({ id: visit.user.id, name: visit.user.name, email: visit.user.email, avatar_url: null }))
  ),
  "accounts.list": on(accounts.list, ({ query }, visit) =>
    Either.right(page(visit, [visit.user.accountId], query, String, (id) => account(visit, id)))
  ),
  "workspaces.list": on(workspaces.list, ({ path, query }, visit) =>
    Either.map(ofAccount(visit, path.account_id), () => {
      const ids = [
        ...new Set(visit.world.projects.filter((one) => one.accountId === path.account_id).map((one) => one.teamId))
      ]
      return page(visit, ids, query, String, (id) => ({
        id,
        name: visit.world.teamName(id) ?? id,
        account_id: path.account_id,
        created_at: iso(visit.world.epochMillis),
        updated_at: iso(visit.world.epochMillis)
      }))
    })
  ),
  "projects.list": on(V4Api.operations.projects.list, ({ path, query }, visit) =>
    Either.map(ofAccount(visit, path.account_id), () => projects(visit, path.account_id, undefined, query))
  ),
  "projects.listOfWorkspace": on(V4Api.operations.projects.listOfWorkspace, ({ path, query }, visit) =>
    Either.map(ofAccount(visit, path.account_id), () => projects(visit, path.account_id, path.workspace_id, query))
  ),
  "projects.show": on(V4Api.operations.projects.show, ({ path }, visit) => {
    const found = projectOf(visit, path.project_id)
    return found === undefined ? missing(visit, path.project_id) : Either.right(data(show.project(visit, found)))
  }),
  "folders.show": on(folders.show, ({ path }, visit) =>
    Either.map(find(visit, path.folder_id, ["folder"]), (entry) => data(show.folder(visit, entry)))
  ),
  "folders.children": on(folders.children, ({ path, query }, visit) => {
    const { childrenType, unknownChildrenType } = visit.unknowns
    const asked = query.type === undefined ? KINDS : childrenType === "list" ? query.type.split(",") : [query.type]
    if (unknownChildrenType === 422 && !asked.every((kind) => KINDS.includes(kind))) {
      return no(visit, "Malformed", refused(422, "Invalid value for enum", "/type"))
    }
    return listKinds(visit, path.folder_id, asked, query)
  }),
  "folders.files": on(folders.files, ({ path, query }, visit) => listKinds(visit, path.folder_id, ["file"], query)),
  "folders.folders": on(folders.folders, ({ path, query }, visit) =>
    listKinds(visit, path.folder_id, ["folder"], query)
  ),
  "folders.versionStacks": on(folders.versionStacks, ({ path, query }, visit) =>
    listKinds(visit, path.folder_id, ["version_stack"], query)
  ),
  "folders.create": on(folders.create, ({ body, path }, visit) =>
    Either.gen(function* () {
      const parent = yield* find(visit, path.folder_id, ["folder"], "create")
      visit.applied = true
      const id = visit.world.addFolder({
        name: body.data.name,
        parentId: parent.id,
        creatorId: visit.user.id,
        nowMillis: visit.nowMillis
      })
      const made = yield* again(visit, id)
      tell(visit, "folder.created", made)
      return data(show.folder(visit, made), 201)
    })
  ),
  "folders.delete": on(folders.delete, ({ path }, visit) => removed(visit, path.folder_id, ["folder"])),
  "files.show": on(files.show, ({ path }, visit) =>
    Either.map(find(visit, path.file_id, ["file"]), (entry) => data(show.file(visit, entry)))
  ),
  "files.localUpload": on(files.localUpload, ({ body, path }, visit) =>
    Either.gen(function* () {
      const { state, unknowns, world } = visit
      const parent = yield* find(visit, path.folder_id, ["folder"], "create")
      visit.applied = true
      const id = world.addFile({
        name: body.data.name,
        parentId: parent.id,
        creatorId: visit.user.id,
        nowMillis: visit.nowMillis,
        assetType: null,
        filesize: body.data.file_size
      })
      const entry = yield* again(visit, id)
      const { parts } = world.uploads.expect({
        assetId: id,
        filesize: body.data.file_size,
        contentType: entry.filetype ?? "application/octet-stream",
        partSize: unknowns.partSize
      })
      state.beginUpload(id, visit.nowMillis)
      tell(visit, "file.created", entry)
      return data({ ...show.file(visit, entry), upload_urls: parts.map(({ size, url }) => ({ size, url })) }, 201)
    })
  ),
  "files.remoteUpload": on(files.remoteUpload, ({ body, path }, visit) =>
    Either.gen(function* () {
      const parent = yield* find(visit, path.folder_id, ["folder"], "create")
      visit.applied = true
      const id = visit.world.addFile({
        name: body.data.name,
        parentId: parent.id,
        creatorId: visit.user.id,
        nowMillis: visit.nowMillis
      })
      const made = yield* again(visit, id)
      for (const type of ["file.created", "file.upload.completed", "file.ready"]) tell(visit, type, made)
      const shown = { ...show.file(visit, made), status: "created" }
      return ok({ data: shown, links: { status: `/v4/accounts/${path.account_id}/files/${id}/status` } }, 202)
    })
  ),
  "files.status": on(files.status, ({ path }, visit) =>
    Either.map(find(visit, path.file_id, ["file"]), (entry) => {
      const complete = visit.world.uploads.get(entry.id) === undefined || visit.world.uploads.isComplete(entry.id)
      return data({
        id: entry.id,
        filetype: entry.filetype ?? "application/octet-stream",
        upload_complete: complete,
        upload_failed: false,
        uploaded_at: iso(entry.insertedAt),
        upload_completed_at: complete ? iso(entry.updatedAt) : null
      })
    })
  ),
  "files.move": on(files.move, ({ body, path }, visit) => move(visit, path.file_id, body.data.parent_id)),
  "files.copy": onOptional(files.copy, ({ body, path }, visit) =>
    copied(visit, path.file_id, ["file"], body.data.parent_id, show.file)
  ),
  "files.rename": on(files.rename, ({ body, path }, visit) =>
    Either.gen(function* () {
      const entry = yield* find(visit, path.file_id, ["file"], "update")
      yield* done(visit, visit.world.update(entry.id, { name: body.data.name }, visit.nowMillis), "/data/name")
      tell(visit, "file.updated", entry)
      return data(show.file(visit, yield* again(visit, entry.id)))
    })
  ),
  "files.delete": on(files.delete, ({ path }, visit) => removed(visit, path.file_id, ["file"])),
  "versionStacks.create": on(versionStacks.create, ({ body, path }, visit) =>
    createStack(visit, path.folder_id, body.data.file_ids)
  ),
  "versionStacks.show": on(versionStacks.show, ({ path }, visit) =>
    Either.map(find(visit, path.version_stack_id, ["version_stack"]), (entry) => data(show.stack(visit, entry)))
  ),
  "versionStacks.children": on(versionStacks.children, ({ path, query }, visit) =>
    Either.map(find(visit, path.version_stack_id, ["version_stack"]), (entry) => {
      const all = entriesOf(visit, entry.id)
      return page(
        visit,
        visit.unknowns.childrenOrder === "newest-first" ? all : [...all].reverse(),
        query,
        idOf,
        (one) => show.item(visit, one)
      )
    })
  ),
  "versionStacks.move": on(versionStacks.move, ({ body, path }, visit) =>
    Either.gen(function* () {
      const entry = yield* find(visit, path.version_stack_id, ["version_stack"], "update")
      yield* alone(visit, entry.id)
      visit.state.remember([entry.id, entry.parentId, body.data.parent_id], visit.nowMillis)
      yield* done(visit, visit.world.move(entry.id, body.data.parent_id, visit.nowMillis), "/data/parent_id")
      return data(show.stack(visit, yield* again(visit, entry.id)))
    })
  ),
  "versionStacks.copy": onOptional(versionStacks.copy, ({ body, path }, visit) =>
    copied(visit, path.version_stack_id, ["version_stack"], body.data.parent_id, show.item)
  ),
  "versionStacks.reorder": on(versionStacks.reorder, ({ body, path }, visit) =>
    reordered(visit, path.version_stack_id, body.data)
  ),
  "search.search": on(search.search, ({ body, path, query }, visit) =>
    Either.map(ofAccount(visit, path.account_id), () => {
      const wanted = body.filters ?? {}
      const kinds = [
        ...(wanted.files_and_version_stacks === false ? [] : ["file", "version_stack"]),
        ...(wanted.folders === false ? [] : ["folder"])
      ]
      const found = visit.world.search({
        text: body.query,
        accountId: path.account_id,
        types: kinds,
        pageSize: 1_000,
        visible: (asset) => visit.user.allows({ action: "read", asset })
      })
      const entries = found.ids.flatMap((id) => visit.world.get(id) ?? [])
      return page(visit, entries, query, idOf, (entry) => ({
        type: `${entry.kind}_result`,
        result: show.item(visit, entry),
        matches: [{ type: "name_match", name: nameOf(entry), terms: body.query.toLowerCase().split(/\s+/) }]
      }))
    })
  ),
  "metadata.ofFile": on(metadata.ofFile, ({ path }, visit) =>
    Either.map(find(visit, path.file_id, ["file"]), (entry) => {
      const values = entry.fields.metadata
      return data({ file_id: entry.id, metadata: Array.isArray(values) ? values : [] })
    })
  ),
  "metadata.update": on(metadata.update, ({ body, path }, visit) =>
    Either.gen(function* () {
      if (projectOf(visit, path.project_id) === undefined) return yield* missing(visit, path.project_id)
      const entries = yield* Either.all(body.data.file_ids.map((id) => find(visit, id, ["file"], "update")))
      visit.applied = true
      for (const entry of entries) {
        const values = body.data.values.map((one) => ({
          field_definition_id: one.field_definition_id,
          field_definition_name: one.field_definition_id,
          field_type: "text",
          mutable: true,
          value: one.value
        }))
        visit.world.update(entry.id, { metadata: values }, visit.nowMillis)
        tell(visit, "metadata.value.updated", entry)
      }
      return NO_CONTENT
    })
  ),
  "shares.list": on(shares.list, ({ path, query }, visit) =>
    Either.right(
      page(
        visit,
        [...visit.state.shares.values()].filter((one) => one.projectId === path.project_id),
        query,
        idOf,
        show.share
      )
    )
  ),
  "shares.show": on(shares.show, ({ path }, visit) => {
    const found = visit.state.shares.get(path.share_id)
    return found === undefined ? missing(visit, path.share_id) : Either.right(data(show.share(found)))
  }),
  "shares.addAsset": on(shares.addAsset, ({ body, path }, visit) => {
    const found = visit.state.shares.get(path.share_id)
    if (found === undefined) return missing(visit, path.share_id)
    return Either.flatMap(find(visit, body.data.asset_id, ["file", "folder", "version_stack"]), (entry) => {
      const { addShared } = visit.state.unknowns
      if (found.assetIds.has(entry.id)) {
        if (addShared !== "nothing") {
          return no(visit, "Shared", refused(addShared, `Assets: ${entry.id} is in it already.`))
        }
      } else {
        visit.applied = true
        found.assetIds.add(entry.id)
        found.updatedAt = visit.nowMillis
        tellShare(visit, found)
      }
      return Either.right(data({ ...show.share(found), asset_added: entry.id }))
    })
  }),
  "shares.removeAsset": on(shares.removeAsset, ({ path }, visit) => {
    const found = visit.state.shares.get(path.share_id)
    if (found === undefined) return missing(visit, path.share_id)
    // A file on a stack stands for its stack: the whole entry is removed.
    const stack = visit.world.stackOf(path.asset_id)
    const gone = [path.asset_id, ...(stack === undefined ? [] : [stack.id, ...stack.versions])].filter((id) =>
      found.assetIds.delete(id)
    )
    if (gone.length === 0) {
      const { removeUnshared } = visit.state.unknowns
      if (removeUnshared !== "nothing") {
        return no(visit, "NotShared", refused(removeUnshared, `Assets: ${path.asset_id} not found.`))
      }
    } else {
      visit.applied = true
      found.updatedAt = visit.nowMillis
      tellShare(visit, found)
    }
    return Either.right(data({ ...show.share(found), asset_removed: path.asset_id }))
  }),
  "webhooks.list": on(webhooks.list, ({ path, query }, visit) =>
    Either.right(
      page(
        visit,
        [...visit.state.webhooks.values()].filter((one) => one.workspaceId === path.workspace_id),
        query,
        idOf,
        show.webhook
      )
    )
  ),
  "webhooks.create": on(webhooks.create, ({ body, path }, visit) => {
    const id = visit.state.newId()
    const made = {
      id,
      workspaceId: path.workspace_id,
      name: body.data.name,
      url: body.data.url,
      events: body.data.events,
      secret: `secret-of-${id}`,
      createdAt: visit.nowMillis
    }
    visit.applied = true
    visit.state.webhooks.set(id, made)
    return Either.right(data({ ...show.webhook(made), secret: made.secret }, 201))
  }),
  "webhooks.delete": on(webhooks.delete, ({ path }, visit) => {
    if (!visit.state.webhooks.delete(path.webhook_id)) return missing(visit, path.webhook_id)
    visit.applied = true
    return Either.right(NO_CONTENT)
  })
}
