/**
 * `frameio demo`: a fake and a batch against it in one, measured against the shortest time there is.
 *
 * @since 0.1.0
 */

import * as FileSystem from "@effect/platform/FileSystem"
import * as BatchEstimate from "@effect-frameio/batch/BatchEstimate"
import type * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as LeakyBucket from "@effect-frameio/ratelimit/LeakyBucket"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as BatchRunCommand from "./BatchRunCommand.js"
import { CliError } from "./CliError.js"
import * as FakeCommand from "./FakeCommand.js"
import { Stdio } from "./Stdio.js"

/** How far above the shortest time a run may be. */
const WITHIN = 1.05

/** When each link was sent and when its answer was there, by the client's clock. */
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

/**
 * Runs the batch and prints the figures to standard output. Fails when the run is more than 5 % above the shortest time, was
 * refused once, or did not put every version in its place.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.demo")(function* (setup: FakeCommand.Setup) {
  const stdio = yield* Stdio
  const fs = yield* FileSystem.FileSystem
  const { pairs, server } = yield* FakeCommand.start(setup)
  const folder = yield* Effect.tap(fs.makeTempDirectoryScoped({ prefix: "frameio-demo-" }), (folder) =>
    fs.writeFileString(`${folder}/pairs.csv`, FakeCommand.toCsv(pairs))
  ).pipe(Effect.mapError((error) => CliError.failed(`No temporary file can be written: ${error.message}`)))
  yield* stdio.err(
    `A Frame.io on this machine (${server.baseUrl}) with ${setup.shots} shots of ${setup.versions} loose versions, ` +
      `${setup.limit} version calls per second.\n`
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
  const rule = { limit: setup.limit, windowMillis: 1000 }
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
  const c = LeakyBucket.costMillis(rule)
  yield* stdio.out(
    [
      `jobs              ${n} versions on ${setup.shots} stacks, ${whole ? "each stack complete" : "NOT all of them complete"}`,
      `time              ${seconds(watch.elapsedMillis)}, from the first request to the last success`,
      `T*                ${seconds(shortest)} = max(0, ${n} - ${LeakyBucket.burst(rule)}) * ${c} ms + one round trip of ${watch.roundTripMillis} ms`,
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
