/**
 * Reads the contents of folders through `Repository`, over either API.
 *
 * Listings take most of the time: one request returns a hundred assets, and only 40 to 200 requests fit into a minute.
 * So each page is read once and ahead of need, and of each asset only the fields that a plan needs are kept.
 *
 * @since 0.1.0
 */
import { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as RateLimitJob from "@effect-frameio/ratelimit/RateLimitJob"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as VersionGrouping from "./VersionGrouping.js"

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Whether the folders below it are read as well. Default false. */
  readonly recursive?: boolean | undefined
  /** How many folders are read side by side, 1 or more. Default 8. */
  readonly concurrency?: number | undefined
  /** Assets per page, at least 1. Default: the API's usual page size. */
  readonly pageSize?: number | undefined
  /** Sees the progress after each page. */
  readonly onProgress?: ((progress: Progress) => Effect.Effect<void>) | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @internal
 */
export const defaults = { recursive: false, concurrency: 8 } as const

/** Pages of one folder requested at a time: as many as 100 requests per second at 150 ms take. */
const AHEAD = 16

/**
 * How far the reading is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** Folders read to their end. */
  readonly folders: number
  /** Files seen so far, not counting those in stacks. */
  readonly files: number
  /** Stacks seen so far. */
  readonly stacks: number
  /** Pages read so far. */
  readonly requests: number
  /** Pages still to come, as far as known. */
  readonly left: number
}

/**
 * The contents of one folder.
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
  /** Entries that could not be read, or are no files. */
  readonly findings: ReadonlyArray<VersionGrouping.Finding>
}

/**
 * The asset is not a folder, so there is nothing to read in it.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotAFolder extends Schema.TaggedError<NotAFolder>("@effect-frameio/batch/FolderReader/NotAFolder")(
  "NotAFolder",
  {
    assetId: AssetId,
    /** Its kind: `file`, `version stack`, … */
    kind: Schema.String,
    name: Schema.String
  }
) {
  override get message(): string {
    return `${JSON.stringify(this.name)} (${this.assetId}) is a ${this.kind}, not a folder. Name the folder that it is in, or a project's root folder.`
  }
}

const kindOf = (item: Repository.Item): string => {
  switch (item._tag) {
    case "File":
      return "file"
    case "Folder":
      return "folder"
    case "Stack":
      return "version stack"
    case "Other":
      return item.kind
  }
}

/** Whether a failure is about one folder or stack, so that the others can still be read. */
const isAboutOne = (error: FrameioError.ListError): boolean => {
  switch (error._tag) {
    case "FrameioServerError":
    case "FrameioUnexpectedResponse":
    case "FrameioDecodeError":
    case "FrameioListIncomplete":
      return true
    default:
      return FrameioError.kindOf(error) === "asset" && error._tag !== "FrameioInvalidRequest"
  }
}

const advice = (error: FrameioError.ListError): string => {
  switch (error._tag) {
    case "FrameioForbidden":
      return "Ask for access, or go on without it."
    case "FrameioNotFound":
      return "It was deleted or moved meanwhile."
    default:
      return "Try again later."
  }
}

/** How a list changed while it was read: if assets left it, others may have been missed. */
type Change = "no" | "grown" | "shrunk"

const fell = (told: ReadonlyArray<number | undefined>): boolean => {
  let before: number | undefined
  return told.some((total) => {
    const less = total !== undefined && before !== undefined && total < before
    before = total ?? before
    return less
  })
}

/** Watches the pages of a list for changes: new assets push others to a later page; assets that leave open a gap. */
const makeWatch = () => {
  const totals: Array<number | undefined> = []
  const pageTotals: Array<number | undefined> = []
  // A list that is read again reports its first pages anew.
  let shrunk = false
  return {
    learn: ({ page, pages, total }: Repository.PageRead): void => {
      totals[page - 1] = total
      pageTotals[page - 1] = pages
      shrunk ||= fell(totals) || fell(pageTotals)
    },
    change: (seen: number): Change => {
      const told = totals.filter((total) => total !== undefined)
      const [first] = told
      if (shrunk) return "shrunk"
      if (first === undefined) return "no"
      return seen < first ? "shrunk" : (told.at(-1) ?? first) > first ? "grown" : "no"
    }
  }
}

interface Listed<A> {
  readonly items: ReadonlyArray<A>
  readonly change: Change
}

/**
 * The contents of a folder and of those below it.
 *
 * @internal
 */
export interface All extends VersionGrouping.Listing {
  readonly findings: ReadonlyArray<VersionGrouping.Finding>
  /** Folders in it that were not read, because that was not asked for. */
  readonly foldersBelow: number
}

/**
 * Reads lists, counts their pages, and tells the scheduler how many are still to come.
 *
 * @internal
 */
export interface Reader {
  /** The folder behind an id. */
  readonly root: (folderId: AssetId) => Effect.Effect<VersionGrouping.Folder, NotAFolder | FrameioError.ListError>
  /** A folder and, if asked for, those below it, level by level. */
  readonly contents: (root: VersionGrouping.Folder) => Stream.Stream<Contents, FrameioError.ListError>
  /** The same, as one value. */
  readonly all: (root: VersionGrouping.Folder) => Effect.Effect<All, FrameioError.ListError>
  /** The stacks with their versions, or with the reason why these could not be read. */
  readonly withMembers: (
    stacks: ReadonlyArray<VersionGrouping.Stack>
  ) => Effect.Effect<ReadonlyArray<VersionGrouping.Stack>, FrameioError.ListError>
  readonly progress: () => Progress
}

/** @internal */
export const make = (options: Options | undefined): Effect.Effect<Reader, never, Repository.Repository | Scope.Scope> =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const scheduled = Option.isSome(yield* Effect.serviceOption(RateLimitScheduler.RateLimitScheduler))
    const job = scheduled ? yield* RateLimitJob.make({ name: "plan", remaining: 0 }) : undefined
    const withJob = job === undefined ? identity : RateLimitCall.withJob(job)
    const recursive = options?.recursive ?? defaults.recursive
    const progress = { folders: 0, files: 0, stacks: 0, requests: 0, left: 0 }

    const expect = (more: number): void => {
      progress.left += more
      job?.setRemaining(Math.max(job.remaining() + more, 0))
    }

    /** A list to its end; its first page has been announced already. */
    const list = <A>(
      read: (options: Repository.ListOptions) => Effect.Effect<ReadonlyArray<A>, FrameioError.ListError>
    ): Effect.Effect<Listed<A>, FrameioError.ListError> =>
      Effect.suspend(() => {
        const watch = makeWatch()
        let expected = 1
        const onPage = (told: Repository.PageRead): Effect.Effect<void> => {
          watch.learn(told)
          progress.requests++
          progress.left--
          expected--
          if (told.page === 1 && told.pages !== undefined && told.pages > 1) {
            expected += told.pages - 1
            expect(told.pages - 1)
          }
          return options?.onProgress?.({ ...progress }) ?? Effect.void
        }
        return read({ ahead: AHEAD, pageSize: options?.pageSize, onPage }).pipe(
          withJob,
          RateLimitCall.withPriority("bulk"),
          Effect.map((items): Listed<A> => ({ items, change: watch.change(items.length) })),
          // Takes back announced pages that will not come, because the list was shorter or failed.
          Effect.ensuring(Effect.sync(() => expect(-expected)))
        )
      })

    const contentsOf = (folder: VersionGrouping.Folder): Effect.Effect<Contents, FrameioError.ListError> =>
      list((how) => {
        const items: Array<Repository.Item> = []
        return Stream.runForEach(repository.children(AssetId.make(folder.id), how), (item) =>
          Effect.sync(() => {
            items.push(item)
            if (item._tag === "File") progress.files++
            else if (item._tag === "Stack") progress.stacks++
          })
        ).pipe(
          // The folders seen so far are still read; the watch knows that some may be missing.
          Effect.catchTag("FrameioListIncomplete", () => Effect.void),
          Effect.as(items)
        )
      }).pipe(
        Effect.map((listed) => {
          progress.folders++
          return sorted(folder, listed)
        })
      )

    const levels = (
      folders: ReadonlyArray<VersionGrouping.Folder>,
      isRoot: boolean
    ): Stream.Stream<Contents, FrameioError.ListError> =>
      Stream.suspend(() => {
        if (folders.length === 0) return Stream.empty
        expect(folders.length)
        const below: Array<VersionGrouping.Folder> = []
        return Stream.fromIterable(folders).pipe(
          Stream.mapEffect(
            (folder) =>
              Effect.catchIf(
                contentsOf(folder),
                (error) => !isRoot && isAboutOne(error),
                (error) => Effect.succeed(unreadFolder(folder, error))
              ),
            { concurrency: Math.max(1, options?.concurrency ?? defaults.concurrency), unordered: true }
          ),
          Stream.tap((contents) =>
            Effect.sync(() => {
              if (recursive) for (const one of contents.folders) below.push(one)
            })
          ),
          Stream.concat(levels(below, false))
        )
      })

    const withMembers = (
      stack: VersionGrouping.Stack
    ): Effect.Effect<VersionGrouping.Stack, FrameioError.ListError> => {
      let newest = stack.coverId
      const files = (how: Repository.ListOptions) =>
        Effect.map(repository.versions(stackOf(stack), how), (versions) => {
          newest = versions.stack.newest ?? newest
          return versions.files
        })
      return Effect.matchEffect(list(files), {
        onFailure: (error) =>
          isAboutOne(error)
            ? Effect.succeed({ ...stack, problem: `${error.message} ${advice(error)}` })
            : Effect.fail(error),
        onSuccess: ({ change, items }) =>
          Effect.succeed(
            change === "shrunk"
              ? { ...stack, problem: "It was changed while it was read. Read it again." }
              : { ...stack, coverId: newest, members: items.map((file) => fileOf(file, stack.folder)) }
          )
      })
    }

    const contents = (root: VersionGrouping.Folder) => levels([root], true)

    return {
      root: (folderId) =>
        Effect.flatMap(repository.get(folderId), (item) =>
          item._tag === "Folder"
            ? Effect.succeed({ id: item.id, path: item.name })
            : new NotAFolder({ assetId: folderId, kind: kindOf(item), name: item.name })
        ),
      contents,
      all: (root) =>
        Effect.suspend(() => {
          const files: Array<VersionGrouping.File> = []
          const stacks: Array<VersionGrouping.Stack> = []
          const findings: Array<VersionGrouping.Finding> = []
          let foldersBelow = 0
          return Effect.map(
            Stream.runForEach(contents(root), (one) =>
              Effect.sync(() => {
                if (!recursive) foldersBelow += one.folders.length
                for (const file of one.files) files.push(file)
                for (const stack of one.stacks) stacks.push(stack)
                findings.push(...one.findings)
              })
            ),
            (): All => ({ files, stacks, findings, foldersBelow })
          )
        }),
      withMembers: (stacks) =>
        Effect.suspend(() => {
          expect(stacks.length)
          return Effect.forEach(stacks, withMembers, { concurrency: AHEAD })
        }),
      progress: () => ({ ...progress })
    }
  })

const stackOf = ({ coverId, folder, id, name }: VersionGrouping.Stack): Repository.Stack => ({
  _tag: "Stack",
  id: AssetId.make(id),
  name,
  parentId: AssetId.make(folder.id),
  createdAt: undefined,
  newest: coverId === null ? undefined : AssetId.make(coverId),
  count: undefined
})

const fileOf = (
  { arrived, bytes, createdAt, id, mediaKind, name }: Repository.File,
  folder: VersionGrouping.Folder
): VersionGrouping.File => ({ id, name, assetType: mediaKind ?? null, bytes, arrived, createdAt, folder })

const unreadFolder = (folder: VersionGrouping.Folder, error: FrameioError.ListError): Contents => ({
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
      message: `The folder could not be read, so nothing in it or below it was considered: ${error.message} ${advice(error)}`
    }
  ]
})

const sorted = (folder: VersionGrouping.Folder, { change, items }: Listed<Repository.Item>): Contents => {
  const contents = {
    folder,
    files: [] as VersionGrouping.File[],
    stacks: [] as VersionGrouping.Stack[],
    folders: [] as VersionGrouping.Folder[],
    findings: [] as VersionGrouping.Finding[]
  }
  for (const item of items) {
    const { id, name } = item
    if (item._tag === "Folder") contents.folders.push({ id, path: `${folder.path}/${name}` })
    else if (change === "shrunk") continue
    else if (item._tag === "File") contents.files.push(fileOf(item, folder))
    else if (item._tag === "Stack") {
      contents.stacks.push({ id, name, folder, coverId: item.newest ?? null, members: undefined })
    } else {
      contents.findings.push({
        kind: "not-a-file",
        severity: "note",
        folder: folder.path,
        base: "",
        assets: [{ id, name }],
        message: `“${name}” is a ${item.kind}, which cannot be stacked.`
      })
    }
  }
  if (change !== "no") {
    contents.findings.push({
      kind: "changed",
      severity: change === "shrunk" ? "left-out" : "note",
      folder: folder.path,
      base: "",
      assets: [{ id: folder.id, name: folder.path }],
      message:
        change === "shrunk"
          ? "Assets left the folder while it was read, so others may have been missed, and nothing in it was considered. Read it again."
          : "Assets were added to the folder while it was read. Read it again to include all of them."
    })
  }
  return contents
}

/**
 * The contents of a folder and, if asked for, of those below it: one element per folder, each read to its end.
 *
 * A folder below that cannot be read is an element with a finding, and the others go on. Fails when the folder itself
 * cannot be read or is not a folder, and when nothing can be read at all: without a connection, or without an accepted
 * token.
 *
 * @example
 * ```ts
 * const names = yield* FolderReader.read(folderId, { recursive: true }).pipe(
 *   Stream.flatMap(({ files }) => Stream.fromIterable(files)),
 *   Stream.map(({ name }) => name),
 *   Stream.runCollect
 * )
 * ```
 *
 * @since 0.1.0
 * @category reading
 */
export const read = (
  folderId: AssetId,
  options?: Options
): Stream.Stream<Contents, NotAFolder | FrameioError.ListError, Repository.Repository> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const reader = yield* make(options)
      return reader.contents(yield* reader.root(folderId))
    })
  )
