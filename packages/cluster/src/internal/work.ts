/**
 * A worker over any engine and any store: it looks for chains to start, and carries out those that the engine gives it.
 */
import type { WorkflowEngine } from "@effect/workflow/WorkflowEngine"
import * as PlanCheck from "@effect-frameio/batch/PlanCheck"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Accounts from "../Accounts.js"
import * as ChainWorkflow from "../ChainWorkflow.js"
import * as ClusterMetrics from "../ClusterMetrics.js"
import * as JobStore from "../JobStore.js"
import type * as Worker from "../Worker.js"
import * as Hands from "./hands.js"
import * as Times from "./times.js"

/** In ms: a worker is not ready after so long a silence from PostgreSQL. */
const SILENCE = 10_000

/** How many chains are handed to the engine side by side. */
const HANDED = 16

/**
 * A worker over the given engine and store. It lays its chains down before the engine goes.
 */
export const make = (
  id: string,
  times: Times.Times
): Effect.Effect<Worker.Service, never, Accounts.Accounts | JobStore.JobStore | WorkflowEngine | Scope.Scope> =>
  Effect.gen(function* () {
    const accounts = yield* Accounts.Accounts
    const store = yield* JobStore.JobStore
    const context = yield* Layer.build(
      Layer.provideMerge(ChainWorkflow.layer, Layer.scoped(Hands.Hands, Hands.make(id, times)))
    )
    const hands = Context.get(context, Hands.Hands)
    const scope = yield* Effect.scope
    let isDraining = false
    /** Jobs whose account is unknown here. */
    const told = new Set<number>()
    let heardAt: number | undefined

    // Closed before the engine: chains that were laid down go to others with the engine's shards.
    yield* Effect.addFinalizer(() =>
      Effect.suspend(() => {
        isDraining = true
        return hands.drain
      })
    )

    /** Jobs whose ids this worker looks up. */
    const checking = new Set<number>()

    /** Looks up all ids of a job, so that it stops before its first request where one is not there. */
    const lookUp = (job: JobStore.Job, repository: Repository.Service) =>
      PlanCheck.missing(store.left(job.id)).pipe(
        Effect.provideService(Repository.Repository, repository),
        Effect.flatMap((missing) =>
          missing.length === 0 ? store.checked(job.id) : store.stop(job, PlanCheck.describe(missing))
        ),
        Effect.catchAll((error) =>
          error._tag !== "ClusterError" && FrameioError.kindOf(error) === "account"
            ? store.stop(job, error.message)
            : Effect.zipRight(
                Effect.logWarning(`The ids of ${job.name} could not be looked up`, error),
                Effect.sleep(times.lease)
              )
        ),
        Effect.ignore,
        Effect.ensuring(Effect.sync(() => checking.delete(job.id)))
      )

    /** Stops a job before its first request if the API has no call for some of its lines; answers whether it may begin. */
    const isDoable = (job: JobStore.Job, { abilities }: Repository.Service) =>
      Effect.gen(function* () {
        const lines = yield* store.reorders(job.id)
        yield* lines.length === 0
          ? store.checked(job.id)
          : store.stop(job, PlanCheck.describeReorders(abilities.api, lines))
        return lines.length === 0
      })

    /** Whether chains of a job may be started: ids of v2 need not be those of V4, and V4 can do more. */
    const isReadyToStart = (job: JobStore.Job, { api, repository }: Accounts.Opened) =>
      Effect.gen(function* () {
        if (job.kind === "undo" || job.isChecked) return true
        if (api === "v2") return yield* isDoable(job, repository)
        const isMine = yield* store.claimCheck(job.id, id, times.lease)
        if (!isMine || checking.has(job.id)) return false
        checking.add(job.id)
        yield* Effect.forkIn(lookUp(job, repository), scope)
        return false
      })

    const startOf = (job: JobStore.Job) =>
      Effect.gen(function* () {
        const { gone, reconnect, stalled, unheld } = times
        const starts = yield* store.start(job.id, { open: Times.OPEN, stalled, unheld, gone, reconnect })
        const [again, fresh] = Arr.partition(starts, ({ how }) => how === "new")
        const halted = again.filter(({ how }) => how === "stalled").length
        if (halted > 0) {
          yield* Metric.incrementBy(ClusterMetrics.chainsRestarted, halted)
          yield* Effect.logWarning(`${halted} chains of ${job.name} had stalled and are started again`)
        }
        // The engine may be what has stalled: this worker takes them in hand itself, and whoever finds them without it does
        // the same. A workflow that comes back finds in the tables that its start is over.
        yield* hands.take(job.id, again)
        yield* Effect.forEach(
          fresh,
          (start) =>
            ChainWorkflow.Chain.execute(
              { job: start.job, chain: start.chain, generation: start.generation },
              { discard: true }
            ).pipe(
              // The engine waits as long as it takes for a shard whose lock a frozen worker has.
              Effect.disconnect,
              Effect.timeout(times.engine),
              // Whether the engine was told is unknown: one that was finds the chain in a worker's hand.
              Effect.catchAllCause(() => hands.take(job.id, [start]))
            ),
          { concurrency: HANDED, discard: true }
        )
      })

    /** Jobs that this worker is handing over. */
    const busy = new Set<number>()

    const handOver = (job: JobStore.Job) =>
      Hands.repositoryOf({ accounts, store }, job).pipe(
        Effect.flatMap((opened) => {
          told.delete(job.id)
          return Effect.if(isReadyToStart(job, opened), { onTrue: () => startOf(job), onFalse: () => Effect.void })
        }),
        Effect.catchTag("UnknownAccount", (error) => {
          if (told.has(job.id)) return Effect.void
          told.add(job.id)
          return Effect.logWarning(`${job.name} waits. ${error.message}`)
        }),
        Effect.catchAllCause((cause) => Effect.logWarning(`${job.name} could not be looked after`, cause)),
        Effect.ensuring(Effect.sync(() => busy.delete(job.id)))
      )

    const tick = Effect.gen(function* () {
      const jobs = yield* store.running
      heardAt = yield* Clock.currentTimeMillis
      // Side by side: a small job does not wait while the chains of a large one are handed over.
      for (const job of jobs) {
        if (busy.has(job.id)) continue
        busy.add(job.id)
        yield* Effect.forkIn(handOver(job), scope)
      }
      if (jobs.length > 0) yield* store.finish
    }).pipe(Effect.catchAllCause((cause) => Effect.logWarning("Could not look for work", cause)))
    yield* tick.pipe(Effect.withTracerEnabled(false), Effect.repeat(Schedule.spaced(times.tick)), Effect.forkScoped)

    return {
      id,
      isReady: Effect.map(
        Clock.currentTimeMillis,
        (now) => !isDraining && heardAt !== undefined && now - heardAt < SILENCE
      )
    }
  }).pipe(Effect.annotateLogs("worker", id))
