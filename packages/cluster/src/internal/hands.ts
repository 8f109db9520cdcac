/**
 * The chains that one worker has in hand, job by job.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Accounts from "../Accounts.js"
import type { ClusterError } from "../ClusterError.js"
import * as JobStore from "../JobStore.js"
import * as Session from "./session.js"
import * as Words from "./sqlWords.js"
import type { Times } from "./times.js"
import * as WorkerName from "./workerName.js"

export interface Service {
  /** The lines of a chain that are still to be done; takes the chain in hand if it is free. */
  readonly lines: (start: JobStore.Start) => Effect.Effect<ReadonlyArray<number>>
  /** Waits for the end of a link; never ends on a worker that shuts down, because another goes on. */
  readonly step: (start: JobStore.Start, line: number) => Effect.Effect<Session.Outcome>
  /** Takes chains of a job in hand without the engine; returns at once. */
  readonly take: (job: number, starts: ReadonlyArray<JobStore.Start>) => Effect.Effect<void>
  /** Lays all chains down; calls under way may finish. */
  readonly drain: Effect.Effect<void>
}

export class Hands extends Context.Tag("@effect-frameio/cluster/internal/hands")<Hands, Service>() {}

/** Tries again until PostgreSQL answers. */
const persistently = <A>(effect: Effect.Effect<A, ClusterError>): Effect.Effect<A> =>
  effect.pipe(
    Effect.retry({ while: ({ reason }) => reason === "Away", schedule: Words.patiently("365 days") }),
    Effect.orDie,
    Effect.interruptible
  )

/** The repository over the job's version of the API, which the first worker finds out and writes down. */
export const repositoryOf = (
  { accounts, store }: { readonly accounts: Accounts.Service; readonly store: JobStore.Service },
  job: JobStore.Job
): Effect.Effect<Accounts.Opened, Accounts.UnknownAccount | ClusterError> =>
  Effect.gen(function* () {
    const found = yield* accounts.repository(job.account, job.api)
    const api = job.api ?? (yield* store.speaks(job.id, found.api))
    return api === found.api ? found : yield* accounts.repository(job.account, api)
  })

export const make = (
  worker: string,
  times: Times
): Effect.Effect<Service, never, JobStore.JobStore | Accounts.Accounts | Scope.Scope> =>
  Effect.gen(function* () {
    const store = yield* JobStore.JobStore
    const accounts = yield* Accounts.Accounts
    const scope = yield* Effect.scope
    const sessions = new Map<number, Session.Session>()
    const opening = yield* Effect.makeSemaphore(1)
    let isDraining = false

    // A session outlives the activity that opens it, which is interrupted when its shard moves.
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())

    const session = (id: number) => Effect.suspend(() => Fiber.join(runFork(open(id))))

    const open = (id: number): Effect.Effect<Option.Option<Session.Session>, ClusterError> =>
      Effect.gen(function* () {
        const known = sessions.get(id)
        if (known !== undefined && !known.isEnded()) return Option.some(known)
        const heard = yield* store.beat(id, "", [])
        const { job } = heard
        if (job.state !== "running") return Option.none()
        const repository = yield* repositoryOf({ accounts, store }, job).pipe(
          Effect.map(({ repository }) => repository),
          Effect.asSome,
          Effect.catchTag("UnknownAccount", (error) => Effect.as(Effect.logWarning(error.message), Option.none()))
        )
        if (Option.isNone(repository)) return Option.none()
        const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
        const session = yield* Session.make({
          id: WorkerName.ofSession(worker),
          heard,
          store,
          repository: repository.value,
          times
        }).pipe(Scope.extend(own))
        sessions.set(id, session)
        const forget = Effect.sync(() => {
          if (sessions.get(id) === session) sessions.delete(id)
        })
        yield* Effect.forkIn(Effect.all([session.ended, forget, Scope.close(own, Exit.void)], { discard: true }), scope)
        return Option.some(session)
      }).pipe(opening.withPermits(1))

    /** Asks the job's session, and the next one if it ends meanwhile; never answers on a worker that shuts down. */
    const within = <A>(
      job: number,
      use: (session: Session.Session) => Effect.Effect<Option.Option<A>, ClusterError>,
      otherwise: A
    ): Effect.Effect<A, ClusterError> =>
      Effect.gen(function* () {
        while (!isDraining) {
          const open = yield* session(job)
          if (Option.isNone(open)) return otherwise
          const answer = yield* use(open.value)
          if (Option.isSome(answer)) return answer.value
          yield* Effect.sleep(times.tick)
        }
        return yield* Effect.never
      })

    return {
      lines: (start) => persistently(within(start.job, (session) => session.lines(start), [])),
      step: (start, line) => persistently(within(start.job, (session) => session.step(start, line), "left")),
      take: (job, starts) =>
        starts.length === 0
          ? Effect.void
          : Effect.forkIn(persistently(within(job, (session) => session.take(starts), undefined)), scope),
      drain: Effect.suspend(() => {
        isDraining = true
        return Effect.forEach(sessions.values(), (session) => session.drain, {
          concurrency: "unbounded",
          discard: true
        })
      })
    }
  })
