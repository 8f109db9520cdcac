/**
 * A job that uploads files and puts them on their stacks, with a ledger. It survives a kill at any moment and resumes
 * part by part, and its status, report and undo are those of any other job.
 *
 * Each file is a link of the ledger: a version that goes onto what is below it, or a new file in the folder. A chain is
 * stacked as soon as its files are uploaded, while others are still under way.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Upload from "@effect-frameio/stacks/Upload"
import * as UploadError from "@effect-frameio/stacks/UploadError"
import type { UploadEvent } from "@effect-frameio/stacks/UploadEvent"
import type { UploadJournal } from "@effect-frameio/stacks/UploadJournal"
import * as Chunk from "effect/Chunk"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { BatchEvent } from "./BatchEvent.js"
import * as BatchJob from "./BatchJob.js"
import * as BatchProgress from "./BatchProgress.js"
import * as BatchRunner from "./BatchRunner.js"
import { isToCome } from "./internal/ledger/ledgerUploads.js"
import type * as JobRecord from "./JobRecord.js"
import { Ledger } from "./Ledger.js"
import { LedgerError } from "./LedgerError.js"
import * as LinkError from "./LinkError.js"
import type * as UploadPlan from "./UploadPlan.js"

/**
 * A file of a job.
 *
 * @since 0.1.0
 * @category models
 */
export interface UploadFile extends UploadPlan.LocalFile {
  /** The line of its link; null for a file without one, because it was left out or was there already. */
  readonly line: number | null
  /** The chain of its link. */
  readonly chain: number | null
  /** `creating`: it may have been created at Frame.io. `removed`: uploaded, and deleted again. */
  readonly state: "planned" | "creating" | "uploaded" | "removed" | "left-out" | "there"
  readonly folderId: AssetId
  /** The asset that it became. */
  readonly assetId: AssetId | null
  /** The state of its link. */
  readonly link: JobRecord.State | null
}

/**
 * How to run a job of uploads.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options<E, R> extends Omit<BatchJob.Options, "lookFirst"> {
  /** The bytes of a file, and the identity that shows whether it is still the same. */
  readonly contentOf: (file: UploadFile) => {
    readonly source: Upload.Source<E, R>
    readonly identity: Effect.Effect<string, E, R>
  }
  /** The journal of a file's upload. */
  readonly journalOf: (file: UploadFile) => UploadJournal
  /** How many parts go side by side, across all files; at least 1. Default 4. */
  readonly parts?: number | undefined
  /** Whether each part is verified by its MD5, as in `Upload.SendOptions`. Default `true`. */
  readonly checksum?: boolean | undefined
  /** Sees what happens to the upload of each file, as it happens. */
  readonly onUpload?: ((file: UploadFile, event: UploadEvent) => Effect.Effect<void>) | undefined
}

/**
 * Takes a plan into the ledger, which must not have one yet.
 *
 * @since 0.1.0
 * @category running
 */
export const begin = (plan: UploadPlan.UploadPlan): Effect.Effect<void, LedgerError, Ledger> =>
  Effect.flatMap(Ledger, ({ uploads }) => uploads.take(plan, { name: "upload" }))

/**
 * The files of the job in the ledger, uploaded ones first; none if it is not an upload job.
 *
 * @since 0.1.0
 * @category reading
 */
export const files: Effect.Effect<ReadonlyArray<UploadFile>, LedgerError, Ledger> = Effect.flatMap(
  Ledger,
  ({ uploads }) => uploads.files
)

type UploadFailure<E> = E | FrameioError.WriteError | UploadError.UploadError

const isUploadError = Schema.is(UploadError.UploadError)

const toLinkError = <E extends { readonly message: string }>(
  error: UploadFailure<E>,
  { path }: UploadFile
): LinkError.LinkError =>
  FrameioError.isFrameioError(error) || isUploadError(error)
    ? error
    : new LinkError.Unreadable({ path, detail: error.message })

/** Whether other files would fail the same way: then the job ends, and this file is still to be uploaded. */
const isAboutAll = (error: LinkError.LinkError): boolean =>
  error instanceof UploadError.PartFailed
    ? error.reason !== "Refused"
    : FrameioError.isFrameioError(error) && FrameioError.kindOf(error) !== "asset"

/** A file that an earlier run may have created without recording it: none like it existed when the job was planned. */
const leftBy = (file: UploadFile, known: ReadonlySet<string>) =>
  Effect.flatMap(Repository.Repository, ({ children }) =>
    children(file.folderId).pipe(
      Stream.filter(
        (item): item is Repository.File =>
          item._tag === "File" &&
          item.name === file.name &&
          item.arrived !== true &&
          (item.bytes === undefined || item.bytes === file.bytes) &&
          !known.has(item.id)
      ),
      Stream.runCollect,
      Effect.map(Chunk.toReadonlyArray)
    )
  )

/** Deletes what the create call of a killed run left behind, because nobody knows its upload URLs. */
const clean = (file: UploadFile, journal: UploadJournal, known: ReadonlySet<string>) =>
  Effect.gen(function* () {
    if (file.state !== "creating") return
    const repository = yield* Repository.Repository
    const saved = yield* Effect.orElseSucceed(journal.load, Option.none)
    if (Option.isSome(saved)) return
    yield* Effect.forEach(yield* leftBy(file, known), ({ id }) => repository.remove(id), { discard: true })
  })

/** Files under way: while some are created or written down, parts of others are sent. One part at a time is one file. */
const filesFor = (parts: number): number => 2 * parts - 1

/**
 * Uploads what is left of the job in the ledger, and stacks what is left to stack. Run it again after any interruption:
 * uploaded files are not sent again, a broken upload goes on part by part, and what a killed run created without
 * recording it is deleted first. If a file fails, so does what would go above it.
 *
 * The stream is that of `BatchJob.run`; a new file ends in `Confirmed` with `how: "uploaded"`.
 *
 * @example
 * ```ts
 * const runSync = Runtime.runSync(yield* Effect.runtime<FileSystem.FileSystem>())
 * const events = UploadJob.run({
 *   contentOf: ({ path }) => ({
 *     identity: Effect.map(fs.stat(path), ({ mtime, size }) => `${size} ${mtime}`),
 *     source: (offset, length) => fs.stream(path, { offset, bytesToRead: length })
 *   }),
 *   journalOf: ({ path }) => runSync(UploadJournal.file(`${path}.journal`))
 * })
 * ```
 *
 * @since 0.1.0
 * @category running
 */
export const run = <E extends { readonly message: string }, R>(
  options: Options<E, R>
): Stream.Stream<BatchEvent, LedgerError, Ledger | Repository.Repository | HttpClient.HttpClient | R> =>
  Stream.unwrapScoped(
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const { name } = yield* ledger.job
      const { abilities } = yield* Repository.Repository
      yield* ledger.begin(abilities.api)
      const before = yield* ledger.counts
      if (before.undone + before.undoing > 0) return yield* new LedgerError({ reason: "Undone", file: ledger.file })
      if (options.retryFailed === true) yield* ledger.retryFailed
      const { failed, skipped } = yield* ledger.counts
      const left = yield* ledger.extent
      const giveUpAfter = options.giveUpAfter ?? BatchJob.defaults.giveUpAfter
      const parts = Math.max(1, options.parts ?? Upload.defaults.concurrency)
      const permits = yield* Effect.makeSemaphore(parts)
      const files = yield* ledger.uploads.files
      const rows = yield* Stream.runCollect(ledger.rows)
      const known = new Set<string>(files.flatMap(({ assetId }) => assetId ?? []))

      const chains = new Map<number, Array<JobRecord.Row>>()
      for (const row of rows) {
        const chain = chains.get(row.chain)
        if (chain === undefined) chains.set(row.chain, [row])
        else chain.push(row)
      }
      const toCome = new Set(
        Chunk.toReadonlyArray(rows).flatMap(({ line, nextAssetId, state }) =>
          state === "planned" && isToCome(nextAssetId) ? [line] : []
        )
      )
      const pending = files.flatMap((file) => {
        const { line } = file
        return line !== null && toCome.has(line) ? [{ ...file, line }] : []
      })

      // A killed run may have recorded all of it without coming here; unfinished files need their journals.
      const up = files.filter(({ line, state }) => state === "uploaded" && line !== null && !toCome.has(line))
      yield* Effect.forEach(up, (file) => Effect.ignore(options.journalOf(file).clear), { discard: true })

      const settled = new Map<number, Deferred.Deferred<void>>()
      for (const { line } of pending) settled.set(line, yield* Deferred.make<void>())
      const settle = (line: number): Effect.Effect<unknown> => {
        const one = settled.get(line)
        return one === undefined ? Effect.void : Deferred.succeed(one, undefined)
      }
      /** The first line of each chain that could not be uploaded. */
      const failures = new Map<number, number>()
      const own: Array<BatchEvent> = []
      const stopping = yield* Deferred.make<void, LedgerError>()
      let stopped: string | undefined

      const rowOf = new Map(Chunk.toReadonlyArray(rows).map((row) => [row.line, row]))
      const linkOf = (line: number) =>
        Option.map(Option.fromNullable(rowOf.get(line)), ({ assetId, chain, name, nextAssetId }) => ({
          chain,
          line,
          assetId,
          nextAssetId,
          ...(name === null ? {} : { name })
        }))
      const tell = (
        line: number,
        event: (link: {
          readonly at: DateTime.Utc
          readonly chain: number
          readonly line: number
          readonly assetId: string
          readonly nextAssetId: string
          readonly name?: string
        }) => BatchEvent
      ) =>
        Effect.map(DateTime.now, (at) => {
          for (const link of Option.toArray(linkOf(line))) own.push(event({ at, ...link }))
        })

      const send = (file: UploadFile & { readonly line: number }) =>
        Effect.gen(function* () {
          const { bytes: filesize, filetype, folderId, line, name } = file
          const journal = options.journalOf(file)
          const { identity, source } = options.contentOf(file)
          if ((yield* identity) !== file.identity) {
            return yield* new UploadError.SourceMismatch({ filesize, source: "changed", offset: 0 })
          }
          yield* clean(file, journal, known)
          yield* ledger.uploads.creating(line)
          const { id } = yield* Upload.upload({
            folderId,
            name,
            filetype,
            filesize,
            source,
            identity,
            permits,
            concurrency: parts,
            giveUpAfter,
            checksum: options.checksum,
            // Kept until the ledger knows the asset.
            journal: { ...journal, clear: Effect.void },
            onEvent: (event) => options.onUpload?.(file, event) ?? Effect.void
          })
          yield* ledger.uploads.uploaded(line, id)
          yield* Effect.ignore(journal.clear)
          if (Option.exists(linkOf(line), ({ assetId }) => assetId === folderId)) {
            yield* tell(line, (link) => ({
              _tag: "Confirmed",
              ...link,
              nextAssetId: id,
              stackId: null,
              how: "uploaded"
            }))
          }
        })

      const uploadOne = (
        file: UploadFile & { readonly line: number }
      ): Effect.Effect<void, LedgerError, Repository.Repository | HttpClient.HttpClient | R> =>
        Effect.suspend(() => {
          const chain = file.chain ?? -1
          const { line } = file
          if ((failures.get(chain) ?? Number.POSITIVE_INFINITY) < line) return Effect.void
          return Effect.catchAll(send(file), (failure) => {
            if (failure instanceof LedgerError) return Effect.fail(failure)
            const error = toLinkError(failure, file)
            failures.set(chain, Math.min(line, failures.get(chain) ?? line))
            const told = tell(line, (link) => ({ _tag: "Failed", ...link, error, message: error.message }))
            if (!isAboutAll(error)) return Effect.zipRight(ledger.uploads.failed(line, error), told)
            stopped ??= `Nothing can be uploaded. ${LinkError.reasonOf(error)}`
            return Effect.zipRight(told, Deferred.succeed(stopping, undefined))
          })
        }).pipe(Effect.zipLeft(Effect.suspend(() => settle(file.line))), RateLimitCall.withPriority("bulk"))

      const stop = Effect.raceFirst(options.stop ?? Effect.never, Effect.ignore(Deferred.await(stopping)))
      yield* Effect.forEach(pending, uploadOne, { concurrency: filesFor(parts), discard: true }).pipe(
        Effect.catchAll((error) => Deferred.fail(stopping, error)),
        Effect.raceFirst(stop),
        Effect.forkScoped
      )

      /** A chain once all of its files are uploaded, or one of them never will be. */
      const whenThere = (index: number, chain: ReadonlyArray<JobRecord.Row>) =>
        Effect.gen(function* () {
          for (const { line } of chain) {
            const upload = settled.get(line)
            if (upload !== undefined) yield* Deferred.await(upload)
          }
          const failed = failures.get(index)
          for (const { line, state } of chain) {
            if (failed === undefined || line <= failed || state === "confirmed") continue
            const reason = `line ${failed} could not be uploaded`
            yield* tell(line, (link) => ({ _tag: "Skipped", ...link, why: "chain", reason, because: failed }))
          }
          return yield* ledger.chain(index)
        })

      const isOpen = (chain: ReadonlyArray<JobRecord.Row>): boolean =>
        chain.some(({ state }) => state === "planned" || state === "sent")

      const ready = Stream.fromIterable([...chains].filter(([, chain]) => isOpen(chain))).pipe(
        Stream.mapEffect(([index, chain]) => whenThere(index, chain), { concurrency: "unbounded", unordered: true }),
        Stream.filterMap(identity)
      )

      let mine = BatchProgress.empty
      const withMine = (event: BatchEvent): ReadonlyArray<BatchEvent> => {
        const told = own.splice(0)
        mine = told.reduce(BatchProgress.add, mine)
        if (event._tag !== "Finished") return [event, ...told]
        const { counts } = event
        const ended = BatchProgress.done(mine)
        return [
          ...told,
          {
            ...event,
            stopped: stopped ?? event.stopped,
            counts: {
              ...counts,
              confirmed: counts.confirmed + mine.confirmed,
              failed: counts.failed + mine.failed,
              skipped: counts.skipped + mine.skipped,
              notSent: Math.max(0, counts.notSent - (event.stopped === null ? 0 : ended))
            }
          }
        ]
      }

      return BatchRunner.runChains(ready, {
        ...options,
        ...left,
        giveUpAfter,
        contentWithin: Upload.defaults.giveUpAfter,
        stop,
        name,
        before: before.confirmed,
        failedBefore: failed,
        skippedBefore: skipped,
        onEvent: yield* ledger.recorder("run")
      }).pipe(
        Stream.mapConcat(withMine),
        Stream.concat(
          Stream.execute(
            Effect.flatMap(Deferred.poll(stopping), Option.match({ onNone: () => Effect.void, onSome: identity }))
          )
        )
      )
    })
  )

/**
 * The result of {@link removeUploads}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Removed {
  readonly removed: ReadonlyArray<UploadFile>
  /** Files that are on a stack and were left there. */
  readonly kept: ReadonlyArray<UploadFile>
}

/**
 * Deletes what the job uploaded and what is on no stack: after `BatchJob.undo`, all of it. Frame.io keeps deleted
 * assets for 30 days. After a failure, run it again to continue.
 *
 * @since 0.1.0
 * @category running
 */
export const removeUploads: Effect.Effect<
  Removed,
  LedgerError | FrameioError.WriteError,
  Ledger | Repository.Repository
> = Effect.gen(function* () {
  const ledger = yield* Ledger
  const repository = yield* Repository.Repository
  yield* ledger.begin(repository.abilities.api)
  const removed: Array<UploadFile> = []
  const kept: Array<UploadFile> = []
  for (const file of yield* ledger.uploads.files) {
    const { assetId, line, state } = file
    if (state !== "uploaded" || assetId === null || line === null) continue
    const location = yield* Effect.asSome(Repository.locate(assetId)).pipe(
      Effect.catchTag("FrameioNotFound", () => Effect.succeedNone)
    )
    if (Option.isSome(location) && location.value._tag !== "File") {
      kept.push(file)
      continue
    }
    if (Option.isSome(location)) yield* repository.remove(assetId)
    yield* ledger.uploads.removed(line)
    removed.push(file)
  }
  return { removed, kept }
}).pipe(RateLimitCall.withPriority("bulk"), Effect.withSpan("UploadJob.removeUploads"))
