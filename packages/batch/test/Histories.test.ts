import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import type { Asset } from "@effect-frameio/core"
import { Repository } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter, VirtualClock } from "@effect-frameio/testing"
import { Effect, Fiber, FastCheck as fc, Layer, Logger, LogLevel, Random } from "effect"
import * as Layers from "./layers.js"
import { run, storeOf, undo } from "./store.js"

/** How many jobs: the same number and the same seed are the same jobs. */
const COUNT = Number(process.env.JOBS ?? 12)
const SEED = Number(process.env.SEED ?? 1)

type AssetId = Asset.AssetId

// -----------------------------------------------------------------------------
// what is drawn
// -----------------------------------------------------------------------------

/** What a chain is to be put on: a file, perhaps with the first of its versions on it already; a stack; a version. */
const target = fc.oneof(
  fc.record({ kind: fc.constant("file" as const), inPlace: fc.constantFrom(0, 0, 0, 1, 2) }),
  fc.record({ kind: fc.constantFrom("stack" as const, "member" as const), inPlace: fc.constant(0) })
)

/** What cannot be put there: gone, a version on the stack of somebody else, or never uploaded. */
const wrong = fc.record({
  at: fc.nat(13),
  kind: fc.constantFrom("gone" as const, "theirs" as const, "placeholder" as const)
})

const chain = fc.record({
  target,
  /** Where each version lies: in the folder, or in another. */
  versions: fc.array(fc.constantFrom("near" as const, "near" as const, "far" as const), {
    minLength: 1,
    maxLength: 13
  }),
  wrong: fc.option(wrong, { nil: undefined, freq: 4 }),
  isExpected: fc.boolean(),
  /** In which of the two shares the target is. */
  shares: fc.subarray([0, 1])
})

const among = <const A extends ReadonlyArray<unknown>>(...all: A): fc.Arbitrary<A[number]> => fc.constantFrom(...all)

const odds = (most: number) => fc.integer({ min: 0, max: most }).map((percent) => percent / 100)

const scenario = fc.record({
  seed: fc.nat(1_000_000),
  api: fc.constantFrom(...Layers.variants),
  chains: fc.array(chain, { minLength: 1, maxLength: 5 }),
  kills: fc.array(fc.nat(6000), { maxLength: 6 }),
  undoKills: fc.array(fc.nat(6000), { maxLength: 4 }),
  staleMillis: fc.constantFrom(0, 50, 500),
  roundTripMillis: fc.constantFrom(2, 40, 300),
  /** Whether a request arrives whose sender is dead. */
  outlives: fc.boolean(),
  stranger: fc.boolean(),
  odds: fc.record({
    connectionRefused: odds(4),
    requestLost: odds(6),
    answerLost: odds(8),
    noAnswer: odds(2),
    errorBefore: odds(6),
    errorAfter: odds(8),
    htmlBefore: odds(3),
    htmlAfter: odds(3),
    headersMissing: odds(5),
    headersMalformed: odds(5)
  }),
  v4: fc.record({
    movedFilePlace: among("top", "top", "bottom"),
    headParent: among("stack", "folder"),
    createdStackable: among("allow", "refuse"),
    nextInOtherStack: among("move", "refuse"),
    moveToSameParent: among("unchanged", "refuse", "to-top"),
    createWithMember: among(404, 409, 422),
    moveOntoFile: among(404, 422),
    stackOnFileRoute: among(404, 422),
    stackOnFolderRoute: among(404, 422),
    remainingOn429: among("full", "zero", "true", "absent"),
    retryAfter: among(undefined, 2),
    addShared: among("nothing", 409, 422),
    removeUnshared: among(404, 422)
  })
})

type Scenario = typeof scenario extends fc.Arbitrary<infer A> ? A : never

// -----------------------------------------------------------------------------
// the world, and what is to become of it
// -----------------------------------------------------------------------------

const worldOf = ({ api, chains }: Pick<Scenario, "api" | "chains">) =>
  Effect.map(FakeFrameio.FakeFrameio, (fake) => {
    const { world } = fake
    const home = world.addFolder({ name: "shots" })
    const far = world.addFolder({ name: "incoming" })
    const file = (name: string, parentId: AssetId = home) => world.addFile({ name: `${name}.mov`, parentId })
    const stack = (...files: ReadonlyArray<AssetId>) => {
      const [first, ...rest] = files
      assert(first !== undefined)
      for (const nextAssetId of rest) world.version({ assetId: world.stackOf(first)?.id ?? first, nextAssetId })
      return first
    }
    const all = chains.map(({ isExpected, shares, target, versions, wrong }, at) => {
      // v2 is asked blindly: what is found after a kill may have been there before the job, nobody can tell.
      const inPlace = api.readsFirst ? target.inPlace : 0
      const base = file(`shot${at}_v0`)
      const files = versions.map((where, n) => {
        const name = `shot${at}_v${n + 1}`
        if (wrong === undefined || wrong.at !== n || n < inPlace) return file(name, where === "far" ? far : home)
        const odd = file(name)
        // v2 is asked blindly: what became of a call about a file that is gone by now, nobody can tell.
        if (wrong.kind === "gone" && api.readsFirst) world.remove(odd)
        else if (wrong.kind !== "placeholder") stack(file(`${name}_theirs`), odd)
        if (wrong.kind === "placeholder") {
          world.setAssetType(odd, null)
          world.uploads.expect({ assetId: odd, filesize: 10, contentType: "video/mp4", partSize: 10 })
        }
        return odd
      })
      const under = target.kind === "file" ? [base] : [file(`shot${at}_vA`), base]
      const before = [...under, ...files.slice(0, inPlace)]
      if (before.length > 1) stack(...before)
      const stackId = world.stackOf(base)?.id
      const asked = target.kind === "stack" ? (stackId ?? base) : target.kind === "member" ? (before[0] ?? base) : base
      const isLoose = before.length === 1
      const fields =
        isExpected && isLoose ? { target_type: "file", target_folder_id: home, target_name: `shot${at}` } : undefined
      const isReached = wrong !== undefined && wrong.at >= inPlace && wrong.at < files.length
      // Blindly, v2 itself is asked.
      const isTaken = wrong?.kind === "placeholder" && !api.readsFirst
      const bad = isReached && !isTaken ? wrong : undefined
      return { asked, base, before, files, isLoose, fields, bad, shares }
    })
    const strangers = file("stranger")
    const shareIds = [0, 1].map((n) =>
      fake.addShare({
        name: `share ${n}`,
        assetIds: [strangers, ...all.flatMap(({ base, shares }) => (shares.includes(n) ? [base] : []))]
      })
    )
    /** Where each file is, what is on each stack, and what is in the shares. */
    const look = () => {
      const ids = new Set(all.flatMap(({ before, files }) => [...before, ...files]))
      return {
        parents: [...ids].map((id) => [id, world.get(id)?.parentId ?? "gone"] as const),
        stacks: all.map(({ base }) => [...(world.stackOf(base)?.versions ?? [])]),
        shares: shareIds.map((id) => [...fake.shareAssets(id)].sort())
      }
    }
    return { all, far, home, look, shareIds, world }
  })

type Made = Effect.Effect.Success<ReturnType<typeof worldOf>>

/** How many versions of a chain come onto their stack: those below the first that cannot, or fewer where `atMost`. */
const reach = ({ bad, files, isLoose, shares }: Made["all"][number]) => ({
  count: bad === undefined ? files.length : bad.at,
  // Where the newest file of a new stack is not found to be gone before, and cannot come into a share, nothing is stacked.
  atMost: bad?.kind === "gone" && bad.at === files.length - 1 && isLoose && shares.length > 0
})

// -----------------------------------------------------------------------------
// one job
// -----------------------------------------------------------------------------

/** A client whose requests arrive though their sender is killed. */
const outliving = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) =>
    HttpClient.make((request) => Effect.flatMap(Effect.forkDaemon(client.execute(request)), Fiber.join))
  )
)

const RUNS = 8

const history = (given: Scenario): Promise<void> => {
  let isFaulty = true
  const random = FaultPlan.random({ seed: given.seed, ...given.odds })
  const faults = FaultPlan.combine(
    FaultPlan.latency({ millis: given.roundTripMillis, jitterMillis: given.roundTripMillis / 2, seed: given.seed }),
    FaultPlan.make((request) => (isFaulty ? random.decide(request) : undefined))
  )
  const { api } = given
  const layer = api.layer({
    seed: given.seed,
    limits: {
      [api.make]: { limit: 5, windowMillis: 1000 },
      [api.grow]: { limit: 10, windowMillis: 1000 },
      "*": "unlimited"
    },
    foreign: given.stranger ? [RateLimiter.steady({ endpoint: api.make, perSecond: 1 })] : [],
    faults,
    client: { retry: { readRetries: 3 } },
    // What v2 does is documented, but that reads may lag behind.
    ...(api.readsFirst ? { v4: { ...given.v4, readAfterWriteMillis: given.staleMillis } } : {}),
    ...(given.outlives ? { wire: outliving } : {})
  })
  const program = Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const { all, far, home, look, shareIds, world } = yield* worldOf(given)
    const keep = api.readsFirst ? shareIds : []
    const before = look()
    const pairs = all.flatMap(({ asked, fields, files }) =>
      files.map((nextAssetId) => ({ assetId: asked, nextAssetId, fields }))
    )
    const store = storeOf(yield* VersionPlan.fromPairs(pairs), keep)

    for (const kill of given.kills) yield* run(store, kill)
    isFaulty = false
    for (let n = 0; n < RUNS && !(yield* run(store)); n++) {
      // Whoever has looked at a share in doubt puts back what was in it.
      for (const { assetId, shareId } of store.inDoubt()) {
        const was = before.shares[shareIds.indexOf(shareId)] ?? []
        if (was.includes(assetId)) yield* repository.shares?.add({ shareId, file: assetId }) ?? Effect.void
      }
      if (n < RUNS - 1) store.retryFailed()
    }
    const after = look()
    for (const [at, one] of all.entries()) {
      const { atMost, count } = reach(one)
      const stacked = after.stacks[at] ?? []
      const expected = [...one.before, ...one.files.slice(0, count).filter((id) => !one.before.includes(id))]
      const seen = stacked.length === 0 ? [one.base] : stacked
      assert.deepStrictEqual(
        seen,
        atMost ? expected.slice(0, Math.max(seen.length, one.before.length)) : expected,
        `chain ${at}, after the run`
      )
      if (one.bad !== undefined || keep.length === 0) continue
      for (const n of [0, 1]) {
        const share = after.shares[n] ?? []
        const isShared = one.shares.includes(n)
        const last = one.files.at(-1) ?? ""
        const swapped = one.isLoose && isShared
        assert.strictEqual(share.includes(one.base), isShared && !swapped, `chain ${at}, the old file in share ${n}`)
        assert.strictEqual(share.includes(last), swapped, `chain ${at}, the new file in share ${n}`)
      }
    }

    isFaulty = true
    for (const kill of given.undoKills) yield* undo(store, kill)
    isFaulty = false
    let isUndone = false
    for (let n = 0; n < RUNS && !isUndone; n++) isUndone = yield* undo(store)
    assert.isTrue(isUndone, JSON.stringify(store.rows.filter(({ state }) => state !== "undone")))
    const back = look()
    // v2 takes a version out beside its stack, wherever it came from.
    const homes = before.parents.map(
      ([id, parent]) => [id, !api.readsFirst && parent === far ? "far" : parent] as const
    )
    for (const [at, [id, parent]] of homes.entries()) {
      const now = back.parents[at]?.[1]
      if (parent === "far") assert.include([home, far], now)
      else assert.strictEqual(now, parent, `where ${world.get(id)?.name} is, after undo`)
    }
    assert.deepStrictEqual(back.stacks, before.stacks)
    assert.deepStrictEqual(back.shares, before.shares)
  })
  return Effect.runPromise(
    VirtualClock.run(
      program.pipe(
        Effect.provide(layer),
        Effect.withRandom(Random.make(given.seed)),
        Logger.withMinimumLogLevel(LogLevel.None),
        Effect.orDie
      )
    )
  )
}

/** Nothing goes wrong on the way of these. */
const calm = (api: Scenario["api"], chains: Scenario["chains"]): Scenario => ({
  seed: 0,
  api,
  chains,
  kills: [],
  undoKills: [],
  staleMillis: 0,
  roundTripMillis: 2,
  outlives: false,
  stranger: false,
  odds: {
    connectionRefused: 0,
    requestLost: 0,
    answerLost: 0,
    noAnswer: 0,
    errorBefore: 0,
    errorAfter: 0,
    htmlBefore: 0,
    htmlAfter: 0,
    headersMissing: 0,
    headersMalformed: 0
  },
  v4: {
    movedFilePlace: "top",
    headParent: "stack",
    createdStackable: "allow",
    nextInOtherStack: "move",
    moveToSameParent: "unchanged",
    createWithMember: 404,
    moveOntoFile: 404,
    stackOnFileRoute: 404,
    stackOnFolderRoute: 404,
    remainingOn429: "full",
    retryAfter: undefined,
    addShared: "nothing",
    removeUnshared: 404
  }
})

const onFile = { target: { kind: "file", inPlace: 0 }, isExpected: false } as const

/** What was found once, over each API. */
const found = Layers.variants.flatMap(
  (api): Array<[Scenario]> => [
    // A file that was moved in is above one that is gone, and so never comes onto the stack.
    [calm(api, [{ ...onFile, versions: ["near", "near", "far"], wrong: { at: 1, kind: "gone" }, shares: [] }])],
    // The file that is gone is the one to be shared.
    [calm(api, [{ ...onFile, versions: ["near", "near", "near"], wrong: { at: 2, kind: "gone" }, shares: [1] }])],
    // One file without content is among those of one request.
    [calm(api, [{ ...onFile, versions: ["near", "far", "near"], wrong: { at: 1, kind: "placeholder" }, shares: [1] }])]
  ]
)

describe("a job with whatever goes wrong, killed and run again any number of times, and undone alike", () => {
  it(
    "stacks what can be stacked, once and in order, and leaves everything as it was before",
    () =>
      fc.assert(fc.asyncProperty(scenario, history), { numRuns: COUNT + found.length, seed: SEED, examples: found }),
    600_000
  )
})
