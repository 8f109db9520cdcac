/**
 * Shows a running job: a progress bar for a person, JSON lines for a program, and a summary for both.
 *
 * @since 0.1.0
 */
import * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as BatchProgress from "@effect-frameio/batch/BatchProgress"
import * as LinkError from "@effect-frameio/batch/LinkError"
import type * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as RateLimitScheduler from "@effect-frameio/ratelimit/RateLimitScheduler"
import type { Repository } from "@effect-frameio/stacks/Repository"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { CliError, ExitCode } from "./CliError.js"
import * as Connection from "./Connection.js"
import * as Failure from "./Failure.js"
import * as ProgressBar from "./ProgressBar.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"

const { plural } = Text

/** How many lines the summary lists; the JSON lines have all. */
const SPELT_OUT = 20

/**
 * The circumstances of drawing a line.
 *
 * @since 0.1.0
 * @category models
 */
export interface Room {
  /** ms since 1970. */
  readonly now: number
  /** How wide the terminal is. */
  readonly columns: number
}

/**
 * The arguments of `show`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** JSON lines on standard output, even on a terminal. */
  readonly json: boolean
  /** No JSON lines, even in a pipe. */
  readonly quiet?: boolean | undefined
  /** Whether versions are put on stacks, or taken out. Default `stack`. */
  readonly verb?: "stack" | "undo" | undefined
  /** The noun for one link. Default `version`. */
  readonly noun?: string | undefined
  /** How to continue with the rest, for a person. */
  readonly goOn: string
  /** Shown in place of the bar, if it returns anything. */
  readonly instead?: ((options: Room) => string | undefined) | undefined
  /** Sees each event. */
  readonly onEvent?: ((event: BatchEvent.BatchEvent) => Effect.Effect<void>) | undefined
}

/** Failures that are alike. */
interface Alike {
  readonly what: string
  /** What went wrong and what to do, from the first of them; Frame.io's own words only if all share them. */
  reason: string
  readonly todo: ReadonlyArray<string>
  /** The first of them, by name. */
  readonly names: Array<string>
  count: number
}

/** What the summary of a job lists. */
interface Spelt {
  readonly failures: Map<string, Alike>
  failed: number
  readonly notices: Array<string>
  readonly unknown: Array<number>
  noticed: number
}

/** A failure in a few words. */
const WORDS: Readonly<Record<string, string>> = {
  FrameioNotFound: "gone",
  FrameioConflict: "there already",
  FrameioForbidden: "not allowed",
  FrameioUnauthorized: "refused with the token",
  FrameioInvalidArguments: "refused by Frame.io",
  FrameioServerError: "given up by the server",
  FrameioTransportError: "without an answer",
  FrameioRequestTimeout: "without an answer",
  FrameioAlreadyElsewhere: "on another stack already",
  FrameioWithoutContent: "still without content",
  FrameioTargetChanged: "held back, because the target has changed since the plan",
  FrameioMovedSince: "no longer where this job put it",
  FrameioReorderedSince: "in another order than this job left it"
}

/** How many kinds of failure are distinguished; a server that says something new each time must not fill the screen. */
const MOST_ALIKE = 20

/** The most names listed of each. */
const NAMES = 5

const failed = (spelt: Spelt, event: BatchEvent.Failed): void => {
  const { error } = event
  spelt.failed++
  const tag = LinkError.tagOf(error)
  const status = LinkError.statusOf(error)
  const maybe = LinkError.outcomeOf(error) === "unknown" ? ", perhaps made nevertheless" : ""
  const what = `${WORDS[tag] ?? `failed with ${tag.replace(/^Frameio/, "")}`}${status === undefined ? "" : ` (${status})`}${maybe}`
  const known = spelt.failures.get(what)
  const name = event.name === undefined ? `line ${event.line}` : `${event.name} (line ${event.line})`
  const reason = LinkError.explanationOf(error)
  if (known !== undefined) {
    known.count++
    if (reason !== known.reason) known.reason = known.reason.replace(/ It said: ".*"\./s, "")
    if (known.names.length < NAMES) known.names.push(name)
  } else if (spelt.failures.size < MOST_ALIKE) {
    spelt.failures.set(what, {
      what,
      reason,
      todo: Failure.advice(error),
      names: [name],
      count: 1
    })
  }
}

const alikeLines = ({ count, names, reason, todo, what }: Alike): ReadonlyArray<string> => [
  `${count} ${what}: ${names.join(", ")}${count > names.length ? ` and ${count - names.length} more` : ""}`,
  `  ${reason}`,
  ...todo.map((line) => `  ${line}`)
]

const more = (count: number, what: string): ReadonlyArray<string> =>
  count > 0 ? [`and ${count} more ${what}; the JSON lines (--json) have all of them`] : []

/** The summary, for a person. */
const summary = (
  finished: BatchEvent.Finished,
  spelt: Spelt,
  options: Options & { readonly interrupted: boolean }
): string => {
  const { counts } = finished
  const where = options.verb === "undo" ? "out of their stacks" : "in place"
  const earlier = counts.before + counts.already
  const parts = [
    `${counts.confirmed} of ${plural(counts.links ?? BatchProgress.done(counts), options.noun ?? "version")} ${where}`,
    ...(earlier > 0 ? [`${earlier} of them before`] : []),
    ...(counts.notVerified === undefined ? [] : [`${counts.notVerified} of them not verified`]),
    ...(counts.failed > 0 ? [`${counts.failed} failed`] : []),
    ...(counts.skipped > 0 ? [`${counts.skipped} left out because one before them failed`] : []),
    ...(counts.unknown > 0 ? [`${counts.unknown} unknown`] : []),
    ...(counts.notSent > 0 ? [`${counts.notSent} not sent`] : [])
  ]
  const open = counts.unknown + counts.notSent + (counts.notVerified ?? 0)
  return [
    ...(finished.stopped === null
      ? []
      : [options.interrupted ? "Stopped before the end." : `Stopped before the end: ${finished.stopped}`]),
    ...[...spelt.failures.values()].flatMap(alikeLines),
    ...more(spelt.failed - [...spelt.failures.values()].reduce((sum, { count }) => sum + count, 0), "failed"),
    ...(counts.failed > spelt.failed
      ? [
          `${counts.failed - spelt.failed} failed in an earlier run and were left alone: frameio batch report says why, --retry-failed tries them again`
        ]
      : []),
    ...spelt.notices,
    ...more(spelt.noticed - spelt.notices.length, "notices"),
    `${parts.join(", ")}; ${DurationText.words(finished.elapsedMillis)}.`,
    ...(spelt.unknown.length > 0
      ? [
          `Whether ${spelt.unknown.length === 1 ? "line" : "lines"} ${spelt.unknown.slice(0, SPELT_OUT).join(", ")}${
            spelt.unknown.length > SPELT_OUT ? " and more" : ""
          } got through is unknown.`
        ]
      : []),
    ...(open > 0 || finished.stopped !== null ? [options.goOn] : [])
  ].join("\n")
}

/**
 * How a job ended.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ended {
  /** Its last event. */
  readonly finished: BatchEvent.Finished
  /** Whether Ctrl-C came. */
  readonly interrupted: boolean
  /** Whether there was no token, or it was refused. */
  readonly unauthorized: boolean
}

/**
 * Runs a job, shows its progress, and answers how it ended. Ctrl-C stops it gently; `events` hears when.
 *
 * @since 0.1.0
 * @category handlers
 */
export const show = <E, R>(
  events: (stop: Effect.Effect<void>) => Stream.Stream<BatchEvent.BatchEvent, E, R>,
  options: Options
): Effect.Effect<
  Ended,
  E | CliError,
  R | Stdio | FrameioConfig.FrameioConfig | Repository | RateLimitScheduler.RateLimitScheduler
> =>
  Effect.gen(function* () {
    const stdio = yield* Stdio
    const scheduler = yield* RateLimitScheduler.RateLimitScheduler
    const json = options.quiet !== true && (options.json || !stdio.outIsTerminal)
    const buckets = yield* Connection.bucketsOf(options.verb === "undo" ? ["takeOut"] : ["stack", "grow"])
    const progress = yield* Ref.make(ProgressBar.empty)
    const stopping = yield* Ref.make(false)
    const spelt: Spelt = { failures: new Map(), failed: 0, notices: [], unknown: [], noticed: 0 }
    let unauthorized = false
    let isPaused = false
    let finished: BatchEvent.Finished | undefined

    const draw = Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const columns = yield* stdio.columns
      const other = (yield* Ref.get(stopping)) ? undefined : options.instead?.({ now, columns })
      if (other !== undefined) return yield* stdio.status(other)
      const state = yield* Ref.get(progress)
      // How much there is to do is told by the first event.
      if (state.counts.links === null) return
      const budgets = yield* Effect.forEach(buckets, (bucket) => scheduler.bucket(bucket))
      // Of several budgets, the one that the job waits for.
      const [budget] = budgets.filter((one) => one !== undefined).sort((one, other) => other.waiting - one.waiting)
      const line = ProgressBar.render(state, {
        now,
        columns,
        budget,
        brake: ProgressBar.brake(yield* scheduler.snapshot, budget?.route ?? buckets[0]?.route),
        stopping: yield* Ref.get(stopping)
      })
      yield* stdio.status(line)
    })

    const interrupted = stdio
      .interrupted(1)
      .pipe(
        Effect.zipRight(Ref.set(stopping, true)),
        Effect.zipRight(
          stdio.errIsTerminal
            ? Effect.void
            : stdio.tell("Stopping: nothing more is sent, calls under way may finish.\n")
        )
      )

    const take = (event: BatchEvent.BatchEvent): Effect.Effect<void> =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* Ref.update(progress, (state) => ProgressBar.add(state, event, now))
        switch (event._tag) {
          case "Failed":
            if (Failure.isOfCredentials(event.error)) unauthorized = true
            failed(spelt, event)
            break
          case "Noticed":
            spelt.noticed++
            if (spelt.notices.length < SPELT_OUT) spelt.notices.push(`line ${event.line}: ${event.reason}.`)
            break
          case "Paused":
            // On a terminal, the bar shows it.
            if (!isPaused && !stdio.errIsTerminal) {
              const since = ProgressBar.timeOfDay(DateTime.toEpochMillis(event.since))
              yield* stdio.tell(`No answer since ${since}, trying again. ${LinkError.reasonOf(event.error)}\n`)
            }
            isPaused = true
            break
          case "Resumed":
            if (!stdio.errIsTerminal) yield* stdio.tell(`Going on after ${DurationText.words(event.millis)}.\n`)
            isPaused = false
            break
          case "Unknown":
            if (spelt.unknown.length <= SPELT_OUT) spelt.unknown.push(event.line)
            break
          case "Finished":
            finished = event
            break
        }
        if (options.onEvent !== undefined) yield* options.onEvent(event)
        if (json) yield* stdio.out(`${BatchEvent.toJsonLine(event)}\n`)
      })

    const bar = stdio.errIsTerminal
      ? Effect.forkScoped(Effect.repeat(draw, Schedule.spaced("100 millis")))
      : Effect.void

    const outcome = yield* Effect.scoped(
      Effect.zipRight(bar, Effect.either(Stream.runForEach(events(interrupted), take)))
    )
    yield* stdio.status(undefined)
    if (finished !== undefined) {
      const text = summary(finished, spelt, { ...options, interrupted: yield* Ref.get(stopping) })
      yield* stdio.tell(`${text}\n`)
    }
    if (Either.isLeft(outcome)) return yield* Effect.fail(outcome.left)
    if (finished === undefined) return yield* Effect.dieMessage("the job ended without its last event")
    return { finished, interrupted: yield* Ref.get(stopping), unauthorized }
  })

/**
 * Ends the command like its job; does nothing if all went well.
 *
 * @since 0.1.0
 * @category handlers
 */
export const leave = ({ finished, interrupted, unauthorized }: Ended): Effect.Effect<void, CliError> => {
  const { counts } = finished
  if (interrupted) return CliError.interrupted()
  // A token refused at the first call is bad input: nothing was done.
  if (unauthorized && counts.confirmed - counts.before + counts.unknown === 0) {
    return new CliError({ exitCode: ExitCode.badInput, message: "" })
  }
  return counts.failed + counts.skipped + counts.unknown + counts.notSent === 0 && finished.stopped === null
    ? Effect.void
    : CliError.failed()
}
