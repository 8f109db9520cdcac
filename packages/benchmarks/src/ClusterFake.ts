/**
 * The fake Frame.io of the benchmark of clusters, in a process of its own: creates the files of a job, writes its plan,
 * says when all of it is stacked, and finally judges what it saw.
 *
 * @since 0.1.0
 */
import { type ChildProcess, fork } from "node:child_process"
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import * as FakeFrameioServer from "@effect-frameio/testing/FakeFrameioServer"
import * as FaultPlan from "@effect-frameio/testing/FaultPlan"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import * as Seed from "@effect-frameio/testing/Seed"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * The files of one job.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job {
  readonly name: string
  /** The owner; a user is added for an unknown token. */
  readonly token: string
  readonly chains: number
  /** In all. */
  readonly links: number
  /** Where to write the plan. */
  readonly plan: string
}

/**
 * What the server saw of one job.
 *
 * @since 0.1.0
 * @category models
 */
export interface Seen {
  /** Version calls, refused ones included. */
  readonly requests: number
  /** Answered 429. */
  readonly refused: number
  /** Calls that put a version on a stack. */
  readonly applied: number
  /** Calls about a version that was in place already. */
  readonly again: number
  /** Stacks with each version once, in order. */
  readonly right: number
  /** From the first call to the last version in place, in ms. */
  readonly millis: number
  /** The longest time between two versions in place, in ms. */
  readonly pauseMillis: number
}

interface Options {
  /** Version calls per second. */
  readonly limit: number
  /** How long each answer takes, in ms. */
  readonly latencyMillis: number
}

type ToFake = { readonly seed: Job } | { readonly look: string }
type FromFake =
  | { readonly listening: string }
  | { readonly seeded: string }
  | { readonly stacked: string }
  | { readonly seen: Seen }

/** How often it checks whether a job is stacked, in ms. */
const LOOK_MILLIS = 10

interface Seeded {
  readonly shots: Seed.Shots["shots"]
  readonly nextIds: ReadonlySet<string>
  /** The stacks before this one are complete. */
  whole: number
}

const isSame = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  one.length === other.length && one.every((id, index) => other[index] === id)

/**
 * The work of the forked process; never ends.
 *
 * @since 0.1.0
 * @category processes
 */
export const serve = ({ latencyMillis, limit }: Options): Effect.Effect<never> =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameioServer.make({
      limits: { "assets.version": RateLimiter.perSecond(limit), "*": RateLimiter.perSecond(1000) },
      faults: FaultPlan.latency({ millis: latencyMillis }),
      payload: "slim",
      journal: Number.POSITIVE_INFINITY
    })
    const { world } = fake
    const jobs = new Map<string, Seeded>()
    const tell = (message: FromFake): void => {
      process.send?.(message)
    }
    const versionsOf = (first: string | undefined): ReadonlyArray<string> => world.stackOf(first ?? "")?.versions ?? []

    const seed = ({ chains, links, name, plan, token }: Job): void => {
      if (world.userOf(token) === undefined) world.addUser({ tokens: [token] })
      const seeded = Seed.shots(world, { shots: chains, versions: links / chains + 1 })
      const pairs = Seed.pairs(seeded)
      const lines = pairs.map(({ assetId, nextAssetId }) => `${assetId},${nextAssetId}`)
      Fs.writeFileSync(plan, ["asset_id,next_asset_id", ...lines, ""].join("\n"))
      jobs.set(name, {
        shots: seeded.shots,
        nextIds: new Set(pairs.map(({ nextAssetId }) => nextAssetId)),
        whole: 0
      })
      tell({ seeded: name })
    }

    const look = (name: string): void => {
      const job = jobs.get(name)
      const calls = fake.journal
        .of("assets.version")
        .filter(({ assetIds }) => assetIds.some((id) => job?.nextIds.has(id) === true))
      const applied = calls.filter((call) => call.applied)
      tell({
        seen: {
          requests: calls.length,
          refused: calls.filter(({ status }) => status === 429).length,
          applied: applied.length,
          again: calls.filter(({ refusal }) => refusal === "NextInStack").length,
          right: (job?.shots ?? []).filter(({ versions }) => isSame(versions, versionsOf(versions[0]))).length,
          millis: (applied.at(-1)?.atMillis ?? Number.NaN) - (calls[0]?.atMillis ?? Number.NaN),
          pauseMillis: applied.reduce(
            (longest, { atMillis }, n) => Math.max(longest, atMillis - (applied[n - 1]?.atMillis ?? atMillis)),
            0
          )
        }
      })
    }

    setInterval(() => {
      for (const [name, job] of jobs) {
        const before = job.whole
        for (;;) {
          const shot = job.shots[job.whole]
          if (shot === undefined || versionsOf(shot.versions[0]).length < shot.versions.length) break
          job.whole++
        }
        if (job.whole > before && job.whole === job.shots.length) tell({ stacked: name })
      }
    }, LOOK_MILLIS)
    process.on("message", (message: ToFake) => ("seed" in message ? seed(message.seed) : look(message.look)))
    tell({ listening: fake.baseUrl })
    return yield* Effect.never
  }).pipe(Effect.scoped, Effect.orDie)

/**
 * A fake that listens.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClusterFake {
  readonly baseUrl: string
  /** Adds the files of a job, and writes its plan. */
  readonly seed: (job: Job) => Effect.Effect<void>
  /** Waits until all of a job is stacked. */
  readonly stacked: (job: string) => Effect.Effect<void>
  readonly look: (job: string) => Effect.Effect<Seen>
}

/**
 * Starts one, until the scope closes.
 *
 * @since 0.1.0
 * @category processes
 */
export const start = (program: URL, options: Options): Effect.Effect<ClusterFake, never, Scope.Scope> =>
  Effect.gen(function* () {
    const child: ChildProcess = yield* Effect.acquireRelease(
      Effect.sync(() => fork(fileURLToPath(program), ["--fake", JSON.stringify(options)])),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const stacked = new Set<string>()
    child.on("message", (message: FromFake) => {
      if ("stacked" in message) stacked.add(message.stacked)
    })
    const when = <A>(pick: (message: FromFake) => A | undefined): Effect.Effect<A> =>
      Effect.async((resume) => {
        const onMessage = (message: FromFake): void => {
          const picked = pick(message)
          if (picked === undefined) return
          child.off("message", onMessage)
          resume(Effect.succeed(picked))
        }
        child.on("message", onMessage)
        return Effect.sync(() => child.off("message", onMessage))
      })
    const ask = <A>(message: ToFake, pick: (message: FromFake) => A | undefined): Effect.Effect<A> =>
      Effect.zipRight(
        Effect.sync(() => child.send(message)),
        when(pick)
      )
    const baseUrl = yield* when((message) => ("listening" in message ? message.listening : undefined))
    return {
      baseUrl,
      seed: (job) => Effect.asVoid(ask({ seed: job }, (message) => ("seeded" in message ? message.seeded : undefined))),
      stacked: (job) =>
        Effect.suspend(() =>
          stacked.has(job)
            ? Effect.void
            : Effect.asVoid(when((message) => ("stacked" in message && message.stacked === job ? true : undefined)))
        ),
      look: (job) => ask({ look: job }, (message) => ("seen" in message ? message.seen : undefined))
    }
  })
