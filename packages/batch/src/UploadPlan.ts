/**
 * Plans local files by their names: which go on which stacks of a folder, which become new files there, and what a
 * person should decide first. It sends only reads.
 *
 * The rules are those of `VersionGrouping`, applied to what is in the folder together with what is to come: nothing is
 * guessed. A file in doubt is a finding and left out, and so is whatever would have to go above it.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as Repository from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as FolderReader from "./FolderReader.js"
import { quoted } from "./internal/plan/quoted.js"
import { isLeftover, type NamingRule } from "./NamingRule.js"
import * as VersionGrouping from "./VersionGrouping.js"

/**
 * A local file.
 *
 * @since 0.1.0
 * @category models
 */
export interface LocalFile {
  /** Its path, which identifies it. */
  readonly path: string
  /** Its name at Frame.io, with its extension. */
  readonly name: string
  readonly bytes: number
  /** MIME type. */
  readonly filetype: string
  /** The identity of its content, as in `Upload.ContentOptions`. */
  readonly identity: string
  /** The asset of an unfinished upload of it that can be continued, if there is one. */
  readonly begun?: AssetId | undefined
}

/**
 * How to plan.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options<E = never, R = never> {
  /** A checksum of a file's content, computed only for files of equal size. Without it they count as different. */
  readonly checksum?: ((file: LocalFile) => Effect.Effect<string, E, R>) | undefined
  /** Sees the progress of reading. */
  readonly onProgress?: FolderReader.Options["onProgress"]
}

/**
 * The planned uploads.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadPlan {
  readonly folder: VersionGrouping.Folder
  /** The growing stacks. The ids of files still to upload are keys of `files`. */
  readonly groups: ReadonlyArray<VersionGrouping.Group>
  /** Files that belong to no stack and to no other file, and become new files. */
  readonly alone: ReadonlyArray<LocalFile>
  /** The files of the groups that are still to be uploaded. */
  readonly files: ReadonlyMap<string, LocalFile>
  /** Files already in the folder, which are not uploaded again. */
  readonly there: ReadonlyArray<LocalFile>
  /** Files in doubt, which are not uploaded. */
  readonly leftOut: ReadonlyArray<LocalFile>
  /** Findings on these files and their series. */
  readonly findings: ReadonlyArray<VersionGrouping.Finding>
}

/** v2's names for kinds of media; a stack holds one kind. */
const assetTypeOf = ({ filetype }: LocalFile): string | null => {
  if (/^(?:video|audio)\//.test(filetype)) return "stream"
  if (filetype.startsWith("image/")) return "image"
  return filetype === "application/pdf" ? "document" : null
}

const groupedBy = <A>(items: Iterable<A>, key: (item: A) => string): ReadonlyArray<ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const item of items) {
    const known = groups.get(key(item))
    if (known === undefined) groups.set(key(item), [item])
    else known.push(item)
  }
  return [...groups.values()]
}

/** A local file among those of the folder. */
interface Planned {
  readonly id: string
  readonly local: LocalFile
  /** The file with the same content that comes before it. */
  readonly sameAs: LocalFile | undefined
}

/** Numbers the files by name, and finds those with the content of an earlier one. */
const withTwins = <E, R>(
  files: ReadonlyArray<LocalFile>,
  options: Options<E, R> | undefined
): Effect.Effect<ReadonlyArray<Planned>, E, R> =>
  Effect.gen(function* () {
    const inOrder = files.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.path < b.path ? -1 : 1))
    const twins = new Map<LocalFile, LocalFile>()
    const { checksum } = options ?? {}
    for (const alike of checksum === undefined ? [] : groupedBy(inOrder, ({ bytes }) => String(bytes))) {
      if (checksum === undefined || alike.length < 2) continue
      const known = new Map<string, LocalFile>()
      for (const file of alike) {
        const sum = yield* checksum(file)
        const first = known.get(sum)
        if (first === undefined) known.set(sum, file)
        else twins.set(file, first)
      }
    }
    return inOrder.map((local, index) => ({ id: `upload:${index + 1}`, local, sameAs: twins.get(local) }))
  })

const finding = (
  kind: VersionGrouping.FindingKind,
  severity: VersionGrouping.Finding["severity"],
  folder: VersionGrouping.Folder,
  about: { readonly id: string; readonly name: string },
  message: string,
  base = ""
): VersionGrouping.Finding => ({
  kind,
  severity,
  folder: folder.path,
  base,
  assets: [{ id: about.id, name: about.name }],
  message
})

/**
 * Plans where local files go in a folder. It needs what was read before: the folder's files, and its stacks with the
 * versions of the touched ones.
 */
const plan = (
  rule: NamingRule,
  folder: VersionGrouping.Folder,
  planned: ReadonlyArray<Planned>,
  listing: VersionGrouping.Listing
): UploadPlan => {
  const findings: Array<VersionGrouping.Finding> = []
  const there: Array<LocalFile> = []
  const doubtful = new Set<Planned>()
  /** Files of the folder that an earlier run may have uploaded without stacking them. */
  const mine = new Set<string>()
  const remote = [...listing.files, ...listing.stacks.flatMap(({ members }) => members ?? [])]
  const byName = new Map(groupedBy(remote, ({ name }) => name).map((all) => [all[0]?.name, all] as const))

  const open: Array<Planned> = []
  for (const one of planned) {
    const { local } = one
    const about = { id: one.id, name: local.name }
    const named = byName.get(local.name) ?? []
    const same = named.find(({ arrived, bytes }) => bytes === local.bytes && arrived !== false)
    const placeholder = named.find(({ arrived, id }) => arrived === false && id !== local.begun)
    if (same !== undefined) {
      there.push(local)
      mine.add(same.id)
      const message = `${quoted(local.name)} exists already, with the same size, and is not uploaded again.`
      findings.push(finding("same-content", "note", folder, about, message))
    } else if (placeholder !== undefined) {
      doubtful.add(one)
      const message = `${quoted(local.name)} exists without content (${placeholder.id}): somebody is uploading it, or has stopped. Wait, or delete it.`
      findings.push(finding("placeholder", "left-out", folder, about, message))
    } else if (one.sameAs?.name === local.name) {
      there.push(local)
      const message = `${local.path} is the same file as ${one.sameAs.path}, which is uploaded instead.`
      findings.push(finding("same-content", "note", folder, about, message))
    } else open.push(one)
  }

  const byId = new Map([...open, ...doubtful].map((one) => [one.id, one]))
  const grouping = VersionGrouping.group(rule, {
    files: [
      // A file without content is no version, and nothing is put on it.
      ...listing.files.filter(({ arrived }) => arrived !== false),
      ...Array.from(byId.values(), ({ id, local }) => ({
        id,
        name: local.name,
        assetType: assetTypeOf(local),
        bytes: local.bytes,
        arrived: true,
        folder
      }))
    ],
    stacks: listing.stacks
  })

  const used = new Set<string>()
  const groups: Array<VersionGrouping.Group> = []
  for (const group of grouping.groups) {
    const ids = [group.target.id, ...group.lines.map(({ nextAssetId }) => nextAssetId)]
    if (!ids.some((id) => byId.has(id) || mine.has(id))) continue
    const stop = ids.findIndex((id) => {
      const one = byId.get(id)
      return one !== undefined && (doubtful.has(one) || one.sameAs !== undefined)
    })
    for (const [index, id] of ids.entries()) {
      const one = byId.get(id)
      if (one === undefined || stop < 0 || index < stop) {
        if (one !== undefined) used.add(id)
        continue
      }
      const about = { id, name: one.local.name }
      if (index === stop && one.sameAs !== undefined) {
        const message = `${quoted(one.local.name)} has the same content as ${quoted(one.sameAs.name)}. Is it the right file? Left out, with what would go above it.`
        findings.push(finding("same-content", "left-out", folder, about, message, group.base))
      } else if (index > stop) {
        const message = `${quoted(one.local.name)} would go above a version that is in doubt.`
        findings.push(finding("waits", "left-out", folder, about, message, group.base))
      }
      doubtful.add(one)
    }
    const lines = stop < 0 ? group.lines : group.lines.slice(0, Math.max(stop - 1, 0))
    if (stop === 0 || !ids.slice(0, lines.length + 1).some((id) => byId.has(id) || mine.has(id))) continue
    if (lines.length > 0) groups.push({ ...group, lines })
    else used.delete(group.target.id)
  }

  const bases = new Set(
    [...byId.values()].flatMap(({ local }) => {
      const parsed = rule.parse(local.name)
      return parsed._tag === "Fits" ? [parsed.base] : parsed.near.map(({ base }) => base)
    })
  )
  for (const one of grouping.findings) {
    const locals = one.assets.flatMap(({ id }) => byId.get(id) ?? [])
    if (locals.length === 0 && !bases.has(one.base)) continue
    // The rule need not read a file that stays by itself; it must read one that goes on a stack.
    const isUnread = one.kind === "no-rule" && locals.length > 0
    const advice = isUnread ? " Upload it by itself, or rename it." : ""
    const severity = isUnread ? "left-out" : one.severity
    findings.push({ ...one, severity, message: `${one.message}${advice}` })
    if (severity === "left-out") for (const local of locals) if (!used.has(local.id)) doubtful.add(local)
  }

  const alone: Array<LocalFile> = []
  for (const one of open) {
    if (used.has(one.id) || doubtful.has(one) || isLeftover(one.local.name)) continue
    if (one.sameAs === undefined) {
      alone.push(one.local)
      continue
    }
    doubtful.add(one)
    const message = `${quoted(one.local.name)} has the same content as ${quoted(one.sameAs.name)}. Is it the right file?`
    findings.push(finding("same-content", "left-out", folder, { id: one.id, name: one.local.name }, message))
  }
  return {
    folder,
    groups,
    alone,
    files: new Map([...byId].flatMap(([id, { local }]) => (used.has(id) ? [[id, local] as const] : []))),
    there,
    leftOut: Array.from(doubtful, ({ local }) => local),
    findings: findings.toSorted(VersionGrouping.byPlace)
  }
}

/**
 * Reads a folder, and plans where local files go in it. The folders below it are not read.
 *
 * @example
 * ```ts
 * const name = "ABC_010_v003.mov"
 * const { mtime, size } = yield* fs.stat(name)
 * const local = {
 *   ...{ path: name, name, bytes: Number(size), filetype: "video/quicktime" },
 *   identity: `${size} ${mtime}`
 * }
 * const plan = yield* UploadPlan.make(folderId, [local], NamingRule.byName("vfx"))
 * yield* UploadJob.begin(plan)
 * ```
 *
 * @since 0.1.0
 * @category planning
 */
export const make = <E = never, R = never>(
  folderId: AssetId,
  files: ReadonlyArray<LocalFile>,
  rule: NamingRule,
  options?: Options<E, R>
): Effect.Effect<UploadPlan, FolderReader.NotAFolder | FrameioError.ListError | E, Repository.Repository | R> =>
  Effect.gen(function* () {
    const planned = yield* withTwins(files, options)
    const reader = yield* FolderReader.make({ onProgress: options?.onProgress })
    const folder = yield* reader.root(folderId)
    const listing = { files: [] as Array<VersionGrouping.File>, stacks: [] as Array<VersionGrouping.Stack> }
    const findings: Array<VersionGrouping.Finding> = []
    yield* Stream.runForEach(reader.contents(folder), (contents) =>
      Effect.sync(() => {
        listing.files.push(...contents.files)
        listing.stacks.push(...contents.stacks)
        findings.push(...contents.findings.filter(({ severity }) => severity === "left-out"))
      })
    )
    if (findings.length > 0) {
      // If the folder's contents are uncertain, so is the place of each file.
      const leftOut = planned.map(({ local }) => local)
      return { folder, groups: [], alone: [], files: new Map<string, LocalFile>(), there: [], leftOut, findings }
    }
    const touched = VersionGrouping.touchedStacks(rule, {
      stacks: listing.stacks,
      files: planned.map(({ id, local }) => ({ id, name: local.name, assetType: null, folder }))
    })
    const members = new Map((yield* reader.withMembers(touched)).map((stack) => [stack.id, stack]))
    return plan(rule, folder, planned, {
      files: listing.files,
      stacks: listing.stacks.map((stack) => members.get(stack.id) ?? stack)
    })
  }).pipe(Effect.scoped, Effect.withSpan("UploadPlan.make"))

/**
 * One link of an upload job: a version that goes onto what is below it, or a new file in the folder.
 *
 * @internal
 */
export interface Link {
  readonly chain: number
  /** Its target: the folder, an asset, or a file still to be uploaded. */
  readonly onto: string
  /** The file still to be uploaded, or the asset that exists already. */
  readonly next: LocalFile | string
  /** Whether it becomes a new file instead of a version. */
  readonly isNew: boolean
  readonly fields: Readonly<Record<string, string>>
}

/**
 * The links of a plan, in sending order. `idOf` gives the id of a file still to be uploaded.
 *
 * @internal
 */
export function* links(plan: UploadPlan, idOf: (file: LocalFile) => string): Generator<Link> {
  const { files, folder } = plan
  const known = (id: string): string => {
    const local = files.get(id)
    return local === undefined ? id : idOf(local)
  }
  let chain = 0
  for (const { base, lines, target } of plan.groups) {
    const bottom = files.get(target.id)
    if (bottom !== undefined) {
      const fields = { stack: base, version: target.version, name: bottom.name, folder: folder.path }
      yield { chain, onto: folder.id, next: bottom, isNew: true, fields }
    }
    for (const line of lines) {
      yield {
        chain,
        onto: known(target.id),
        next: files.get(line.nextAssetId) ?? line.nextAssetId,
        isNew: false,
        fields: {
          stack: base,
          version: line.version,
          name: line.name,
          folder: line.folder,
          reason: line.reason,
          ...(bottom === undefined
            ? {
                target_name: target.name,
                target_type: target.kind === "stack" ? "version_stack" : "file",
                target_folder_id: target.folderId,
                target_cover_id: target.coverId ?? ""
              }
            : {})
        }
      }
    }
    chain++
  }
  for (const file of plan.alone) {
    yield { chain: chain++, onto: folder.id, next: file, isNew: true, fields: { name: file.name, folder: folder.path } }
  }
}
