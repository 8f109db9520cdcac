/**
 * The work of one worker on one job: its chains in hand, through the runner of one machine.
 *
 * A link ends when the session says so; the engine only keeps a copy.
 */
import type * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as BatchRunner from "@effect-frameio/batch/BatchRunner"
import * as JobWriter from "@effect-frameio/batch/JobWriter"
import * as LinkRecord from "@effect-frameio/batch/LinkRecord"
import type * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Mailbox from "effect/Mailbox"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { ClusterError } from "../ClusterError.js"
import * as ClusterMetrics from "../ClusterMetrics.js"
import type * as JobStore from "../JobStore.js"
import * as JobTrace from "./jobTrace.js"
import { OPEN, type Times } from "./times.js"

/** The outcome of a link: `made` is on its stack, or off it again; `left` is not, and is not tried again. */
export type Outcome = "made" | "left"

/** What a session found when it asked for a chain. */
type Found = "in hand" | "elsewhere" | "over" | "session ended"

/** A chain in hand. */
interface InHand {
  readonly ends: ReadonlyMap<number, Deferred.Deferred<Outcome>>
  open: number
  /** Whether the job was stopped before all of it was done. */
  isCutShort: boolean
}

export interface Session {
  /** The lines of a chain that are still to be done, taking it in hand if it is free; `None` when the session has ended. */
  readonly lines: (start: JobStore.Start) => Effect.Effect<Option.Option<ReadonlyArray<number>>, ClusterError>
  /** Waits for the end of a link, taking a free chain in hand; `None` when the session has ended. */
  readonly step: (start: JobStore.Start, line: number) => Effect.Effect<Option.Option<Outcome>, ClusterError>
  /** Takes chains in hand, as far as they are free; `None` when the session has ended. */
  readonly take: (starts: ReadonlyArray<JobStore.Start>) => Effect.Effect<Option.Option<undefined>, ClusterError>
  /** Stops it: nothing more is sent, calls under way may finish, the chains are laid down for others. */
  readonly drain: Effect.Effect<unknown>
  readonly ended: Effect.Effect<void>
  readonly isEnded: () => boolean
}

/** The rest of a chain, if any. */
const toDo = (
  job: Pick<JobStore.Job, "kind">,
  rows: ReadonlyArray<LinkRecord.LinkRecord>
): Option.Option<VersionPlan.Chain | VersionPlan.StackedChain> =>
  job.kind === "undo" ? LinkRecord.stackedOf(rows) : LinkRecord.leftOf(rows)

const linesOf = ({ links }: VersionPlan.Chain | VersionPlan.StackedChain): ReadonlyArray<number> =>
  links.map(({ line }) => line)

const endOf = (event: BatchEvent.BatchEvent): { readonly end: Outcome | "cut short" } | undefined => {
  switch (event._tag) {
    case "Confirmed":
    case "Undone":
      return { end: "made" }
    case "Failed":
      return { end: "left" }
    case "Skipped":
      return { end: event.why === "chain" ? "left" : "cut short" }
    case "Unknown":
      return { end: "cut short" }
    default:
      return undefined
  }
}

const linksMade = Metric.tagged(ClusterMetrics.links, "outcome", "made")
const linksLeft = Metric.tagged(ClusterMetrics.links, "outcome", "left")

export const make = (options: {
  readonly id: string
  readonly heard: JobStore.Heard
  readonly store: JobStore.Service
  readonly repository: Repository.Service
  readonly times: Times
}): Effect.Effect<Session, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { id, repository, store, times } = options
    const { job } = options.heard
    let { isAllBegun } = options.heard
    const chains = yield* Mailbox.make<VersionPlan.Chain>()
    const stacked = yield* Mailbox.make<VersionPlan.StackedChain>()
    /** The parent of the job's calls, and a child of the submission, in another process. */
    const traced = Effect.withSpan("Frameio.job", {
      parent: JobTrace.parentOf(job.traceparent),
      attributes: { "frameio.job": job.name, "frameio.job.kind": job.kind, "frameio.session": id },
      captureStackTrace: false
    })
    const stop = yield* Deferred.make<void>()
    const done = yield* Deferred.make<void>()
    const inHand = new Map<number, InHand>()
    let isEnded = false
    let isDraining = false
    const writer = yield* JobWriter.make(job.kind, (entries) => store.write(job, id, entries))

    const letGo = (chain: number): Effect.Effect<void> =>
      Effect.suspend(() => (inHand.delete(chain) ? Metric.incrementBy(ClusterMetrics.chainsInHand, -1) : Effect.void))

    const layDown = (chain: number, hand: InHand): Effect.Effect<void> =>
      // A session whose record cannot be written ends, and lays everything down that it still has.
      writer.written.pipe(
        Effect.zipRight(
          // A chain that was not laid down falls silent, and is started again.
          Effect.ensuring(store.layDown(job.id, id, [chain], hand.isCutShort ? "open" : "done"), letGo(chain))
        ),
        Effect.catchAll((error) => Effect.logWarning(`A chain of ${job.name} was not laid down`, error))
      )

    const settle = (event: BatchEvent.BatchEvent): Effect.Effect<void> =>
      Effect.suspend(() => {
        const end = endOf(event)?.end
        if (end === undefined || !("chain" in event)) return Effect.void
        const hand = inHand.get(event.chain)
        const waiting = hand?.ends.get(event.line)
        if (hand === undefined || waiting === undefined) return Effect.void
        hand.open -= 1
        if (end === "cut short") hand.isCutShort = true
        return Effect.zipRight(
          end === "cut short"
            ? Effect.void
            : Effect.zipRight(Metric.increment(end === "made" ? linksMade : linksLeft), Deferred.succeed(waiting, end)),
          hand.open === 0 ? Effect.forkDaemon(layDown(event.chain, hand)) : Effect.void
        )
      })

    const onEvent = (event: BatchEvent.BatchEvent): Effect.Effect<void, ClusterError> =>
      Effect.zipRight(writer.record(event), settle(event))

    const runner: BatchRunner.Options<ClusterError> & BatchRunner.ExtentOptions = {
      name: job.name,
      concurrency: OPEN,
      mayCome: () => !isAllBegun,
      settleAfter: Duration.millis(job.settleMillis),
      // Another worker may have had the chain until it came here.
      settleFrom: "chain",
      giveUpAfter: times.giveUpAfter,
      stop: Deferred.await(stop),
      onEvent
    }

    const events = Stream.provideService(
      job.kind === "undo"
        ? BatchRunner.undoChains(Mailbox.toStream(stacked), runner)
        : BatchRunner.runChains(Mailbox.toStream(chains), runner),
      Repository.Repository,
      repository
    )

    /** Takes no more chains, and ends once those in hand are done. */
    const close = Effect.suspend(() => {
      isDraining = true
      return Effect.zipRight(chains.end, stacked.end)
    })

    /** Takes no more chains and sends nothing more; calls under way may finish. */
    const halt = Effect.zipRight(close, Deferred.succeed(stop, undefined))

    /** Chains that were offered and never begun have no event. What was not written is looked up by whoever goes on. */
    const layDownAll = Effect.zipRight(
      Effect.ignore(writer.written),
      Effect.suspend(() => store.layDown(job.id, id, [...inHand.keys()], "open"))
    )

    const running = yield* events.pipe(
      Stream.runFold(Option.none<string>(), (stopped, event) =>
        event._tag === "Finished" ? Option.fromNullable(event.stopped) : stopped
      ),
      // Only a run with a whole record may stop the job for all: another worker may have taken over one of its chains.
      Effect.flatMap((stopped) =>
        Option.isSome(stopped) && !isDraining ? store.stop(job, stopped.value) : Effect.void
      ),
      Effect.catchAllCause((cause) =>
        Effect.logWarning(`The work on ${job.name} ended early and is begun again`, cause)
      ),
      Effect.zipRight(halt),
      Effect.zipRight(Effect.ignore(layDownAll)),
      Effect.zipRight(Effect.suspend(() => Effect.forEach([...inHand.keys()], letGo, { discard: true }))),
      Effect.ensuring(
        Effect.suspend(() => {
          isEnded = true
          return Deferred.succeed(done, undefined)
        })
      ),
      traced,
      Effect.forkScoped
    )

    const offer = (chain: VersionPlan.Chain | VersionPlan.StackedChain): Effect.Effect<void> =>
      Effect.gen(function* () {
        const ends = new Map<number, Deferred.Deferred<Outcome>>()
        for (const { line } of chain.links) ends.set(line, yield* Deferred.make<Outcome>())
        inHand.set(chain.index, { ends, open: ends.size, isCutShort: false })
        yield* Metric.increment(ClusterMetrics.chainsTaken)
        yield* Metric.increment(ClusterMetrics.chainsInHand)
        yield* "madeStack" in chain ? stacked.offer(chain) : chains.offer(chain)
      })

    const foundOf = (chain: number, begun: JobStore.Begun): Effect.Effect<Found, ClusterError> =>
      Effect.gen(function* () {
        if (inHand.has(chain)) return "in hand"
        if (isEnded || isDraining) {
          if (begun._tag === "Taken") yield* store.layDown(job.id, id, [chain], "open")
          return "session ended"
        }
        switch (begun._tag) {
          case "Taken": {
            const left = toDo(job, begun.rows)
            if (Option.isSome(left)) {
              yield* offer(left.value)
              return "in hand"
            }
            // The worker of its last link may have died before it laid the chain down.
            yield* store.layDown(job.id, id, [chain], "done")
            return "over"
          }
          case "Elsewhere":
            return "elsewhere"
          case "Over":
            return "over"
          case "Other":
            yield* halt
            return "session ended"
        }
      })

    /** Asks for chains. Uninterruptible: a chain that is marked as this session's must be in its hand. */
    const begin = (starts: ReadonlyArray<JobStore.Start>): Effect.Effect<ReadonlyMap<number, Found>, ClusterError> =>
      store.begin(job, id, starts, times.lease).pipe(
        Effect.flatMap((begun) =>
          Effect.forEach(begun, ([chain, one]) =>
            Effect.map(foundOf(chain, one), (found): readonly [number, Found] => [chain, found])
          )
        ),
        Effect.map((found) => new Map(found)),
        Effect.uninterruptible
      )

    const beginOne = (start: JobStore.Start): Effect.Effect<Found, ClusterError> =>
      Effect.map(begin([start]), (found) => found.get(start.chain) ?? "over")

    const take: Session["take"] = (starts) =>
      Effect.suspend(() => {
        if (isEnded || isDraining) return Effect.succeedNone
        return Effect.map(begin(starts), (found) =>
          [...found.values()].includes("session ended") ? Option.none() : Option.some(undefined)
        )
      })

    const lines: Session["lines"] = (start) =>
      Effect.suspend(() => {
        if (isEnded || isDraining) return Effect.succeedNone
        const hand = inHand.get(start.chain)
        if (hand !== undefined) return Effect.succeedSome([...hand.ends.keys()])
        return Effect.flatMap(beginOne(start), (found) => {
          switch (found) {
            case "in hand":
              return lines(start)
            case "elsewhere":
              return Effect.map(store.chain(job.id, start.chain), (rows) =>
                Option.some(Option.match(toDo(job, rows), { onNone: () => [], onSome: linesOf }))
              )
            case "over":
              return Effect.succeedSome([])
            case "session ended":
              return Effect.succeedNone
          }
        })
      })

    const ended = Deferred.await(done)

    const step: Session["step"] = (start, line) =>
      Effect.suspend(() => {
        if (isEnded || isDraining) return Effect.succeedNone
        const hand = inHand.get(start.chain)
        if (hand !== undefined) {
          const waiting = hand.ends.get(line)
          return waiting === undefined
            ? Effect.succeedSome<Outcome>("made")
            : Effect.raceFirst(Effect.asSome(Deferred.await(waiting)), Effect.as(ended, Option.none()))
        }
        return Effect.gen(function* () {
          const found = yield* beginOne(start)
          if (found === "session ended") return Option.none()
          if (found === "in hand") return yield* step(start, line)
          const state = yield* store.stateOf(job.id, line)
          const isMade = state === (job.kind === "undo" ? "undone" : "confirmed")
          if (isMade || state === "failed") return Option.some<Outcome>(isMade ? "made" : "left")
          if (found === "over") return Option.some<Outcome>("left")
          // The other worker goes on with it, link by link; only the engine's record waits for this.
          yield* Effect.sleep(times.lease)
          return yield* step(start, line)
        })
      })

    const heard = Effect.suspend(() => store.beat(job.id, id, [...inHand.keys()]))
    const beat = Effect.flatMap(heard, (now) => {
      isAllBegun = now.isAllBegun
      if (now.job.state === "done") return close
      return now.job.state === "running" && now.job.kind === job.kind ? Effect.void : halt
    })
    yield* beat.pipe(
      // A job that was deleted.
      Effect.catchIf(
        ({ reason }) => reason === "NoJob",
        () => halt
      ),
      Effect.catchAll((error) => Effect.logWarning(`${job.name} was not heard of`, error)),
      Effect.repeat(Schedule.spaced(times.beat)),
      Effect.forkScoped
    )

    return {
      lines,
      step,
      take,
      ended,
      isEnded: () => isEnded,
      drain: Effect.zipRight(halt, Fiber.await(running))
    }
  })
