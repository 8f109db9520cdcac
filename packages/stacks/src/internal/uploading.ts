/** What uploads of files and of streams share. */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Patience from "@effect-frameio/core/Patience"
import * as RetryPolicy from "@effect-frameio/core/RetryPolicy"
import { isSecure } from "@effect-frameio/core/SecureUrl"
import * as UploadPart from "@effect-frameio/core/UploadPart"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Repository from "../Repository.js"
import type * as Upload from "../Upload.js"
import * as UploadError from "../UploadError.js"
import type { UploadEvent } from "../UploadEvent.js"
import type * as PartSender from "./partSender.js"

/** @internal */
export const defaults = {
  concurrency: 4,
  giveUpAfter: Duration.hours(1),
  baseDelay: Duration.millis(500),
  maxDelay: Duration.seconds(20),
  idleTimeout: Duration.seconds(60),
  body: "stream",
  checksum: true,
  partSize: 16 * 1024 * 1024
} as const

const CREATE = "assets.create"

/**
 * Refuses arguments, with all their faults.
 *
 * @internal
 */
export const refuse = (
  problems: ReadonlyArray<FrameioError.Problem>
): Effect.Effect<void, FrameioError.InvalidRequest> => {
  const [first, ...rest] = problems
  return first === undefined
    ? Effect.void
    : Effect.fail(new FrameioError.InvalidRequest({ endpoint: CREATE, problems: [first, ...rest] }))
}

const MIME = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;.*)?$/

const wholeProblem = (
  path: string,
  value: number | undefined,
  least: number,
  remedy = `it must be a whole number of at least ${least}`
): ReadonlyArray<FrameioError.Problem> =>
  value === undefined || (Number.isSafeInteger(value) && value >= least)
    ? []
    : [{ path, message: `is ${value}; ${remedy}` }]

/** @internal */
export const problemsOf = (options: Upload.Judged): ReadonlyArray<FrameioError.Problem> => [
  ...(options.name.trim() === ""
    ? [{ path: "name", message: "is empty; give the file's name with its extension" }]
    : []),
  ...(MIME.test(options.filetype)
    ? []
    : [{ path: "filetype", message: `is "${options.filetype}"; it must be a MIME type such as video/quicktime` }]),
  ...wholeProblem("filesize", options.filesize, 1, "it must be the number of bytes, and at least 1"),
  ...wholeProblem("concurrency", options.concurrency, 1),
  ...wholeProblem("partSize", options.partSize, UploadPart.MIN_SIZE, `a part has at least ${UploadPart.MIN_SIZE} bytes`)
]

/**
 * A URL that parts may be sent to.
 *
 * @internal
 */
export const urlOf = (text: string | undefined, assetId: AssetId): Effect.Effect<URL, UploadError.UnusableUrls> => {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return Effect.fail(new UploadError.UnusableUrls({ assetId, reason: "Missing" }))
  return isSecure(url)
    ? Effect.succeed(url)
    : Effect.fail(new UploadError.UnusableUrls({ assetId, reason: "Insecure" }))
}

type Tell = (event: UploadEvent) => Effect.Effect<void>

/** @internal */
export const tellOf = (options: Upload.SendOptions): Tell => options.onEvent ?? (() => Effect.void)

/** @internal */
export const giveUpAfterMillis = (options: Upload.SendOptions): number =>
  Duration.toMillis(options.giveUpAfter ?? defaults.giveUpAfter)

/**
 * Gives the calls of an upload its patience.
 *
 * @internal
 */
export const patiently =
  (options: Upload.SendOptions) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Patience.withPatience(self, options.giveUpAfter ?? defaults.giveUpAfter, (waiting) =>
      tellOf(options)({ _tag: "Waiting", ...waiting })
    )

/** @internal */
export const senderOf = (
  options: Upload.SendOptions,
  file: Pick<PartSender.Sender, "assetId" | "filetype" | "filesize"> & { readonly http: HttpClient.HttpClient }
): PartSender.Sender => ({
  ...file,
  policy: RetryPolicy.make({
    readRetries: Number.POSITIVE_INFINITY,
    baseDelay: options.baseDelay ?? defaults.baseDelay,
    maxDelay: options.maxDelay ?? defaults.maxDelay
  }),
  giveUpAfterMillis: giveUpAfterMillis(options),
  idleMillis: Duration.toMillis(options.idleTimeout ?? defaults.idleTimeout),
  body: options.body ?? defaults.body,
  checksum: options.checksum ?? defaults.checksum
})

/**
 * The progress of an upload.
 *
 * @internal
 */
export const progressOf = (
  tell: Tell,
  file: { readonly assetId: AssetId; readonly filesize: number | null; readonly parts: number },
  from: { readonly sent: number; readonly partsDone: number } = { sent: 0, partsDone: 0 }
) => {
  let { partsDone, sent } = from
  const progress = () => tell({ _tag: "Progress", ...file, sent, partsDone })
  return {
    moved: (bytes: number) => {
      sent += bytes
      return progress()
    },
    done: Effect.suspend(() => {
      partsDone += 1
      return progress()
    }),
    retrying:
      (part: number) =>
      ({ attempt, delayMillis, reason, sinceMillis }: PartSender.Failed) =>
        tell({
          _tag: "Retrying",
          assetId: file.assetId,
          part,
          attempt,
          delayMillis: Math.round(delayMillis),
          sinceMillis: Math.round(sinceMillis),
          reason
        })
  }
}

/** @internal */
export const spanOf = (name: string, attributes: Record<string, unknown>) =>
  Effect.withSpan(name, { attributes, captureStackTrace: false })

/** How often an asset may be created when answers are lost: each time may leave one without content. */
const ATTEMPTS = 3

/** Whether the answer was lost on the way. */
const isLost = (error: FrameioError.WriteError): boolean =>
  FrameioError.outcomeOf(error) === "unknown" &&
  (error._tag === "FrameioTransportError" ||
    error._tag === "FrameioRequestTimeout" ||
    (error._tag === "FrameioServerError" && error.status >= 502 && error.status <= 504))

/**
 * Creates a file. With a lost answer its upload URLs are lost, too, so another file is created, and the one that may have
 * been left behind is reported: without content it does no harm, and it may be somebody else's.
 *
 * @internal
 */
export const createFile = <A>(
  create: Effect.Effect<A, FrameioError.WriteError>,
  file: { readonly folderId: AssetId; readonly name: string },
  tell: Tell
): Effect.Effect<A, FrameioError.WriteError, Repository.Repository> =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const { giveUpAfterMillis } = yield* Patience.CurrentPatience
    const leftBehind = () =>
      repository.children(file.folderId).pipe(
        Stream.filter((item) => item._tag === "File" && item.name === file.name && item.arrived !== true),
        Stream.map(({ id }) => id),
        Stream.runCollect
      )
    const attempt = (count: number): Effect.Effect<A, FrameioError.WriteError> =>
      Effect.catchAll(create, (error) =>
        giveUpAfterMillis <= 0 || !isLost(error) || count >= ATTEMPTS
          ? Effect.fail(error)
          : Effect.gen(function* () {
              const assetIds = yield* Effect.mapError(leftBehind(), () => error)
              if (assetIds.length > 0) yield* tell({ _tag: "LeftBehind", assetIds: [...assetIds] })
              return yield* attempt(count + 1)
            })
      )
    return yield* attempt(1)
  })
