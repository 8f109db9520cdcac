/**
 * Reads a folder and plans by a naming rule which of its files go on which stacks. Sends nothing but reads.
 *
 * Listings are what takes the time: one request tells of a hundred assets and there are 40 to 200 a minute. So each page
 * is asked for once and ahead of need, of each asset only what a plan needs is kept, and the versions on a stack are
 * read only where a file that is in no stack has the base of that stack.
 *
 * @since 0.1.0
 */
import * as Asset from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type { Page } from "@effect-frameio/core/Page"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as RateLimitJob from "@effect-frameio/ratelimit/RateLimitJob"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Listing from "@effect-frameio/stacks/Listing"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as NamingRule from "./NamingRule.js"
import * as PlanFile from "./PlanFile.js"
import * as VersionGrouping from "./VersionGrouping.js"
import * as VersionPlan from "./VersionPlan.js"

/**
 * How a folder is read.
 *
 * @since 0.1.0
 * @category options
 */
export interface ReadOptions {
  /** Whether the folders below it are read as well. Default false. */
  readonly recursive?: boolean | undefined
  /** How many folders are read side by side, 1 or more. Default 8. */
  readonly concurrency?: number | undefined
  /** Assets per page, at least 1. Default 100; a server that gives fewer is read to its end all the same. */
  readonly pageSize?: number | undefined
  /** Sees how it goes, after each answer. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/**
 * How to plan.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends ReadOptions, VersionGrouping.Options {}

/**
 * What holds when an option is left out.
 *
 * @since 0.1.0
 * @category options
 */
export const defaults = {
  recursive: false,
  concurrency: 8,
  pageSize: Listing.defaults.pageSize,
  acrossFolders: false
} as const

/** Pages of one folder on their way at a time: at 100 requests per second and 150 ms it takes so many. */
const AHEAD = 16

/**
 * How far the reading is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** Folders that were read to their end. */
  readonly folders: number
  /** Files seen so far, those in stacks not counted. */
  readonly files: number
  /** Stacks seen so far. */
  readonly stacks: number
  /** Answers so far. */
  readonly requests: number
  /** Requests still to come, as far as is known. */
  readonly left: number
}

/**
 * What one folder holds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Contents {
  readonly folder: VersionGrouping.Folder
  readonly files: ReadonlyArray<VersionGrouping.File>
  /** Their versions have not been read. */
  readonly stacks: ReadonlyArray<VersionGrouping.Stack>
  /** The folders in it. */
  readonly folders: ReadonlyArray<VersionGrouping.Folder>
  /** What could not be read, or was no file. */
  readonly findings: ReadonlyArray<VersionGrouping.Finding>
}

/**
 * A plan for a folder.
 *
 * @since 0.1.0
 * @category models
 */
export interface FolderPlan extends VersionGrouping.Grouping {
  /** The folder it is for. */
  readonly folder: VersionGrouping.Folder
  /** What was read for it. */
  readonly read: Progress
  /** How many versions are to be put on stacks. */
  readonly jobs: number
  /** How many of them go on one stack at the most, one after the other. */
  readonly longestChain: number
  /** Folders in it that were not read, because it was not asked for. */
  readonly foldersBelow: number
  /** Another rule that reads nearly all of the names, where this one reads less than half. */
  readonly suggestion: NamingRule.Suggestion | undefined
}

/**
 * The asset is no folder, so there is nothing to plan in it.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotAFolder extends Schema.TaggedError<NotAFolder>("@effect-frameio/batch/FolderPlan/NotAFolder")(
  "NotAFolder",
  {
    assetId: Asset.AssetId,
    /** What it is: `file`, `version_stack`, … */
    kind: Schema.String,
    name: Schema.String
  }
) {
  override get message(): string {
    return `${this.assetId} (${JSON.stringify(this.name)}) is a ${this.kind.replace("_", " ")} and no folder. Name the folder that it is in, or a project's root folder.`
  }
}

// -----------------------------------------------------------------------------
// reading
// -----------------------------------------------------------------------------

/** What is kept of an asset. */
interface Seen {
  readonly id: Asset.AssetId
  readonly kind: string
  readonly name: string
  readonly assetType: string | null
  readonly coverId: string | null
}

const seenOf = (asset: Asset.Asset): Seen => ({
  id: asset.id,
  kind: Asset.kind(asset),
  name: asset.name ?? "",
  assetType: asset.asset_type ?? null,
  coverId: Option.getOrNull(Asset.coverAssetId(asset))
})

/** Whether a failure is about one folder or stack, so that the others can still be read: it was answered for this one. */
const isAboutOne = (error: FrameioError.ReadError): boolean => {
  switch (error._tag) {
    case "FrameioServerError":
    case "FrameioUnexpectedResponse":
    case "FrameioDecodeError":
      return true
    default:
      return FrameioError.kindOf(error) === "asset" && error._tag !== "FrameioInvalidRequest"
  }
}

const advice = (error: FrameioError.ReadError): string => {
  switch (error._tag) {
    case "FrameioForbidden":
      return "Let somebody who may give you access, or plan without it."
    case "FrameioNotFound":
      return "It was deleted or moved meanwhile."
    default:
      return "Plan again later."
  }
}

/** Reads pages, counts them, and tells the scheduler how many are to come. */
const makeReader = (
  options: ReadOptions | undefined
): Effect.Effect<Reader, never, FrameioClient.FrameioClient | Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* FrameioClient.FrameioClient
    const scheduled = Option.isSome(yield* Effect.serviceOption(RateLimitScheduler.RateLimitScheduler))
    const job = scheduled ? yield* RateLimitJob.make({ name: "plan", remaining: 0 }) : undefined
    const withJob = job === undefined ? identity : RateLimitCall.withJob(job)
    const pageSize = options?.pageSize ?? defaults.pageSize
    const progress = { folders: 0, files: 0, stacks: 0, requests: 0, left: 0 }

    const expect = (more: number): void => {
      progress.left += more
      job?.setRemaining(Math.max(job.remaining() + more, 0))
    }

    /** Everything below an asset; the first page has been expected already. */
    const list = (assetId: Asset.AssetId): Effect.Effect<Listed, FrameioError.ReadError> =>
      Effect.suspend(() => {
        let expected = 1
        const totals: Array<number> = []
        const pageTotals: Array<number> = []
        const seen: Array<Seen> = []
        const learn = (page: Page<Asset.Asset>, n: number): void => {
          progress.requests++
          progress.left--
          expected--
          if (n === 1 && page.totalPages !== undefined && page.totalPages > 1) {
            expected += page.totalPages - 1
            expect(page.totalPages - 1)
          }
          if (page.total !== undefined) totals[n - 1] = page.total
          if (page.totalPages !== undefined) pageTotals[n - 1] = page.totalPages
        }
        const read = (n: number) =>
          client.children({ assetId, page: n, pageSize }).pipe(
            withJob,
            RateLimitCall.withPriority("bulk"),
            Effect.map((page) => {
              learn(page, n)
              return { ...page, items: page.items.map(seenOf) }
            }),
            Effect.tap(() => options?.onProgress?.({ ...progress }) ?? Effect.void)
          )
        return Listing.fromPages(read, { ahead: AHEAD, key: ({ id }) => id }).pipe(
          Stream.runForEachChunk((chunk) =>
            Effect.sync(() => {
              for (const one of chunk) {
                seen.push(one)
                if (one.kind === "file") progress.files++
                else if (one.kind === "version_stack") progress.stacks++
              }
            })
          ),
          Effect.map((): Listed => ({ seen, changed: changeOf(totals, pageTotals, seen.length) })),
          // What does not come any more, be it that the list was shorter or that it failed.
          Effect.ensuring(Effect.sync(() => expect(-expected)))
        )
      })

    return {
      client,
      expect,
      list,
      progress,
      folderDone: () => {
        progress.folders++
      },
      concurrency: Math.max(1, options?.concurrency ?? defaults.concurrency)
    }
  })

interface Listed {
  readonly seen: ReadonlyArray<Seen>
  /** What happened to the list while it was read: when assets leave it, others may have been missed. */
  readonly changed: "no" | "grown" | "shrunk"
}

interface Reader {
  readonly client: FrameioClient.Service
  readonly expect: (more: number) => void
  readonly list: (assetId: Asset.AssetId) => Effect.Effect<Listed, FrameioError.ReadError>
  readonly progress: Progress
  readonly folderDone: () => void
  readonly concurrency: number
}

const falls = (told: ReadonlyArray<number>): boolean => told.some((total, n) => total < (told[n - 1] ?? 0))

/**
 * New assets come first and push others to a later page, where they are seen again. What leaves makes a gap. `totals` and
 * `pageTotals` are what each page said of all; both may have holes.
 */
const changeOf = (
  totals: ReadonlyArray<number | undefined>,
  pageTotals: ReadonlyArray<number | undefined>,
  seen: number
): Listed["changed"] => {
  const [told, pagesTold] = [totals, pageTotals].map((all) => all.filter((total) => total !== undefined))
  const [first] = told ?? []
  if (falls(told ?? []) || falls(pagesTold ?? [])) return "shrunk"
  if (first === undefined) return "no"
  return seen < first ? "shrunk" : (told?.at(-1) ?? first) > first ? "grown" : "no"
}

const idOf = (folder: VersionGrouping.Folder): Asset.AssetId => Asset.AssetId.make(folder.id)

const unreadFolder = (folder: VersionGrouping.Folder, error: FrameioError.ReadError): Contents => ({
  folder,
  files: [],
  stacks: [],
  folders: [],
  findings: [
    {
      kind: "folder-unread",
      severity: "left-out",
      folder: folder.path,
      base: "",
      assets: [{ id: folder.id, name: folder.path }],
      message: `The folder could not be read, and nothing in it or below it was planned: ${error.message} ${advice(error)}`
    }
  ]
})

const contentsOf = (folder: VersionGrouping.Folder, { changed, seen }: Listed): Contents => {
  const contents = {
    folder,
    files: [] as VersionGrouping.File[],
    stacks: [] as VersionGrouping.Stack[],
    folders: [] as VersionGrouping.Folder[],
    findings: [] as VersionGrouping.Finding[]
  }
  for (const { assetType, coverId, id, kind, name } of seen) {
    if (kind === "folder") contents.folders.push({ id, path: `${folder.path}/${name}` })
    else if (changed === "shrunk") continue
    else if (kind === "file") contents.files.push({ id, name, assetType, folder })
    else if (kind === "version_stack") contents.stacks.push({ id, name, folder, coverId, members: undefined })
    else {
      contents.findings.push({
        kind: "not-a-file",
        severity: "note",
        folder: folder.path,
        base: "",
        assets: [{ id, name }],
        message: `“${name}” is a ${kind}, which cannot be stacked.`
      })
    }
  }
  if (changed !== "no") {
    contents.findings.push({
      kind: "changed",
      severity: changed === "shrunk" ? "left-out" : "note",
      folder: folder.path,
      base: "",
      assets: [{ id: folder.id, name: folder.path }],
      message:
        changed === "shrunk"
          ? "Assets left the folder while it was read, so others may have been missed, and nothing in it was planned. Plan again."
          : "Assets came to the folder while it was read. Plan again to take in all of them."
    })
  }
  return contents
}

/** A folder and those below it, level by level. */
const readLevels = (
  reader: Reader,
  folders: ReadonlyArray<VersionGrouping.Folder>,
  recursive: boolean,
  isRoot: boolean
): Stream.Stream<Contents, FrameioError.ReadError> =>
  Stream.suspend(() => {
    if (folders.length === 0) return Stream.empty
    reader.expect(folders.length)
    const below: Array<VersionGrouping.Folder> = []
    const readOne = (folder: VersionGrouping.Folder) =>
      Effect.matchEffect(reader.list(idOf(folder)), {
        onFailure: (error) =>
          !isRoot && isAboutOne(error) ? Effect.succeed(unreadFolder(folder, error)) : Effect.fail(error),
        onSuccess: (listed) =>
          Effect.sync(() => {
            reader.folderDone()
            return contentsOf(folder, listed)
          })
      })
    return Stream.fromIterable(folders).pipe(
      Stream.mapEffect(readOne, { concurrency: reader.concurrency, unordered: true }),
      Stream.tap((contents) =>
        Effect.sync(() => {
          if (recursive) for (const folder of contents.folders) below.push(folder)
        })
      ),
      Stream.concat(readLevels(reader, below, recursive, false))
    )
  })

const rootOf = (
  reader: Reader,
  folderId: Asset.AssetId
): Effect.Effect<VersionGrouping.Folder, NotAFolder | FrameioError.ReadError> =>
  Effect.flatMap(reader.client.get({ assetId: folderId }), (asset) =>
    Asset.isFolder(asset)
      ? Effect.succeed({ id: asset.id, path: asset.name ?? "" })
      : new NotAFolder({ assetId: folderId, kind: Asset.kind(asset), name: asset.name ?? "" })
  )

/**
 * What a folder holds, and the folders below it if that is asked for: one element per folder, each read to its end.
 *
 * A folder below that cannot be read is an element with a finding, and the others go on. Fails when the folder itself
 * cannot be read or is none, and when nothing can be read at all: without a connection, or a token that is accepted.
 *
 * @since 0.1.0
 * @category reading
 */
export const read = (
  folderId: Asset.AssetId,
  options?: ReadOptions
): Stream.Stream<Contents, NotAFolder | FrameioError.ReadError, FrameioClient.FrameioClient> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const reader = yield* makeReader(options)
      const root = yield* rootOf(reader, folderId)
      return readLevels(reader, [root], options?.recursive ?? defaults.recursive, true)
    })
  )

// -----------------------------------------------------------------------------
// planning
// -----------------------------------------------------------------------------

const withMembers =
  (reader: Reader) =>
  (stack: VersionGrouping.Stack): Effect.Effect<VersionGrouping.Stack, FrameioError.ReadError> =>
    Effect.matchEffect(reader.list(Asset.AssetId.make(stack.id)), {
      onFailure: (error) =>
        isAboutOne(error)
          ? Effect.succeed({ ...stack, problem: `${error.message} ${advice(error)}` })
          : Effect.fail(error),
      onSuccess: ({ changed, seen }) =>
        Effect.succeed(
          changed === "shrunk"
            ? { ...stack, problem: "It was changed while it was read. Plan again." }
            : {
                ...stack,
                members: seen.map(({ assetType, id, name }) => ({ id, name, assetType, folder: stack.folder }))
              }
        )
    })

/**
 * Plans a folder. Nothing of it is guessed: what can be meant in two ways is among the findings and not in the groups.
 *
 * @since 0.1.0
 * @category planning
 */
export const make = (
  folderId: Asset.AssetId,
  rule: NamingRule.NamingRule,
  options?: Options
): Effect.Effect<FolderPlan, NotAFolder | FrameioError.ReadError, FrameioClient.FrameioClient> =>
  Effect.gen(function* () {
    const reader = yield* makeReader(options)
    const root = yield* rootOf(reader, folderId)
    const files: Array<VersionGrouping.File> = []
    const stacks: Array<VersionGrouping.Stack> = []
    const findings: Array<VersionGrouping.Finding> = []
    const recursive = options?.recursive ?? defaults.recursive
    let foldersBelow = 0
    yield* Stream.runForEach(readLevels(reader, [root], recursive, true), (contents) =>
      Effect.sync(() => {
        if (!recursive) foldersBelow += contents.folders.length
        for (const file of contents.files) files.push(file)
        for (const stack of contents.stacks) stacks.push(stack)
        findings.push(...contents.findings)
      })
    )
    const read = { ...reader.progress }

    const touched = VersionGrouping.touchedStacks(rule, { files, stacks }, options)
    reader.expect(touched.length)
    const members = new Map(
      yield* Effect.forEach(
        touched,
        (stack) => Effect.map(withMembers(reader)(stack), (known) => [stack.id, known] as const),
        { concurrency: AHEAD }
      )
    )
    const grouping = VersionGrouping.group(
      rule,
      { files, stacks: stacks.map((stack) => members.get(stack.id) ?? stack) },
      options
    )
    return {
      ...grouping,
      findings: [...findings, ...grouping.findings].sort(VersionGrouping.byPlace),
      folder: root,
      read: { ...read, requests: reader.progress.requests, left: 0 },
      jobs: grouping.groups.reduce((sum, { lines }) => sum + lines.length, 0),
      longestChain: grouping.groups.reduce((most, { lines }) => Math.max(most, lines.length), 0),
      foldersBelow,
      suggestion: NamingRule.suggest(
        rule,
        files.map(({ name }) => name)
      )
    }
  }).pipe(Effect.scoped, Effect.withSpan("FolderPlan.make"))

/**
 * The same as what `BatchRunner` runs, with the columns of the file as the links' `fields`. Fails when there is nothing
 * to do.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toVersionPlan = (
  plan: VersionGrouping.Grouping
): Effect.Effect<VersionPlan.VersionPlan, VersionPlan.PlanRefused> =>
  Effect.suspend(() =>
    VersionPlan.fromPairs(
      Array.from(PlanFile.rows(plan.groups), ({ asset_id, next_asset_id, ...fields }) => ({
        assetId: asset_id,
        nextAssetId: next_asset_id,
        fields
      }))
    )
  )
