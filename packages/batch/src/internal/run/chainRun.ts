/**
 * Runs one chain step by step: which request comes next, what an answer means, and what to do when none came.
 *
 * It does not know where a job's state is kept: it asks through `Calls`, tells through `emit`, and obeys `Halt`.
 */
import { type AssetId, sameId } from "@effect-frameio/core/Asset"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type * as ExactlyOnce from "@effect-frameio/stacks/ExactlyOnce"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as StackTarget from "@effect-frameio/stacks/StackTarget"
import {
  AlreadyElsewhere,
  NotInStack,
  NotOnTop,
  OutcomeUnknown,
  WithoutContent
} from "@effect-frameio/stacks/VersionStackError"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as BatchEstimate from "../../BatchEstimate.js"
import { type LinkError, MovedSince, TargetChanged } from "../../LinkError.js"
import type { Chain, Expected, Link } from "../../VersionPlan.js"
import { orderIn } from "../plan/planRules.js"
import * as StackOrder from "../plan/stackOrder.js"
import * as BrokenRule from "./brokenRule.js"
import { base, type End, FIRST_LOOK_MILLIS, inOrder, isOpen, type Links, type Tools, untouched } from "./links.js"
import * as Reorder from "./reorder.js"
import * as ShareSwap from "./shareSwap.js"

/** Why a link can fail before it is sent. */
type Found = FrameioError.ListError | AlreadyElsewhere | NotInStack | WithoutContent | TargetChanged | MovedSince

/** The longest pause in ms between two looks for the content of a file. */
const LONGEST_LOOK_MILLIS = 30_000

/** A place from which a file can go onto the stack, or on it. */
type FreePlace = Exclude<StackTarget.Place, { readonly _tag: "Elsewhere" }>

/** @internal */
export const runChain = (chain: Chain, tools: Tools, options: { readonly lookFirst: boolean }): Effect.Effect<void> => {
  const { calls, emit, halt, jobs, repository } = tools
  const { abilities } = repository
  const { resumed } = chain
  const folderId = chain.expected?.folderId
  /** Whether the step has sent a change: only then does it still read once the job is stopped. */
  let sent = false
  const read = <A>(request: Effect.Effect<A, FrameioError.ListError>) => Effect.suspend(() => calls.read(request, sent))
  const get = (id: AssetId) => read(repository.get(id))
  const target = StackTarget.make({
    id: resumed?.stack ?? chain.target,
    isStack: resumed?.stack !== undefined,
    get,
    isFolder: (id) => repository.isFolder(id) || id.toLowerCase() === folderId
  })
  /** Whether to look up every further link before it is sent: one was found in place, or the API would move it. */
  let careful = options.lookFirst || !abilities.blind
  /** Whether a call is under way with an unknown end. */
  let underWay = false
  /** How many versions the stack had when last seen, ours included. */
  let versions: number | undefined
  let begun = false
  /** Whether versions put on this stack are known to come on top. */
  let isOrderKnown = abilities.growsOnTop
  /** Whether one of them is known to have come elsewhere. */
  let isElsewhere = false
  /** The version on top when last seen. */
  let top: AssetId | undefined
  /** The folder of the stack, as far as it is known. */
  let home: AssetId | undefined
  let left = BatchEstimate.stepsOf(chain, abilities.filesPerStack)

  const expect = (now: BatchEstimate.Steps): void => {
    tools.expect(left, now)
    left = now
  }

  /** Notes that the stack exists: the remaining links go on it one by one. */
  const onStack = (links: ReadonlyArray<Link>): void => {
    const raises = links.filter((link) => orderIn(link) !== undefined).length
    expect({ makes: 0, grows: links.length - raises, raises })
  }

  const isStopped = (): boolean => halt.reason() !== undefined

  const elsewhere = (assetId: AssetId, stackId: AssetId) =>
    new AlreadyElsewhere({ assetId, stackId, wanted: target.id() })

  /** A link's place; fails if it is on another stack. */
  const placeOf = (link: Link): Effect.Effect<FreePlace, FrameioError.ListError | AlreadyElsewhere> =>
    Effect.flatMap(target.placeOf(link.nextAssetId), (place) =>
      place._tag === "Elsewhere" ? elsewhere(link.nextAssetId, place.stackId) : Effect.succeed(place)
    )

  /** The place of a link that was not sent so far; a file without content is refused, or refuses a whole new stack. */
  const sendablePlaceOf = (
    link: Link
  ): Effect.Effect<FreePlace, FrameioError.ListError | AlreadyElsewhere | WithoutContent> =>
    Effect.flatMap(placeOf(link), (place) =>
      abilities.blind || place._tag === "Here" || place.arrived !== false
        ? Effect.succeed(place)
        : new WithoutContent({ assetId: link.nextAssetId })
    )

  /**
   * Makes a step once its files have their content: storage that took every part of an upload does not prove that it is
   * whole. No lane is kept while this waits.
   */
  const onceWhole = (link: Link, step: Effect.Effect<End, LinkError>): Effect.Effect<End, LinkError> => {
    let waited = 0
    let pause = FIRST_LOOK_MILLIS
    const wait = (error: WithoutContent): Effect.Effect<End, LinkError> =>
      Effect.gen(function* () {
        const arrival = read(repository.arrival(error.assetId))
        let { state } = yield* arrival
        do {
          const left =
            tools.contentMillis === undefined ? Duration.toMillis(yield* tools.earlier) : tools.contentMillis - waited
          if (state === "failed" || left <= 0) return yield* error
          const fields = yield* base(chain, link)
          const reason = "Its content is not there yet; waiting for its upload"
          yield* emit({ _tag: "Waiting", ...fields, reason, millis: pause })
          yield* halt.sleep(Duration.millis(pause))
          waited += pause
          pause = Math.min(2 * pause, LONGEST_LOOK_MILLIS)
          state = (yield* arrival).state
        } while (state === "arriving")
        return yield* once
      })
    const once = Effect.catchTag(step, "FrameioWithoutContent", wait)
    return once
  }

  /** Whether a link is in place; fails if it is in another place. */
  const isInPlace = (link: Link) => Effect.map(placeOf(link), ({ _tag }) => _tag === "Here")

  /** Fails if a confirmed link is no longer in place. */
  const verify = (link: Link): Effect.Effect<End, FrameioError.ListError | MovedSince> =>
    Effect.gen(function* () {
      let place = yield* target.placeOf(link.nextAssetId)
      const wait = abilities.blind ? Duration.zero : yield* tools.earlier
      if (place._tag !== "Here" && Duration.toMillis(wait) > 0) {
        // What an earlier run has done last may not show yet.
        yield* halt.sleep(wait)
        if (isStopped()) return untouched(link)
        place = yield* target.placeOf(link.nextAssetId)
      }
      if (place._tag === "Here") return { _tag: "Made", how: "already" }
      const stack = place._tag === "Elsewhere" ? { stackId: place.stackId } : {}
      return yield* new MovedSince({ assetId: link.nextAssetId, ...stack })
    })

  const notice = (link: Link, stack: AssetId, reason: string): Effect.Effect<void> =>
    Effect.flatMap(base(chain, link), (fields) => emit({ _tag: "Noticed", ...fields, stackId: stack, reason }))

  const placeInChain = (id: AssetId | undefined): number =>
    id === undefined ? -1 : chain.links.findIndex((link) => sameId(link.nextAssetId, id))

  /** Whether a version belongs to this chain. */
  const isOurs = (id: AssetId | undefined): boolean => placeInChain(id) !== -1

  // ---------------------------------------------------------------------------
  // the target
  // ---------------------------------------------------------------------------

  const changed = (change: TargetChanged["change"], newest: AssetId | undefined): Effect.Effect<never, TargetChanged> =>
    Effect.flatMap(
      newest === undefined ? Effect.succeedNone : Effect.option(get(newest)),
      (top) =>
        new TargetChanged({
          assetId: chain.target,
          change,
          ...(chain.expected?.name === undefined ? {} : { name: chain.expected.name }),
          ...(top._tag === "None"
            ? {}
            : { newest: top.value.name === "" ? top.value.id : JSON.stringify(top.value.name) })
        })
    )

  /** Fails if the target has changed since the plan was made, in a way that would put versions in the wrong order. */
  const unchanged = (expected: Expected): Effect.Effect<void, FrameioError.ListError | TargetChanged> =>
    Effect.suspend(() => {
      const seen = target.seen()
      const stack = seen?._tag === "Stack" ? seen : undefined
      if (expected.kind === "stack") {
        if (stack === undefined || !sameId(stack.id, chain.target)) return changed("Unstacked", undefined)
        const { newest } = stack
        if (newest === undefined || expected.coverId === undefined || newest.toLowerCase() === expected.coverId) {
          return Effect.void
        }
      } else if (stack === undefined) return Effect.void
      // An earlier run without a ledger was here.
      if (isOurs(stack.newest)) {
        careful = true
        return Effect.void
      }
      return changed(expected.kind === "stack" ? "Grown" : "Stacked", stack.newest)
    })

  /**
   * Reads what is needed before the first request, and no more than the API asks for. Answers whether to go on: the job
   * may have been stopped while this waited for its turn.
   */
  const begin = (links: Links): Effect.Effect<boolean, Found> =>
    Effect.gen(function* () {
      begun = true
      const expected = resumed === undefined ? chain.expected : undefined
      const mustKnow = !abilities.blind || options.lookFirst || (resumed !== undefined && resumed.inPlace > 0)
      if (!target.isStack() && (mustKnow || expected !== undefined)) {
        const resolve = Effect.suspend(() => (isStopped() ? Effect.void : target.resolve))
        yield* abilities.blind ? resolve : tools.lanes.scout.withPermits(1)(resolve)
        if (isStopped()) return false
      }
      if (expected !== undefined) yield* unchanged(expected)
      const seen = target.seen()
      if (seen?._tag === "Stack") {
        top = seen.newest
        home = seen.parentId
      }
      if (target.isStack()) onStack(links)
      else if (!abilities.blind && seen === undefined && links[0].isConfirmed !== true) {
        return yield* new NotInStack({ assetId: chain.target, kind: "folder" })
      }
      return true
    })

  // ---------------------------------------------------------------------------
  // the order
  // ---------------------------------------------------------------------------

  /** How to send the call of a step, and announce it for each of its links. */
  const sending = <A>(
    links: Links,
    send: Effect.Effect<A, FrameioError.WriteError>,
    how: { readonly to: () => AssetId; readonly job: Tools["jobs"]["makes"]; readonly from?: AssetId | undefined }
  ): Effect.Effect<ExactlyOnce.Attempt<A>> => {
    let attempt = 0
    return Effect.suspend(() => {
      const beforeSend = Effect.suspend(() => {
        sent = true
        underWay = true
        const target = how.to()
        const from = how.from === undefined ? {} : { from: how.from }
        attempt += 1
        return Effect.forEach(
          links,
          (link) =>
            Effect.flatMap(base(chain, link), (fields) => emit({ _tag: "Sent", ...fields, target, attempt, ...from })),
          { concurrency: "unbounded", discard: true }
        )
      })
      return Effect.tap(calls.change(send, { beforeSend, job: how.job }), (result) =>
        Effect.sync(() => {
          underWay = isOpen(result)
        })
      )
    })
  }

  const newestOf = (stackId: AssetId): Effect.Effect<AssetId | undefined, FrameioError.ListError> =>
    Effect.map(get(stackId), (item) => (item._tag === "Stack" ? item.newest : undefined))

  /** Puts a version on top that came elsewhere, if the API can do that. */
  const raise = (link: Link, stackId: AssetId): Effect.Effect<boolean> => {
    const { raise } = repository
    if (raise === undefined) return Effect.succeed(false)
    const isRaised = Effect.map(newestOf(stackId), (newest) => newest !== undefined && sameId(newest, link.nextAssetId))
    const change: ExactlyOnce.Change<void, never> = {
      endpoint: abilities.endpoints.raise,
      assetIds: () => [stackId, link.nextAssetId],
      send: Effect.suspend(() =>
        calls.change(raise({ stackId, file: link.nextAssetId }), { beforeSend: Effect.void, job: jobs.grows })
      ),
      proves: () => true,
      look: isRaised,
      refused: Effect.map(isRaised, (is) => (is ? "already" : "refused"))
    }
    return Effect.map(tools.makeOnce(chain, link, change, false), (end) => end._tag === "Made")
  }

  /** Whether a version is on top; a change that does not show yet is waited for, if it may come. */
  const isOnTop = (link: Link, stackId: AssetId, mayCome: boolean): Effect.Effect<boolean, FrameioError.ListError> =>
    Effect.gen(function* () {
      for (let waited = 0, pause = FIRST_LOOK_MILLIS; ; waited += pause, pause *= 2) {
        const before = top
        top = yield* newestOf(stackId)
        if (top !== undefined && sameId(top, link.nextAssetId)) return true
        const mayBeOld = before === undefined || (top !== undefined && sameId(before, top))
        if (!mayCome || !mayBeOld || waited >= tools.settleMillis || halt.reason() !== undefined) return false
        yield* halt.sleep(Duration.millis(pause))
      }
    })

  /** Whether a version is below all others, where only the API can have put it. */
  const isAtBottom = (link: Link, stackId: AssetId): Effect.Effect<boolean, FrameioError.ListError> =>
    Effect.gen(function* () {
      const stack = yield* get(stackId)
      if (stack._tag !== "Stack") return false
      const { files, order } = yield* read(repository.versions(stack))
      const [bottom] = files
      return order === "confirmed" && bottom !== undefined && sameId(bottom.id, link.nextAssetId)
    })

  /**
   * Fails if a version is on its stack but not on top. If the version that was on top before still is, then this API
   * puts versions elsewhere, and this one is raised; anything else on top is somebody's, and stays there. A version
   * `moved` by this run tells where the API puts versions; one sent by an earlier run may have come there in another
   * way.
   */
  const prove = (link: Link, moved: boolean): Effect.Effect<void, FrameioError.ListError | NotOnTop> =>
    Effect.gen(function* () {
      const stackId = target.id()
      const before = top
      if (yield* isOnTop(link, stackId, !isElsewhere)) {
        if (moved) isOrderKnown = true
        return
      }
      // An earlier run has put both on, and this one belongs below.
      if (placeInChain(top) > placeInChain(link.nextAssetId)) return
      const isOld = before === undefined ? yield* isAtBottom(link, stackId) : top !== undefined && sameId(before, top)
      if ((isOld || isOurs(top)) && (yield* raise(link, stackId))) {
        isElsewhere = true
        if (yield* isOnTop(link, stackId, true)) return
      }
      return yield* new NotOnTop({ assetId: link.nextAssetId, stackId, ...(top === undefined ? {} : { newest: top }) })
    })

  /** A made change that is not where it should be has failed; one that cannot be read is looked for by the next run. */
  const proved = (end: End, link: Link, moved: boolean): Effect.Effect<End> =>
    Effect.match(prove(link, moved), {
      onSuccess: () => end,
      onFailure: (error): End => {
        if (error._tag === "FrameioNotOnTop") return { _tag: "Failed", error }
        if (isStopped()) return { _tag: "Unknown", reason: "The job was stopped before it was known what is on top." }
        const assetIds = [target.id(), link.nextAssetId]
        const { grow: endpoint } = abilities.endpoints
        return { _tag: "Failed", error: new OutcomeUnknown({ endpoint, assetIds, reading: error }) }
      }
    })

  // ---------------------------------------------------------------------------
  // a new stack
  // ---------------------------------------------------------------------------

  /** Moves a file to the folder where its stack will be made. */
  const gather = (link: Link, folderId: AssetId, from: AssetId | undefined): Effect.Effect<End> => {
    const file = link.nextAssetId
    const isThere = Effect.flatMap(
      target.placeOf(file),
      (place): Effect.Effect<boolean, AlreadyElsewhere> =>
        place._tag === "Loose"
          ? Effect.succeed(place.folderId !== undefined && sameId(place.folderId, folderId))
          : elsewhere(file, place.stackId)
    )
    return tools.makeOnce<void, AlreadyElsewhere>(chain, link, {
      endpoint: abilities.endpoints.move,
      assetIds: () => [file],
      send: sending([link], repository.move({ file, folderId }), { to: () => folderId, job: jobs.grows, from }),
      proves: () => true,
      look: isThere,
      refused: Effect.map(isThere, (is) => (is ? "already" : "refused"))
    })
  }

  /** The first links, as many as one request takes, that lie where the stack is made; or why the first does not. */
  const ready = (
    links: Links,
    folderId: AssetId | undefined
  ): Effect.Effect<Either.Either<{ readonly step: Links; readonly isCut: boolean }, End>, Found> =>
    Effect.gen(function* () {
      const [first] = links
      // Links that an earlier run sent together are looked up together.
      const alike = links.slice(0, abilities.filesPerStack)
      const end = alike.findIndex((link) => link.isConfirmed === true || link.isUnsettled !== first.isUnsettled)
      const wanted = end === -1 ? alike : alike.slice(0, end)
      const lies = (link: Link): Effect.Effect<End | undefined, Found> =>
        Effect.flatMap(link.isUnsettled === true ? placeOf(link) : sendablePlaceOf(link), (place) => {
          if (place._tag === "Here" || !abilities.sameFolder || folderId === undefined) return Effect.succeed(undefined)
          return place.folderId !== undefined && sameId(place.folderId, folderId)
            ? Effect.succeed(undefined)
            : Effect.map(gather(link, folderId, place.folderId), (end) => (end._tag === "Made" ? undefined : end))
        })
      const results = yield* Effect.forEach(wanted, (link) => Effect.either(lies(link)), { concurrency: "unbounded" })
      const until = results.findIndex((result) => Either.isLeft(result) || result.right !== undefined)
      const [one, ...more] = until === -1 ? wanted : wanted.slice(0, until)
      if (one !== undefined) return Either.right({ step: [one, ...more], isCut: until !== -1 })
      const failed = results[0]
      if (failed !== undefined && Either.isLeft(failed)) return yield* Effect.fail(failed.left)
      return Either.left(failed?.right ?? { _tag: "NotSent" })
    })

  /** Whether the stack exists and is the requested one; another one is somebody else's. */
  const isStackMade = (
    links: Links,
    isLast: boolean
  ): Effect.Effect<boolean, FrameioError.ListError | AlreadyElsewhere> =>
    Effect.gen(function* () {
      yield* target.resolve
      const stack = target.seen()
      if (stack?._tag !== "Stack") return false
      const { files } = yield* read(repository.versions(stack))
      const wanted = [chain.target, ...links.map(({ nextAssetId }) => nextAssetId)]
      const are = files.filter(({ id }) => wanted.some((one) => sameId(one, id))).length
      if (are === wanted.length && files.length === wanted.length) return true
      // Some of its versions may not be visible yet.
      if (!isLast && are === files.length) return false
      return yield* elsewhere(chain.target, stack.id)
    })

  const makeStack = (onto: Repository.File, links: Links, behind: ReadonlyArray<Link>): Effect.Effect<End> => {
    const [first, ...more] = Arr.map(links, ({ nextAssetId }) => nextAssetId)
    const last = Arr.lastNonEmpty(links)
    return Effect.gen(function* () {
      const end = yield* tools.makeOnce<Repository.Item, AlreadyElsewhere>(
        chain,
        links[0],
        {
          endpoint: abilities.endpoints.stack,
          assetIds: () => [onto.id, first, ...more],
          send: sending(links, repository.stack({ onto, files: [first, ...more] }), {
            to: () => onto.id,
            job: jobs.makes
          }),
          proves: (answer) => StackTarget.shows(answer, { next: last.nextAssetId, stack: undefined }),
          look: isStackMade(links, false),
          refused: Effect.map(isStackMade(links, true), (is) => (is ? "already" : "refused"))
        },
        links[0].isUnsettled === true
      )
      onStack(behind)
      home = onto.parentId
      if (end._tag !== "Made") return end
      if (end.answer !== undefined) target.learn(end.answer)
      top = end.how === "answered" ? last.nextAssetId : onto.id
      return end.how === "answered" ? end : yield* proved(end, last, false)
    })
  }

  // ---------------------------------------------------------------------------
  // a version on a stack
  // ---------------------------------------------------------------------------

  /** After a refusal that may mean "the target is inside a stack": goes to the stack, once. */
  const onRefusal = (
    link: Link,
    isFirst: boolean
  ): Effect.Effect<"already" | "send again" | "refused", FrameioError.ListError | AlreadyElsewhere> =>
    Effect.gen(function* () {
      const before = target.id()
      const knew = target.isStack()
      if (!knew) yield* target.resolve
      const after = target.id()
      if (target.isStack() && (yield* isInPlace(link))) {
        careful = true
        return "already"
      }
      if (sameId(before, after)) return "refused"
      if (isFirst && !knew && resumed === undefined) {
        yield* notice(
          link,
          after,
          `${before} is in the stack ${after}, which this job has not made; versions go on top`
        )
      }
      return "send again"
    })

  /** The answer may be the stack or the file: only the stack gives its id, else it is read when needed. */
  const learn = (link: Link, sentTo: AssetId, answer: Repository.Item): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (answer._tag !== "Stack") {
        if (versions !== undefined) versions += 1
        return Effect.void
      }
      const isNew = !target.isStack() && !sameId(sentTo, answer.id)
      target.learn(answer)
      const expected = isNew ? 2 : versions === undefined ? undefined : versions + 1
      versions = answer.count
      const more = expected === undefined || versions === undefined ? 0 : versions - expected
      return more <= 0
        ? Effect.void
        : notice(
            link,
            answer.id,
            `Somebody else has put ${more === 1 ? "a version" : `${more} versions`} on the stack meanwhile; ours is on top`
          )
    })

  const grow = (link: Link, isFirst: boolean, isLast: boolean): Effect.Effect<End, Found> =>
    Effect.gen(function* (): Effect.fn.Return<End, Found> {
      const place = careful && link.isUnsettled !== true ? yield* sendablePlaceOf(link) : undefined
      if (place?._tag === "Here") return { _tag: "Made", how: "already" }
      // Undo has to tell such an API where to, and what lay elsewhere goes back there.
      const lay = abilities.blind || place?.folderId === undefined ? undefined : place.folderId
      const from = lay !== undefined && home !== undefined && sameId(lay, home) ? undefined : lay
      let sentTo = target.id()
      const end = yield* tools.makeOnce<Repository.Item, AlreadyElsewhere>(chain, link, {
        endpoint: abilities.endpoints.grow,
        assetIds: () => [target.id(), link.nextAssetId],
        send: sending(
          [link],
          Effect.suspend(() => {
            sentTo = target.id()
            return repository.grow({ stackId: sentTo, file: link.nextAssetId })
          }),
          { to: target.id, job: jobs.grows, from }
        ),
        proves: (answer) =>
          StackTarget.shows(answer, { next: link.nextAssetId, stack: target.isStack() ? target.id() : undefined }),
        look: isInPlace(link),
        refused: onRefusal(link, isFirst)
      })
      if (end._tag === "Failed" && end.error._tag === "FrameioInvalidArguments") {
        const { error } = end
        const rule = yield* Effect.orElseSucceed(
          read(Effect.provideService(BrokenRule.find(link.nextAssetId, sentTo), Repository.Repository, repository)),
          () => undefined
        )
        return rule === undefined
          ? end
          : { _tag: "Failed", error: new FrameioError.InvalidArguments({ ...error, rule }) }
      }
      if (end._tag !== "Made") return end
      if (end.answer !== undefined) yield* learn(link, sentTo, end.answer)
      if (!abilities.growsOnTop && (!isOrderKnown || isLast)) return yield* proved(end, link, end.how === "answered")
      top = link.nextAssetId
      return end
    }).pipe(Effect.tap(() => Effect.sync(() => expect({ ...left, grows: Math.max(0, left.grows - 1) }))))

  // ---------------------------------------------------------------------------
  // a version of the stack that is put on top
  // ---------------------------------------------------------------------------

  const putOnTop = (link: Link, from: ReadonlyArray<AssetId>): Effect.Effect<End, Found> =>
    Effect.suspend((): Effect.Effect<End, Found> => {
      const { raise } = repository
      if (raise === undefined)
        return Effect.succeed({ _tag: "Failed", error: Reorder.unable(repository, [chain.target, link.nextAssetId]) })
      if (!target.isStack()) return new NotInStack({ assetId: chain.target, kind: "file" })
      const stackId = target.id()
      let attempt = 0
      return Effect.tap(
        Reorder.reorder(chain, link, tools, {
          stackId,
          from,
          to: StackOrder.raised(from, link.nextAssetId),
          send: raise({ stackId, file: link.nextAssetId }),
          beforeSend: Effect.flatMap(base(chain, link), (fields) =>
            emit({ _tag: "Sent", ...fields, target: stackId, attempt: ++attempt })
          ),
          onUnderWay: (is) => {
            underWay = is
          },
          inVain: new NotOnTop({ assetId: link.nextAssetId, stackId }),
          changed: Effect.flatMap(newestOf(stackId).pipe(Effect.orElseSucceed(() => undefined)), (newest) =>
            changed("Reordered", newest)
          )
        }),
        () =>
          Effect.sync(() => {
            top = link.nextAssetId
            expect({ ...left, raises: Math.max(0, left.raises - 1) })
          })
      )
    })

  const run = (links: Links, claim: (step: Links) => void): Effect.Effect<End, Found | LinkError> =>
    Effect.gen(function* () {
      const [link] = links
      sent = false
      underWay = false
      const isFirst = !begun
      if (isFirst) {
        if (!(yield* begin(links))) return untouched(link)
      }
      // The stack's id is needed from the second link on; a chain of one never asks for it.
      else if (!target.isStack() && abilities.blind) yield* target.resolve
      if (link.isConfirmed === true) return yield* verify(link)
      const order = orderIn(link)
      if (order !== undefined) return yield* putOnTop(link, order)
      if (abilities.blind || target.isStack()) {
        return yield* onceWhole(link, grow(link, isFirst, links.length === 1))
      }
      const make = tools.lanes.make.withPermits(1)(
        Effect.gen(function* () {
          // The link may have waited long for its turn.
          if (isStopped()) return untouched(link)
          yield* target.resolve
          const onto = target.seen()
          if (onto?._tag === "File" && onto.arrived === false && link.isUnsettled !== true) {
            return yield* new WithoutContent({ assetId: onto.id })
          }
          const next = onto?._tag === "File" ? yield* ready(links, onto.parentId) : undefined
          if (next === undefined || onto?._tag !== "File" || target.isStack()) {
            onStack(links)
            return yield* grow(link, isFirst, links.length === 1)
          }
          if (Either.isLeft(next)) return next.left
          const { isCut, step } = next.right
          const newest = isCut ? step.at(-1) : chain.links.at(-1)
          if (newest !== undefined && tools.shares !== undefined) {
            // A call under way may put the file on a stack, and taking it out of a share would take the stack out.
            if (link.isUnsettled === true) {
              yield* halt.sleep(yield* tools.earlier)
              if (isStopped()) return untouched(link)
              yield* target.resolve
            }
            const end = target.isStack() ? undefined : yield* ShareSwap.swap(chain, newest, tools)
            if (end !== undefined) return end
          }
          claim(step)
          return yield* makeStack(onto, step, links.slice(step.length))
        })
      )
      return yield* onceWhole(link, make)
    })

  return Effect.ensuring(
    inOrder(chain, tools, {
      run,
      underWay: () => underWay,
      confirmed: (link, how) =>
        Effect.map(base(chain, link), (fields) => ({
          _tag: "Confirmed",
          ...fields,
          stackId: target.isStack() ? target.id() : null,
          how
        }))
    }),
    Effect.sync(() => onStack([]))
  )
}
