/**
 * `frameio demo`: a fake and a batch against it in one, measured against the shortest possible time.
 *
 * @since 0.1.0
 */

import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as BatchEstimate from "@effect-frameio/batch/BatchEstimate"
import type * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as RateLimitRule from "@effect-frameio/ratelimit/RateLimitRule"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import type * as Seed from "@effect-frameio/testing/Seed"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as BatchRunCommand from "./BatchRunCommand.js"
import { CliError } from "./CliError.js"
import * as FakeCommand from "./FakeCommand.js"
import { Stdio } from "./Stdio.js"

/** How far above the shortest time a run may be. */
const WITHIN = 1.05

/** When each link was sent and when its answer arrived, by the client's clock. */
class Stopwatch {
  #first: number | undefined
  #last: number | undefined
  readonly #sent = new Map<number, number>()
  readonly #trips: Array<number> = []

  see(event: BatchEvent.BatchEvent): void {
    const at = DateTime.toEpochMillis(event.at)
    if (event._tag === "Sent") {
      this.#first ??= at
      this.#sent.set(event.line, at)
    }
    if (event._tag === "Confirmed") {
      this.#last = at
      this.#trips.push(at - (this.#sent.get(event.line) ?? at))
    }
  }

  /** From the first request to the last success, in ms. */
  get elapsedMillis(): number {
    return (this.#last ?? 0) - (this.#first ?? 0)
  }

  /** The median round trip, in ms. */
  get roundTripMillis(): number {
    const sorted = [...this.#trips].sort((left, right) => left - right)
    return sorted[Math.floor(sorted.length / 2)] ?? 0
  }
}

const seconds = (millis: number): string => `${(millis / 1000).toFixed(3)} s`

/** The task of a plain script: so small that nobody waits long for it. */
const PLAIN = { shots: 60, versions: 2 } as const

/** Concurrent requests of a plain script, and how long it waits after a refusal. */
const PLAIN_SIDE_BY_SIDE = 10

const PLAIN_PAUSE = Duration.seconds(1)

const percent = (ratio: number): string => `${Math.max(0, (ratio - 1) * 100).toFixed(1)} %`

/** Measured against its limit, which must be given. */
type Setup = FakeCommand.Setup & { readonly limit: number }

/** Puts versions on their stacks like a first script: some side by side, and again after each refusal. */
const plainly = (setup: Setup) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const { pairs, server } = yield* FakeCommand.start({ ...setup, ...PLAIN, port: 0 })
    const send = (pair: Seed.Pair): Effect.Effect<void, HttpClientError.HttpClientError> =>
      client
        .execute(
          HttpClientRequest.post(`${server.baseUrl}/v2/assets/${pair.assetId}/version`).pipe(
            HttpClientRequest.bearerToken(FakeFrameio.token),
            HttpClientRequest.bodyUnsafeJson({ next_asset_id: pair.nextAssetId })
          )
        )
        .pipe(
          Effect.flatMap((response) => Effect.as(response.text, response.status)),
          Effect.flatMap((status) => (status === 429 ? Effect.delay(send(pair), PLAIN_PAUSE) : Effect.void))
        )
    const [took] = yield* Effect.timed(Effect.forEach(pairs, send, { concurrency: PLAIN_SIDE_BY_SIDE, discard: true }))
    const { refused, requests } = yield* server.counts()
    return {
      jobs: pairs.length,
      millis: Duration.toMillis(took),
      shortest: BatchEstimate.shortestMillis({ jobs: pairs.length }, { limit: setup.limit, windowMillis: 1000 }),
      refused,
      requests
    }
  }).pipe(Effect.scoped, Effect.option)

/**
 * Runs the batch, reports it beside a plain script, and fails if not every version is in place. With `strict` it prints
 * figures, and also fails if the run is more than 5 % above the shortest time or was refused once.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.demo")(function* (args: Setup & { readonly strict: boolean }) {
  const { strict, ...setup } = args
  const stdio = yield* Stdio
  const fs = yield* FileSystem.FileSystem
  const { pairs, server } = yield* FakeCommand.start(setup)
  const folder = yield* Effect.tap(fs.makeTempDirectoryScoped({ prefix: "frameio-demo-" }), (folder) =>
    fs.writeFileString(`${folder}/pairs.csv`, FakeCommand.toCsv(pairs))
  ).pipe(Effect.mapError((error) => CliError.failed(`No temporary file can be written: ${error.message}`)))
  const rule = { limit: setup.limit, windowMillis: 1000 }
  yield* stdio.tell(
    `A Frame.io on this machine (${server.baseUrl}) with ${setup.shots} shots of ${setup.versions} loose versions, ` +
      `${setup.limit} version calls per second. The job takes about ${DurationText.words(BatchEstimate.shortestMillis({ jobs: pairs.length }, rule))}.\n`
  )

  const watch = new Stopwatch()
  yield* BatchRunCommand.handle({
    file: `${folder}/pairs.csv`,
    ledger: Option.some(`${folder}/job.db`),
    format: "csv",
    json: false,
    concurrency: Option.none(),
    lookFirst: false,
    retryFailed: false,
    dryRun: false,
    settleAfter: Option.none(),
    giveUpAfter: Option.none(),
    quiet: true,
    goOn: "The demo and its job are gone; start a new one with frameio demo.",
    onEvent: (event) => Effect.sync(() => watch.see(event))
  }).pipe(
    Effect.withConfigProvider(
      ConfigProvider.fromMap(
        new Map([
          ["FRAMEIO_BASE_URL", server.baseUrl],
          ["FRAMEIO_TOKEN", FakeFrameio.token]
        ])
      )
    )
  )

  const counts = yield* server.counts("assets.version")
  const all = yield* server.counts()
  const shortest = BatchEstimate.shortestMillis(
    { jobs: pairs.length, roundTripMillis: watch.roundTripMillis, longestChain: setup.versions - 1 },
    rule
  )
  const ratio = watch.elapsedMillis / shortest
  const stacked = new Set(
    pairs.flatMap((pair) => {
      const stack = server.world.stackOf(pair.nextAssetId)
      return stack === undefined ? [] : [`${stack.id} ${stack.versions.length}`]
    })
  )
  const whole = stacked.size === setup.shots && [...stacked].every((one) => one.endsWith(` ${setup.versions}`))
  const n = pairs.length
  const c = RateLimitRule.costMillis(rule)
  if (!strict) {
    yield* stdio.status(`the same by a plain script, with ${PLAIN.shots} versions`)
    const plain = yield* plainly(setup)
    yield* stdio.say(
      [
        `${n} versions are on ${setup.shots} stacks, ${whole ? "each of them complete" : "NOT all of them complete"}.`,
        `It took ${DurationText.words(watch.elapsedMillis)}. With ${setup.limit} calls a second nothing can be faster than ${DurationText.words(shortest)}; this was ${percent(ratio)} above it.`,
        ...(ratio > WITHIN ? ["Something else kept this machine busy; on an idle one it is less than 5 %."] : []),
        `${all.refused} of ${all.requests} requests were refused.`,
        ...Option.match(plain, {
          onNone: () => [],
          onSome: ({ jobs, millis, refused, requests, shortest }) => [
            `A plain script with ${jobs} of them, ${PLAIN_SIDE_BY_SIDE} at once and again a second after each refusal: ${DurationText.words(millis)}, ` +
              `${percent(millis / Math.max(shortest, 1))} above the shortest time, and ${refused} of ${requests} requests refused.`
          ]
        }),
        "",
        "Next, on your own:",
        "  frameio fake --pairs pairs.csv",
        "  frameio batch run pairs.csv --ledger job.db      in another terminal, with what the first one prints",
        "  frameio batch report --ledger job.db --html report.html",
        ""
      ].join("\n")
    )
    return whole ? undefined : yield* CliError.failed("Not every version is in its place.")
  }
  yield* stdio.out(
    [
      `jobs              ${n} versions on ${setup.shots} stacks, ${whole ? "each stack complete" : "NOT all of them complete"}`,
      `time              ${seconds(watch.elapsedMillis)}, from the first request to the last success`,
      `T*                ${seconds(shortest)} = max(0, ${n} - ${RateLimitRule.burst(rule)}) * ${c} ms + one round trip of ${watch.roundTripMillis} ms`,
      `time / T*         ${ratio.toFixed(4)}`,
      `429               ${all.refused}`,
      `requests per job  ${(all.requests / n).toFixed(3)} (${counts.requests} version calls, ${all.requests - counts.requests} reads)`,
      ""
    ].join("\n")
  )
  if (!whole) return yield* CliError.failed("The demo failed: not every version is in its place.")
  if (all.refused > 0) return yield* CliError.failed("The demo failed: the rate limit refused requests.")
  if (ratio > WITHIN) {
    return yield* CliError.failed(`The demo failed: more than 5 % above the shortest time. Is this machine very busy?`)
  }
}, Effect.scoped)
