/**
 * Versions put on a file or a stack through the repository, over either API: by as few requests of the tighter budget as
 * possible, each made exactly once, with the order proved. A repetition after a failure sends only what is missing.
 *
 * @since 0.1.0
 */
import { type AssetId, AssetUuid, sameId } from "@effect-frameio/core/Asset"
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import * as RateLimitCall from "@effect-frameio/ratelimit/RateLimitCall"
import * as RateLimitJob from "@effect-frameio/ratelimit/RateLimitJob"
import * as Arr from "effect/Array"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ExactlyOnce from "./ExactlyOnce.js"
import * as Repository from "./Repository.js"
import * as StackSteps from "./StackSteps.js"
import {
  AlreadyElsewhere,
  NotInStack,
  type NotMade,
  NotOnTop,
  type OutcomeUnknown,
  WithoutContent
} from "./VersionStackError.js"

/**
 * Errors of building a stack.
 *
 * @since 0.1.0
 * @category errors
 */
export type StackBuildError =
  | FrameioError.WriteError
  | FrameioError.ListIncomplete
  | AlreadyElsewhere
  | NotInStack
  | NotMade
  | NotOnTop
  | OutcomeUnknown
  | WithoutContent

/**
 * The files for one stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Chain {
  /** A file, a stack, or a version, which means its stack. An Adobe id costs one read more, like one of `files`. */
  readonly onto: AssetId
  /** The oldest first. */
  readonly files: ReadonlyArray<AssetId>
}

/**
 * A stack that was built.
 *
 * @since 0.1.0
 * @category models
 */
export interface Built {
  readonly stackId: AssetId
  /** The stack as it was read or answered last, with the newest version proved. */
  readonly stack: Repository.Stack
  /** The added versions, oldest first, without those that were there already. */
  readonly added: ReadonlyArray<AssetId>
}

/**
 * The options of {@link build} and {@link buildAll}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** How often a request may be sent, at least 1. Default 5. */
  readonly attempts?: number | undefined
  /** How long after a lost answer a change can still be made. Default 30 seconds. */
  readonly settleAfter?: Duration.DurationInput | undefined
  /** The folder of a file, if a listing has shown it, which spares its reading. */
  readonly parentOf?: ((file: AssetId) => AssetId | undefined) | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @internal
 */
export const defaults = { attempts: 5, settleAfter: "30 seconds" } as const

type Look = Effect.Effect<boolean, AlreadyElsewhere | FrameioError.ListError>

const locate = (repository: Repository.Service, id: AssetId) =>
  Effect.provideService(Repository.locate(id), Repository.Repository, repository)

const isUuid = Schema.is(AssetUuid)

/** The id that answers tell: V4 takes an Adobe id as well, and never answers with it. */
const uuidOf = (repository: Repository.Service, id: AssetId): Effect.Effect<AssetId, FrameioError.ReadError> =>
  isUuid(id) ? Effect.succeed(id) : Effect.map(repository.get(id), (item) => item.id)

/** Whether a file is in a folder or on a stack; fails if it is on another stack. */
const isIn =
  (repository: Repository.Service) =>
  (file: AssetId, holder: AssetId, wanted: AssetId): Look =>
    Effect.flatMap(locate(repository, file), (location): Look => {
      if (location._tag === "Member" && !sameId(location.stack.id, holder)) {
        return Effect.fail(new AlreadyElsewhere({ assetId: file, stackId: location.stack.id, wanted }))
      }
      const parentId = location._tag === "Member" || location._tag === "File" ? location.file.parentId : undefined
      return Effect.succeed(parentId !== undefined && sameId(parentId, holder))
    })

/** Whether the new stack is there; fails if there is somebody else's instead. */
const isMade = (
  repository: Repository.Service,
  wanted: ReadonlyArray<AssetId>,
  onto: AssetId,
  /** Whether part of it may be all that can be seen of it yet. */
  mayBePart: boolean
): Look =>
  Effect.gen(function* () {
    const location = yield* locate(repository, onto)
    if (location._tag !== "Member") return false
    const { files } = yield* repository.versions(location.stack)
    const are = files.filter(({ id }) => wanted.some((one) => sameId(one, id))).length
    if (are === wanted.length && files.length === wanted.length) return true
    if (mayBePart && are === files.length) return false
    return yield* new AlreadyElsewhere({ assetId: onto, stackId: location.stack.id, wanted: onto })
  })

const changes =
  (options: Options | undefined) =>
  <A>(
    endpoint: string,
    assetIds: ReadonlyArray<AssetId>,
    send: Effect.Effect<A, FrameioError.WriteError>,
    look: Look,
    /** The same after a refusal. */
    refused: Look = look
  ): Effect.Effect<Option.Option<A>, StackBuildError> =>
    Effect.flatMap(
      ExactlyOnce.make<A, AlreadyElsewhere, never>(
        {
          endpoint,
          assetIds: () => assetIds,
          send: Effect.match(send, {
            onFailure: (error) => ({ _tag: "Faulted", error }) as const,
            onSuccess: (answer) => ({ _tag: "Answered", answer }) as const
          }),
          // The stack itself, read at the end, proves the order.
          proves: () => true,
          look,
          refused: Effect.map(refused, (is) => (is ? "already" : "refused"))
        },
        {
          attempts: options?.attempts ?? defaults.attempts,
          settleAfter: Duration.decode(options?.settleAfter ?? defaults.settleAfter)
        }
      ),
      (end): Effect.Effect<Option.Option<A>, StackBuildError> => {
        switch (end._tag) {
          case "Made":
            return Effect.succeed(Option.fromNullable(end.answer))
          case "Failed":
            return Effect.fail(end.error)
          case "NotSent":
          case "Unknown":
            return Effect.dieMessage(`${endpoint} was stopped, though nobody could`)
        }
      }
    )

/** The stack, if an answer is one with this version on top. */
const withTop = (item: Repository.Item, top: AssetId): Repository.Stack | undefined =>
  item._tag === "Stack" && item.newest !== undefined && sameId(item.newest, top) ? item : undefined

/** The first pause in ms between looks that may show what was; each further one is twice as long. */
const FIRST_MILLIS = 1000

/**
 * The stack; fails if its newest version is another than `top`. One that was the newest `before` may be all that shows
 * yet.
 */
const prove = (
  repository: Repository.Service,
  stackId: AssetId,
  top: AssetId,
  before: ReadonlyArray<AssetId>,
  settleMillis: number
): Effect.Effect<Repository.Stack, FrameioError.ReadError | NotOnTop> =>
  Effect.gen(function* () {
    for (let waited = 0, pause = FIRST_MILLIS; ; waited += pause, pause *= 2) {
      const item = yield* repository.get(stackId)
      const proved = withTop(item, top)
      if (proved !== undefined) return proved
      const newest = item._tag === "Stack" ? item.newest : undefined
      if (waited >= settleMillis || !before.some((id) => newest === undefined || sameId(id, newest))) {
        return yield* new NotOnTop({ assetId: top, stackId, ...(newest === undefined ? {} : { newest }) })
      }
      yield* Effect.sleep(Duration.millis(pause))
    }
  })

/**
 * Puts files on top of a file or of a stack, the oldest first.
 *
 * The order is proved at the end, and after the first file that goes onto a stack by itself, which shows where Frame.io
 * puts such files.
 *
 * @example
 * ```ts
 * const { added, stackId } = yield* StackBuild.build({ onto: shot, files: [take2, take3] })
 * ```
 *
 * @since 0.1.0
 * @category building
 */
export const build = (chain: Chain, options?: Options): Effect.Effect<Built, StackBuildError, Repository.Repository> =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const onto = yield* uuidOf(repository, chain.onto)
    const files = yield* Effect.forEach(chain.files, (id) => uuidOf(repository, id), { concurrency: "unbounded" })
    const { abilities } = repository
    const { endpoints } = abilities
    const change = changes(options)
    const settleMillis = Duration.toMillis(options?.settleAfter ?? defaults.settleAfter)
    const isPlaced = isIn(repository)

    const location = yield* locate(repository, onto)
    if (location._tag === "Folder" || location._tag === "Other") {
      return yield* new NotInStack({ assetId: onto, kind: location._tag.toLowerCase() })
    }
    const grown = location._tag === "File" ? undefined : location.stack
    const present = grown === undefined ? [] : (yield* repository.versions(grown)).files
    const added = Arr.dedupeWith(files, sameId).filter((file) => !present.some((one) => sameId(one.id, file)))

    const hasContent = ({ arrived, id }: Repository.File): Effect.Effect<void, WithoutContent> =>
      arrived === false && !abilities.blind ? new WithoutContent({ assetId: id }) : Effect.void

    if (location._tag === "File") yield* hasContent(location.file)

    /** Fails for a version of another stack, which the API might move. */
    const whereIs = (id: AssetId): Effect.Effect<StackSteps.Next, StackBuildError> => {
      const parentId = options?.parentOf?.(id)
      if (parentId !== undefined) return Effect.succeed({ id, parentId })
      return Effect.flatMap(
        locate(repository, id),
        (found): Effect.Effect<StackSteps.Next, AlreadyElsewhere | WithoutContent> => {
          if (found._tag === "Member") {
            return new AlreadyElsewhere({ assetId: id, stackId: found.stack.id, wanted: grown?.id ?? onto })
          }
          if (found._tag !== "File") return Effect.succeed({ id, parentId: undefined })
          return Effect.as(hasContent(found.file), { id, parentId: found.file.parentId })
        }
      )
    }
    const next = yield* Effect.forEach(added, whereIs, { concurrency: "unbounded" })

    const grow = (stackId: AssetId, file: AssetId) =>
      change(endpoints.grow, [stackId, file], repository.grow({ stackId, file }), isPlaced(file, stackId, stackId))

    /** Grows the stack by the rest of a chain. `top` must be on top of it before. */
    const growAll = (
      stackId: AssetId,
      [first, ...rest]: Arr.NonEmptyReadonlyArray<AssetId>,
      top: AssetId | undefined
    ): Effect.Effect<Built, StackBuildError> =>
      Effect.gen(function* () {
        const before = top === undefined ? [] : [top]
        yield* grow(stackId, first)
        if (rest.length > 0) yield* prove(repository, stackId, first, before, settleMillis)
        for (const file of rest) yield* grow(stackId, file)
        const shown = [...before, onto, first, ...rest]
        const stack = yield* prove(repository, stackId, rest.at(-1) ?? first, shown, settleMillis)
        return { stackId, stack, added }
      })

    if (location._tag !== "File") {
      const { stack } = location
      return Arr.isNonEmptyReadonlyArray(added)
        ? yield* growAll(stack.id, added, stack.newest)
        : { stackId: stack.id, stack, added }
    }

    const folderId = location.file.parentId ?? onto
    const steps = StackSteps.steps({ _tag: "File", id: onto, folderId }, next, abilities)
    yield* Effect.forEach(
      steps,
      (step) =>
        step._tag === "Gather"
          ? Effect.asVoid(
              change(
                endpoints.move,
                [step.file],
                repository.move({ file: step.file, folderId }),
                isPlaced(step.file, folderId, onto)
              )
            )
          : Effect.void,
      { concurrency: "unbounded", discard: true }
    )
    const make = steps.find((step) => step._tag === "Make")
    if (make === undefined) return yield* new NotInStack({ assetId: onto, kind: "file" })
    const made = make.files
    const named = yield* change(
      endpoints.stack,
      [onto, ...made],
      repository.stack({ onto: location.file, files: made }),
      isMade(repository, [onto, ...made], onto, true),
      isMade(repository, [onto, ...made], onto, false)
    )
    const isNamed = (item: Repository.Item): item is Repository.Stack => item._tag === "Stack"
    const stack = yield* Option.match(Option.filter(named, isNamed), {
      onNone: () =>
        Effect.flatMap(
          locate(repository, onto),
          (found): Effect.Effect<Repository.Stack, NotInStack> =>
            found._tag === "Member"
              ? Effect.succeed(found.stack)
              : new NotInStack({ assetId: onto, kind: found._tag.toLowerCase() })
        ),
      onSome: Effect.succeed
    })
    const top = Arr.lastNonEmpty(made)
    const rest = steps.flatMap((step) => (step._tag === "Grow" ? [step.file] : []))
    if (Arr.isNonEmptyReadonlyArray(rest)) return yield* growAll(stack.id, rest, top)
    const proved = withTop(stack, top) ?? (yield* prove(repository, stack.id, top, [onto, ...made], settleMillis))
    return { stackId: proved.id, stack: proved, added }
  })

/**
 * The outcome of one chain of {@link buildAll}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Outcome {
  readonly onto: AssetId
  readonly built: Either.Either<Built, StackBuildError>
}

/** A job takes as long as the limits make it. */
const HOWEVER_LONG = Duration.days(365)

/** Lets simultaneous callers go on in the order of their numbers; the waiters for one shared read wake in reverse. */
const inTurn = (): ((number: number) => Effect.Effect<void>) => {
  let together: Array<{ readonly number: number; readonly turn: Deferred.Deferred<void> }> = []
  const release = Effect.sync(() => {
    const all = together.sort((a, b) => a.number - b.number)
    together = []
    for (const { turn } of all) Deferred.unsafeDone(turn, Effect.void)
  })
  return (number) =>
    Effect.gen(function* () {
      const turn = yield* Deferred.make<void>()
      together.push({ number, turn })
      if (together.length === 1) yield* Effect.fork(Effect.zipRight(Effect.yieldNow(), release))
      yield* Deferred.await(turn)
    })
}

/** The most requests that a chain can take, before anything was read. */
const expected = (
  { files, onto }: Chain,
  { routes, ...abilities }: Repository.Abilities,
  parentOf: Options["parentOf"]
): ReadonlyMap<string, number> => {
  const folderId = parentOf?.(onto) ?? onto
  const next = files.map((id) => ({ id, parentId: parentOf?.(id) ?? folderId }))
  return StackSteps.requests(StackSteps.steps({ _tag: "File", id: onto, folderId }, next, abilities), routes)
}

/**
 * Builds many stacks side by side; the outcomes are in the order of the chains. The longest chains begin, because versions
 * go on top one by one; a failure ends its own chain only. The scheduler hears the number of requests at the start. Requests
 * wait as long as the rate limit takes, unless the caller has set a `RateLimitCall.withMaxWait`.
 *
 * @since 0.1.0
 * @category building
 */
export const buildAll = (
  chains: ReadonlyArray<Chain>,
  options?: Options
): Effect.Effect<ReadonlyArray<Outcome>, never, Repository.Repository> =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const { routes } = repository.abilities
    const order = chains
      .map((chain, index) => ({
        chain,
        index,
        left: new Map(expected(chain, repository.abilities, options?.parentOf))
      }))
      .sort((a, b) => b.chain.files.length - a.chain.files.length)
    const jobs = new Map<string, RateLimitJob.RateLimitJob>()
    for (const route of new Set([routes.stack, routes.grow, routes.move])) {
      const remaining = order.reduce((sum, { left }) => sum + (left.get(route) ?? 0), 0)
      jobs.set(route, yield* RateLimitJob.make({ name: "stacks", remaining }))
    }

    const turn = inTurn()

    const buildOne = ({ chain, index, left }: (typeof order)[number], number: number) => {
      const under = <A, E, R>(route: string, change: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
        const job = jobs.get(route)
        if (job === undefined) return change
        return Effect.suspend(() => {
          left.set(route, Math.max(0, (left.get(route) ?? 0) - 1))
          return Effect.zipRight(turn(number), RateLimitCall.withJob(change, job))
        })
      }
      const counted: Repository.Service = {
        ...repository,
        stack: (args) => under(routes.stack, repository.stack(args)),
        grow: (args) => under(routes.grow, repository.grow(args)),
        move: (args) => under(routes.move, repository.move(args))
      }
      return build(chain, options).pipe(
        Effect.provideService(Repository.Repository, counted),
        Effect.either,
        // Requests that proved needless, or were kept back, will not come any more.
        Effect.tap(() =>
          Effect.sync(() => {
            for (const [route, job] of jobs) job.setRemaining(job.remaining() - (left.get(route) ?? 0))
          })
        ),
        Effect.map((built) => ({ index, outcome: { onto: chain.onto, built } }))
      )
    }

    const { maxWaitMillis = Duration.toMillis(HOWEVER_LONG) } = yield* RateLimitCall.Current
    const outcomes = yield* Effect.forEach(order, buildOne, { concurrency: "unbounded" }).pipe(
      RateLimitCall.withMaxWait(maxWaitMillis)
    )
    return outcomes.sort((a, b) => a.index - b.index).map(({ outcome }) => outcome)
  }).pipe(Effect.scoped)
