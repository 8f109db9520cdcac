import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Asset, FrameioError } from "@effect-frameio/core"
import { AssetCache, VersionStack, VersionStackError } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter, type Unknowns, VirtualClock } from "@effect-frameio/testing"
import { Effect, Either, FastCheck, Layer, Logger, LogLevel, Option, Schema, Stream } from "effect"
import { inOrder } from "../src/internal/stackMembers.js"

type AssetId = Asset.AssetId

const over = (options?: Parameters<typeof FakeFrameio.layerClient>[0] & { readonly cache?: AssetCache.Options }) =>
  AssetCache.layer(options?.cache).pipe(
    Layer.provideMerge(FakeFrameio.layerClient({ limits: RateLimiter.unlimited, ...options }))
  )

const range = (count: number) => Array.from({ length: count }, (_, n) => n)

const files = (count: number, name = (n: number) => `shot_v${n + 1}.mov`) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    return yield* Effect.forEach(range(count), (n) => fake.addFile({ name: name(n) }))
  })

/** A stack of so many versions that was there before, and its files, oldest first. */
const stacked = (count: number) =>
  Effect.gen(function* () {
    const { world } = yield* FakeFrameio.FakeFrameio
    const versions = yield* files(count)
    const [first, ...rest] = versions
    if (first === undefined) return yield* Effect.dieMessage("a stack needs versions")
    for (const next of rest) world.version({ assetId: world.stackOf(first)?.id ?? first, nextAssetId: next })
    return { stackId: world.stackOf(first)?.id ?? first, versions }
  })

/** Runs an effect, and answers what was requested meanwhile, by method. */
const requestsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { journal } = yield* FakeFrameio.FakeFrameio
    const before = journal.entries.length
    const value = yield* effect
    const sent = journal.entries.slice(before).map(({ endpoint }) => endpoint.replace("assets.", ""))
    return { value, sent }
  })

const versionsOf = (id: AssetId) =>
  Effect.map(FakeFrameio.FakeFrameio, ({ world }) => world.stackOf(id)?.versions ?? [])

const at = <A>(items: ReadonlyArray<A>, n: number): A => {
  const item = items[n]
  if (item === undefined) throw new Error(`there is no item ${n}`)
  return item
}

/** All that is known of a folder and of what is in it. */
const listRoot = Effect.gen(function* () {
  const { world } = yield* FakeFrameio.FakeFrameio
  const root = world.projects[0]?.rootId
  if (root === undefined) return
  yield* Stream.runDrain(AssetCache.listing({ assetId: root }))
  yield* VersionStack.locate(root)
})

// -----------------------------------------------------------------------------
// everything that is not known of the API
// -----------------------------------------------------------------------------

const both = <const A>(...values: ReadonlyArray<A>) => values

const combinations: ReadonlyArray<Unknowns.Options> = both("stack", "file").flatMap((versionReturns) =>
  both("file", "stack").flatMap((unversionReturns) =>
    both("refuse", "resolve").flatMap((targetInStack) =>
      both("refuse", "move").flatMap((nextInStack) =>
        both("keep-stack", "dissolve").map((lastVersion, n) => ({
          versionReturns,
          unversionReturns,
          targetInStack,
          nextInStack,
          lastVersion,
          // With which status a broken rule is refused goes round with the others.
          statusOf: n === 0 ? {} : { TargetInStack: 409, NextInStack: 400, NotInStack: 404 }
        }))
      )
    )
  )
)

const nameOf = (unknowns: Unknowns.Options) =>
  Object.values(unknowns)
    .filter((value) => typeof value === "string")
    .join(" ")

describe("VersionStack", () => {
  it("fails with what is declared, and needs the cache alone", () => {
    expectTypeOf(VersionStack.locate).returns.toEqualTypeOf<
      Effect.Effect<VersionStack.Location, FrameioError.ListError, AssetCache.AssetCache>
    >()
    type Failure<A> = A extends (...args: Array<never>) => Effect.Effect<unknown, infer E, unknown> ? E : never
    expectTypeOf<Failure<typeof VersionStack.build>>().toEqualTypeOf<
      | FrameioError.WriteError
      | FrameioError.ListIncomplete
      | VersionStackError.NotStackable
      | VersionStackError.AlreadyElsewhere
      | VersionStackError.OutOfOrder
      | VersionStackError.NotMade
      | VersionStackError.OutcomeUnknown
    >()
    expectTypeOf<Failure<typeof VersionStack.takeApart>>().toEqualTypeOf<
      | FrameioError.WriteError
      | FrameioError.ListIncomplete
      | VersionStackError.NotInStack
      | VersionStackError.NotMade
      | VersionStackError.OutcomeUnknown
    >()
  })

  describe("locate", () => {
    it.effect("needs one request for a stack or a folder, and two for a file", () =>
      Effect.gen(function* () {
        const { addFile, addFolder } = yield* FakeFrameio.FakeFrameio
        const { stackId, versions } = yield* stacked(2)
        const stack = yield* requestsOf(VersionStack.locate(stackId))
        assert.deepInclude(stack, { sent: ["get"] })
        assert.strictEqual(stack.value._tag, "Stack")
        const folderId = yield* addFolder({ name: "shots" })
        const folder = yield* requestsOf(VersionStack.locate(folderId))
        assert.deepInclude(folder, { sent: ["get"] })
        assert.strictEqual(folder.value._tag, "Folder")
        // What holds them is known by now.
        const member = yield* requestsOf(VersionStack.locate(at(versions, 0)))
        assert.deepInclude(member, { sent: ["get"] })
        assert.deepInclude(member.value, { _tag: "Member", stack: stack.value.asset })
        const inFolder = yield* addFile({ name: "b.mov", parentId: folderId })
        assert.deepInclude(yield* requestsOf(VersionStack.locate(inFolder)), { sent: ["get"] })
        const loose = yield* requestsOf(VersionStack.locate(yield* addFile({ name: "a.mov" })))
        assert.deepInclude(loose, { sent: ["get", "get"] })
        assert.strictEqual(loose.value._tag, "File")
      }).pipe(Effect.provide(over()))
    )

    it.effect("needs none for what a listing showed, and all of them when the truth of now is wanted", () =>
      Effect.gen(function* () {
        const { stackId, versions } = yield* stacked(2)
        const [loose] = yield* files(1)
        yield* listRoot
        const known = yield* requestsOf(Effect.forEach([stackId, loose ?? stackId], (id) => VersionStack.locate(id)))
        assert.deepStrictEqual(known.sent, [])
        assert.deepStrictEqual(
          known.value.map(({ _tag }) => _tag),
          ["Stack", "File"]
        )
        yield* VersionStack.members(stackId)
        assert.deepStrictEqual((yield* requestsOf(VersionStack.locate(at(versions, 1)))).sent, [])
        const fresh = yield* requestsOf(VersionStack.locate(at(versions, 1), { fresh: true }))
        assert.deepStrictEqual(fresh.sent, ["get", "get"])
      }).pipe(Effect.provide(over()))
    )

    it.effect("asks once for what many ask for at once", () =>
      Effect.gen(function* () {
        const loose = yield* files(50)
        const { sent, value } = yield* requestsOf(
          Effect.forEach([...loose, ...loose], (id) => VersionStack.locate(id), { concurrency: "unbounded" })
        )
        assert.isTrue(value.every(({ _tag }) => _tag === "File"))
        // Each file, and the folder of all.
        assert.strictEqual(sent.length, 51)
      }).pipe(Effect.provide(over()))
    )
  })

  describe("locateAll", () => {
    it.effect("lists a folder where that tells of many, and reads the rest one by one", () =>
      Effect.gen(function* () {
        const { world } = yield* FakeFrameio.FakeFrameio
        const { stackId, versions } = yield* stacked(3)
        const loose = yield* files(130)
        const gone = yield* files(1)
        world.remove(at(gone, 0))
        const nowhere = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
        const wanted = [...loose, ...versions, stackId, ...gone, nowhere, at(loose, 0).toUpperCase() as AssetId]
        const { sent, value } = yield* requestsOf(VersionStack.locateAll(wanted))
        assert.deepStrictEqual([...value.keys()], wanted)
        for (const id of wanted) {
          const result = Option.fromNullable(value.get(id)).pipe(Option.getOrThrow)
          if (id === gone[0] || id === nowhere) assert.isTrue(Either.isLeft(result))
          else assert.deepStrictEqual(result, Either.right(yield* VersionStack.locate(id)))
        }
        assert.strictEqual(sent.filter((name) => name === "children").length, 2)
        // The first, its folder, the three versions, and the two that are gone; the stack was on the list.
        assert.strictEqual(sent.filter((name) => name === "get").length, 7)
      }).pipe(Effect.provide(over()))
    )

    it.effect("does not list a stack of few versions, nor a folder for a few files, and asks for nothing known", () =>
      Effect.gen(function* () {
        const { addFile, addFolder } = yield* FakeFrameio.FakeFrameio
        const folders = yield* Effect.forEach(range(12), (n) => addFolder({ name: `shot ${n}` }))
        const loose = yield* Effect.forEach(folders, (parentId) => addFile({ name: "a.mov", parentId }))
        const { sent } = yield* requestsOf(VersionStack.locateAll(loose))
        // Three folders were tried in vain, a request each.
        assert.deepStrictEqual([sent.filter((name) => name === "children").length, sent.length], [3, 27])
        assert.deepStrictEqual((yield* requestsOf(VersionStack.locateAll(loose))).sent, [])
        const few = yield* files(4)
        assert.strictEqual((yield* requestsOf(VersionStack.locateAll(few))).sent.length, 5)
      }).pipe(Effect.provide(over()))
    )

    it.effect("lists a stack of many versions", () =>
      Effect.gen(function* () {
        const { versions } = yield* stacked(150)
        const { sent, value } = yield* requestsOf(VersionStack.locateAll(versions))
        assert.isTrue([...value.values()].every((result) => Either.isRight(result) && result.right._tag === "Member"))
        assert.deepStrictEqual(sent, ["get", "get", "children", "children"])
      }).pipe(Effect.provide(over()))
    )

    it.effect("fails as a whole where every read would", () =>
      Effect.gen(function* () {
        const { requests } = yield* FakeFrameio.FakeFrameio
        const ids = yield* files(20)
        const error = yield* Effect.flip(VersionStack.locateAll(ids))
        assert.strictEqual(error._tag, "FrameioUnauthorized")
        assert.strictEqual((yield* requests).length, 1)
      }).pipe(
        Effect.provide(
          over({ faults: FaultPlan.happening({ _tag: "TokenExpires", atMillis: 0, token: FakeFrameio.token }) })
        )
      )
    )
  })

  describe("members and head", () => {
    it.effect("are oldest first, confirmed by the cover, by the id of the stack or of a version", () =>
      Effect.gen(function* () {
        const { stackId, versions } = yield* stacked(230)
        const { sent, value } = yield* requestsOf(VersionStack.members(stackId))
        assert.deepStrictEqual(
          value.versions.map(({ id }) => id),
          versions
        )
        assert.strictEqual(value.order, "confirmed")
        assert.sameMembers(sent, ["get", "get", "children", "children", "children"])
        assert.strictEqual((yield* VersionStack.members(at(versions, 7))).stack.id, stackId)
        assert.strictEqual((yield* VersionStack.head(stackId)).id, versions.at(-1))
        assert.strictEqual((yield* VersionStack.head(at(versions, 3))).id, versions.at(-1))
      }).pipe(Effect.provide(over()))
    )

    it.effect("fail for what is in no stack, but that a file is its own newest version", () =>
      Effect.gen(function* () {
        const { addFolder } = yield* FakeFrameio.FakeFrameio
        const [loose] = yield* files(1)
        const id = loose ?? (yield* addFolder({ name: "never" }))
        const error = yield* Effect.flip(VersionStack.members(id))
        assert.strictEqual(error._tag, "FrameioNotInStack")
        assert.include(error.message, "neither a version stack nor inside one")
        assert.strictEqual((yield* VersionStack.head(id)).id, id)
        const folder = yield* addFolder({ name: "shots" })
        assert.strictEqual((yield* Effect.flip(VersionStack.head(folder)))._tag, "FrameioNotInStack")
      }).pipe(Effect.provide(over()))
    )

    const child = (n: number, index: number | null = null): Asset.Asset => ({
      id: Asset.AssetId.make(`00000000-0000-4000-8000-${n.toString().padStart(12, "0")}`),
      type: "file",
      index
    })

    it.prop(
      "are put in order by the cover at either end of the list, and else by index, and else as listed",
      [FastCheck.integer({ min: 2, max: 9 }), FastCheck.boolean(), FastCheck.boolean(), FastCheck.boolean()],
      ([count, newestFirst, shuffled, lowIsNew]) => {
        const oldestFirst = range(count).map((n) => child(n, lowIsNew ? -n : n))
        const newest = Option.some(at(oldestFirst, count - 1).id)
        const listed = shuffled
          ? // The cover in the middle, as when sorted by something else.
            [...oldestFirst.slice(0, 1), ...oldestFirst.slice(-1), ...oldestFirst.slice(1, -1)]
          : newestFirst
            ? oldestFirst.toReversed()
            : oldestFirst
        assert.deepStrictEqual(inOrder(listed, newest), { versions: oldestFirst, order: "confirmed" })
        const unnumbered = listed.map(({ id }) => ({ id, type: "file" }))
        if (shuffled && count > 2) {
          assert.deepStrictEqual(inOrder(unnumbered, newest), {
            versions: unnumbered.toReversed(),
            order: "assumed"
          })
        }
        assert.strictEqual(inOrder(listed, Option.none()).order, "assumed")
      }
    )
  })

  describe("append", () => {
    it.effect("is one request where the target is known, whatever it is", () =>
      Effect.gen(function* () {
        const { stackId, versions } = yield* stacked(2)
        const [a, b, c, d] = yield* files(4)
        if (a === undefined || b === undefined || c === undefined || d === undefined) return
        yield* listRoot
        yield* VersionStack.members(stackId)
        const onMember = yield* requestsOf(VersionStack.append({ onto: at(versions, 0), next: a }))
        assert.deepStrictEqual(onMember, { sent: ["version"], value: { stackId, how: "answered" } })
        yield* VersionStack.locate(stackId)
        const onStack = yield* requestsOf(VersionStack.append({ onto: stackId, next: b }))
        assert.deepStrictEqual(onStack, { sent: ["version"], value: { stackId, how: "answered" } })
        yield* listRoot
        const onFile = yield* requestsOf(VersionStack.append({ onto: c, next: d }))
        assert.deepStrictEqual(onFile.sent, ["version"])
        assert.deepStrictEqual(yield* versionsOf(onFile.value.stackId), [c, d])
        assert.deepStrictEqual(yield* versionsOf(stackId), [...versions, a, b])
      }).pipe(Effect.provide(over()))
    )

    it.effect("refuses what is known to break a rule, all of it, before anything is sent", () =>
      Effect.gen(function* () {
        const { addFile, addFolder } = yield* FakeFrameio.FakeFrameio
        const { stackId } = yield* stacked(2)
        const folder = yield* addFolder({ name: "shots" })
        const [movie] = yield* files(1)
        const still = yield* addFile({ name: "still.png" })
        if (movie === undefined) return
        yield* listRoot
        const refusal = (onto: AssetId, next: AssetId) =>
          requestsOf(Effect.flip(VersionStack.append({ onto, next }))).pipe(
            Effect.map(({ sent, value }) => {
              assert.deepStrictEqual(sent, [])
              assert.strictEqual(value._tag, "FrameioNotStackable")
              return value.message
            })
          )
        assert.include(yield* refusal(folder, movie), `${folder} is a folder, and only files and stacks get versions`)
        assert.include(yield* refusal(movie, folder), "only files are versions")
        assert.include(yield* refusal(movie, stackId), "a stack goes onto no other")
        assert.include(yield* refusal(movie, still), "has the asset_type image")
        assert.include(yield* refusal(movie, movie), "cannot be a version of itself")
        const twoFaults = yield* refusal(folder, stackId)
        assert.include(twoFaults, "only files and stacks get versions")
        assert.include(twoFaults, "a stack goes onto no other")
      }).pipe(Effect.provide(over()))
    )

    it.effect("says which rule Frame.io must have meant, where nothing was known before", () =>
      Effect.gen(function* () {
        const { stackId } = yield* stacked(2)
        const [movie] = yield* files(1)
        if (movie === undefined) return
        const error = yield* Effect.flip(VersionStack.append({ onto: movie, next: stackId }))
        assert.strictEqual(error._tag, "FrameioNotStackable")
        const gone = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
        assert.strictEqual(
          (yield* Effect.flip(VersionStack.append({ onto: movie, next: gone })))._tag,
          "FrameioNotFound"
        )
      }).pipe(Effect.provide(over()))
    )

    it.effect("says on which stack a version is already", () =>
      Effect.gen(function* () {
        const one = yield* stacked(2)
        const other = yield* stacked(2)
        const error = yield* Effect.flip(VersionStack.append({ onto: one.stackId, next: at(other.versions, 0) }))
        assert.strictEqual(error._tag, "FrameioAlreadyElsewhere")
        assert.include(error.message, other.stackId)
        assert.deepStrictEqual(yield* VersionStack.append({ onto: one.stackId, next: at(one.versions, 0) }), {
          stackId: one.stackId,
          how: "already"
        })
      }).pipe(Effect.provide(over()))
    )

    it.effect("does not leave it to Frame.io to move what is known to be on a stack", () =>
      Effect.gen(function* () {
        const { world } = yield* FakeFrameio.FakeFrameio
        const one = yield* stacked(2)
        const other = yield* stacked(3)
        yield* VersionStack.members(other.stackId)
        const next = at(other.versions, 0)
        const refused = yield* requestsOf(Effect.flip(VersionStack.append({ onto: one.stackId, next })))
        assert.strictEqual(refused.value._tag, "FrameioAlreadyElsewhere")
        assert.notInclude(refused.sent, "version")
        // Taken out meanwhile, by somebody else.
        world.unversion({ assetId: next })
        assert.strictEqual((yield* VersionStack.append({ onto: one.stackId, next })).how, "answered")
        assert.deepStrictEqual(yield* versionsOf(one.stackId), [...one.versions, next])
      }).pipe(Effect.provide(over({ unknowns: { nextInStack: "move" } })))
    )

    it.effect("finds the stack that a file got into after it was read", () =>
      Effect.gen(function* () {
        const { world } = yield* FakeFrameio.FakeFrameio
        const [a, b, c] = yield* files(3)
        if (a === undefined || b === undefined || c === undefined) return
        yield* listRoot
        world.version({ assetId: a, nextAssetId: b })
        const { stackId } = yield* VersionStack.append({ onto: a, next: c }, { attempts: 1 })
        assert.deepStrictEqual(yield* versionsOf(stackId), [a, b, c])
      }).pipe(Effect.provide(over()))
    )

    it.effect("reads after a lost answer, and sends nothing again that was made", () =>
      Effect.gen(function* () {
        const [a, b] = yield* files(2)
        if (a === undefined || b === undefined) return
        yield* listRoot
        const { sent, value } = yield* requestsOf(VersionStack.append({ onto: a, next: b }))
        assert.strictEqual(value.how, "settled")
        assert.deepStrictEqual(sent, ["version", "get", "get", "get"])
        const { stackId } = value
        const out = yield* requestsOf(VersionStack.takeOut(b))
        assert.deepStrictEqual(out.value, { stackId: Option.some(stackId), how: "settled" })
        assert.deepStrictEqual(out.sent, ["unversion", "get"])
      }).pipe(
        Effect.provide(
          over({
            faults: FaultPlan.combine(
              FaultPlan.nth("assets.version", 0, { _tag: "AnswerLost" }),
              FaultPlan.nth("assets.unversion", 0, { _tag: "ErrorAfter" })
            )
          })
        )
      )
    )

    it.effect("waits until a change can no longer be made before it sends it again", () => {
      const ids: Array<AssetId> = []
      const late = FaultPlan.happening({
        _tag: "WorldChanges",
        atMillis: 20_000,
        change: (world) => void world.version({ assetId: at(ids, 0), nextAssetId: at(ids, 1) })
      })
      return VirtualClock.run(
        Effect.gen(function* () {
          ids.push(...(yield* files(2)))
          const placed = yield* VersionStack.append({ onto: at(ids, 0), next: at(ids, 1) })
          assert.strictEqual(placed.how, "settled")
          const { counts, elapsedMillis } = yield* FakeFrameio.FakeFrameio
          assert.strictEqual((yield* counts("assets.version")).requests, 1)
          assert.strictEqual(yield* elapsedMillis, 30_000)
        }).pipe(
          Effect.provide(
            over({ faults: FaultPlan.combine(FaultPlan.nth("assets.version", 0, { _tag: "RequestLost" }), late) })
          )
        )
      )
    })

    it.effect("says that it was not made when it was tried often enough", () =>
      VirtualClock.run(
        Effect.gen(function* () {
          const [a, b] = yield* files(2)
          if (a === undefined || b === undefined) return
          const error = yield* Effect.flip(VersionStack.append({ onto: a, next: b }))
          assert.strictEqual(error._tag, "FrameioNotMade")
          assert.include(error.message, "sent 3 times, but reading shows")
          const { counts } = yield* FakeFrameio.FakeFrameio
          assert.strictEqual((yield* counts("assets.version")).requests, 3)
          if (error._tag !== "FrameioNotMade") return
          const json = JSON.stringify(Schema.encodeSync(VersionStackError.VersionStackError)(error))
          const back = yield* Schema.decode(Schema.parseJson(VersionStackError.VersionStackError))(json)
          assert.strictEqual(back.message, error.message)
        }).pipe(
          Effect.provide(
            over({ faults: FaultPlan.when(({ endpoint }) => endpoint === "assets.version", { _tag: "RequestLost" }) })
          )
        )
      )
    )

    it.effect("says that the outcome is not known when it cannot be read", () =>
      VirtualClock.run(
        Effect.gen(function* () {
          const [a, b] = yield* files(2)
          if (a === undefined || b === undefined) return
          yield* listRoot
          const error = yield* Effect.flip(VersionStack.append({ onto: a, next: b }))
          assert.strictEqual(error._tag, "FrameioOutcomeUnknown")
          assert.include(error.message, "Try again when Frame.io can be read")
        }).pipe(
          Effect.provide(
            over({
              client: { retry: { readRetries: 0 } },
              faults: FaultPlan.combine(
                FaultPlan.nth("assets.version", 0, { _tag: "AnswerLost" }),
                FaultPlan.when(({ endpoint, sequence }) => endpoint === "assets.get" && sequence > 1, {
                  _tag: "ErrorBefore"
                })
              )
            })
          )
        )
      )
    )
  })

  describe("build", () => {
    it.effect("is one request for each version but the first where the files are known", () =>
      Effect.gen(function* () {
        const ids = yield* files(5)
        yield* listRoot
        const { sent, value } = yield* requestsOf(VersionStack.build(ids))
        assert.deepStrictEqual(sent, ["version", "version", "version", "version"])
        assert.deepStrictEqual(value.added, ids.slice(1))
        assert.deepStrictEqual(yield* versionsOf(value.stackId), ids)
      }).pipe(Effect.provide(over()))
    )

    it.effect("reads where the new stack is, once, when the answer does not show it", () =>
      Effect.gen(function* () {
        const ids = yield* files(5)
        yield* listRoot
        const { sent } = yield* requestsOf(VersionStack.build(ids))
        assert.deepStrictEqual(sent, ["version", "get", "get", "version", "version", "version"])
      }).pipe(Effect.provide(over({ unknowns: { versionReturns: "file" } })))
    )

    it.effect("goes on where it ended, and does nothing where all is done", () =>
      Effect.gen(function* () {
        const ids = yield* files(5)
        const { stackId } = yield* VersionStack.build(ids.slice(0, 3))
        const more = yield* requestsOf(VersionStack.build(ids))
        assert.deepStrictEqual(more.value, { stackId, added: ids.slice(3) })
        assert.deepStrictEqual(more.sent.filter((name) => name === "version").length, 2)
        const again = yield* requestsOf(VersionStack.build(ids))
        assert.deepStrictEqual(again.value, { stackId, added: [] })
        assert.notInclude(again.sent, "version")
        // The stack itself may stand for what is on it.
        assert.deepStrictEqual(yield* VersionStack.build([stackId, ...ids.slice(1)]), { stackId, added: [] })
        assert.deepStrictEqual(yield* versionsOf(stackId), ids)
      }).pipe(Effect.provide(over()))
    )

    it.effect("refuses a list that cannot be right, all that is wrong at once", () =>
      Effect.gen(function* () {
        const [a, b] = yield* files(2)
        if (a === undefined || b === undefined) return
        const wrong = yield* requestsOf(
          Effect.flip(VersionStack.build([a, "x" as AssetId, a, a.toUpperCase() as AssetId]))
        )
        assert.deepStrictEqual(wrong.sent, [])
        assert.strictEqual(wrong.value._tag, "FrameioNotStackable")
        assert.include(wrong.value.message, "[1] is not an asset id; [2] is the same as [0]")
        assert.include((yield* Effect.flip(VersionStack.build([a]))).message, "at least")
        assert.include((yield* Effect.flip(VersionStack.build([]))).message, "at least")
      }).pipe(Effect.provide(over()))
    )

    it.effect("says what is on the stack before its turn", () =>
      Effect.gen(function* () {
        const ids = yield* files(4)
        const [a, b, c, d] = ids
        if (a === undefined || b === undefined || c === undefined || d === undefined) return
        yield* VersionStack.build([a, c])
        const error = yield* Effect.flip(VersionStack.build(ids))
        assert.strictEqual(error._tag, "FrameioOutOfOrder")
        assert.include(error.message, c)
        yield* VersionStack.takeOut(c)
        const { stackId } = yield* VersionStack.build(ids)
        assert.deepStrictEqual(yield* versionsOf(stackId), ids)
      }).pipe(Effect.provide(over()))
    )
  })

  describe("takeOut and takeApart", () => {
    it.effect("need one request for each version, beside what is not known", () =>
      Effect.gen(function* () {
        const { stackId, versions } = yield* stacked(5)
        yield* VersionStack.members(stackId)
        const out = yield* requestsOf(VersionStack.takeOut(at(versions, 2)))
        assert.deepStrictEqual(out, { sent: ["unversion"], value: { stackId: Option.some(stackId), how: "answered" } })
        const apart = yield* requestsOf(VersionStack.takeApart(stackId))
        assert.deepStrictEqual(apart.value, {
          stackId,
          files: versions.filter((_, n) => n !== 2),
          left: Option.none()
        })
        assert.strictEqual(apart.sent.filter((name) => name === "unversion").length, 4)
        assert.strictEqual(apart.sent.filter((name) => name !== "unversion").length, 4)
        for (const id of versions) assert.deepStrictEqual(yield* versionsOf(id), [])
      }).pipe(Effect.provide(over()))
    )

    it.effect("leave alone what is in no stack, having looked", () =>
      Effect.gen(function* () {
        const { world } = yield* FakeFrameio.FakeFrameio
        const [a, b] = yield* files(2)
        if (a === undefined || b === undefined) return
        assert.deepStrictEqual(yield* VersionStack.takeOut(a), { stackId: Option.none(), how: "already" })
        world.version({ assetId: a, nextAssetId: b })
        const stackId = Option.fromNullable(world.stackOf(a)?.id)
        assert.deepStrictEqual(yield* VersionStack.takeOut(a), { stackId, how: "answered" })
      }).pipe(Effect.provide(over()))
    )

    it.effect("refuse the stack as a version, and a file as a stack", () =>
      Effect.gen(function* () {
        const { stackId } = yield* stacked(2)
        const [a] = yield* files(1)
        assert.include((yield* Effect.flip(VersionStack.takeOut(stackId))).message, "is a version stack itself")
        assert.strictEqual((yield* Effect.flip(VersionStack.takeApart(a ?? stackId)))._tag, "FrameioNotInStack")
      }).pipe(Effect.provide(over()))
    )

    it.effect("say which version is left where the last cannot be taken out", () =>
      Effect.gen(function* () {
        const { world } = yield* FakeFrameio.FakeFrameio
        const { stackId, versions } = yield* stacked(3)
        const unversion = world.unversion.bind(world)
        world.unversion = (args) =>
          args.assetId === versions[0]
            ? { ok: false, refusal: { reason: "NotInStack", assetId: at(versions, 0), detail: "the last one stays" } }
            : unversion(args)
        assert.deepStrictEqual(yield* VersionStack.takeApart(stackId), {
          stackId,
          files: versions.slice(1),
          left: Option.fromNullable(versions[0])
        })
      }).pipe(Effect.provide(over()))
    )
  })

  describe("whatever the API does where it is not documented", () => {
    it.effect.each(combinations.map((unknowns) => [nameOf(unknowns), unknowns] as const))("%s", ([, unknowns]) =>
      Effect.gen(function* () {
        const [a, b, c, d, e] = yield* files(5)
        if (a === undefined || b === undefined || c === undefined || d === undefined || e === undefined) return
        const { stackId } = yield* VersionStack.build([a, b, c])
        assert.deepStrictEqual(yield* versionsOf(stackId), [a, b, c])
        // Onto a version of the stack, by what is known of it and by what is not.
        assert.strictEqual((yield* VersionStack.append({ onto: a, next: d })).stackId, stackId)
        const { forget } = yield* AssetCache.AssetCache
        yield* forget()
        assert.strictEqual((yield* VersionStack.append({ onto: d, next: e })).stackId, stackId)
        assert.deepStrictEqual(yield* versionsOf(stackId), [a, b, c, d, e])
        assert.strictEqual((yield* VersionStack.head(b)).id, e)
        const { versions } = yield* VersionStack.members(stackId)
        assert.deepStrictEqual(
          versions.map(({ id }) => id),
          [a, b, c, d, e]
        )
        assert.deepStrictEqual((yield* VersionStack.takeOut(c)).stackId, Option.some(stackId))
        assert.deepStrictEqual((yield* VersionStack.takeOut(c)).how, "already")
        assert.deepStrictEqual(yield* versionsOf(stackId), [a, b, d, e])
        assert.deepStrictEqual((yield* VersionStack.takeApart(stackId)).files, [a, b, d, e])
        for (const id of [a, b, c, d, e]) assert.strictEqual((yield* VersionStack.locate(id))._tag, "File")
        const again = yield* VersionStack.build([e, d, c, b, a])
        assert.deepStrictEqual(yield* versionsOf(again.stackId), [e, d, c, b, a])
      }).pipe(Effect.provide(over({ unknowns })))
    )
  })

  describe("whatever happens on the way", () => {
    const faulty = FastCheck.record({
      seed: FastCheck.nat(1_000_000),
      unknowns: FastCheck.constantFrom(...combinations),
      count: FastCheck.integer({ min: 2, max: 6 }),
      odds: FastCheck.constantFrom(
        { answerLost: 0.4 },
        { requestLost: 0.3, answerLost: 0.2, noAnswer: 0.1 },
        { errorBefore: 0.25, errorAfter: 0.25 },
        { htmlBefore: 0.2, htmlAfter: 0.2, connectionRefused: 0.2 }
      )
    })

    /** Does it again after a failure, as its errors say, with nothing known of the time before. */
    const persistently = <A, E extends { readonly _tag: string }, R>(
      effect: Effect.Effect<A, E, R>
    ): Effect.Effect<A, E, R | AssetCache.AssetCache> =>
      Effect.catchAll(effect, (error) =>
        error._tag === "FrameioNotMade" || error._tag === "FrameioOutcomeUnknown" || FrameioError.isFrameioError(error)
          ? Effect.flatMap(AssetCache.AssetCache, (cache) => Effect.zipRight(cache.forget(), persistently(effect)))
          : Effect.fail(error)
      )

    it.live(
      "every version is on the stack once and in order, and comes off again",
      () =>
        Effect.promise(() =>
          FastCheck.assert(
            FastCheck.asyncProperty(faulty, ({ count, odds, seed, unknowns }) =>
              Effect.gen(function* () {
                const { counts } = yield* FakeFrameio.FakeFrameio
                const ids = yield* files(count)
                const { stackId } = yield* persistently(VersionStack.build(ids))
                assert.deepStrictEqual(yield* versionsOf(stackId), ids)
                assert.strictEqual((yield* counts("assets.version")).applied, count - 1)
                yield* Effect.forEach(ids, (id) => persistently(VersionStack.takeOut(id)), { discard: true })
                for (const id of ids) assert.deepStrictEqual(yield* versionsOf(id), [])
                assert.isAtMost((yield* counts("assets.unversion")).applied, count)
              }).pipe(
                Effect.provide(over({ unknowns, faults: FaultPlan.random({ seed, ...odds }) })),
                Logger.withMinimumLogLevel(LogLevel.None),
                VirtualClock.run,
                Effect.runPromise
              )
            ),
            { numRuns: 150 }
          )
        ),
      120_000
    )
  })
})
