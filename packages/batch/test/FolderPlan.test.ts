import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  BatchRunner,
  FolderPlan,
  FolderReader,
  NamingRule,
  PlanFile,
  type VersionGrouping
} from "@effect-frameio/batch"
import { Asset, FrameioClient, RateLimitRule, RateLimitScheduler, V4Client } from "@effect-frameio/core"
import { Repository, RepositoryV4 } from "@effect-frameio/stacks"
import { FakeFrameio, FaultPlan, RateLimiter, Seed, VirtualClock, World } from "@effect-frameio/testing"
import { Chunk, Effect, Fiber, Layer, Redacted, Stream, TestClock } from "effect"
import { faces } from "./faces.js"

const vfx = NamingRule.byName("vfx")

const unlimited: FakeFrameio.Options = { limits: RateLimiter.unlimited }

const drawn = (grouping: VersionGrouping.Grouping) =>
  grouping.groups.map(
    ({ base, lines, target }) =>
      `${base}: ${target.kind} ${target.version} < ${lines.map(({ version }) => version).join(", ")}`
  )

const kinds = (plan: VersionGrouping.Grouping) =>
  plan.findings.reduce<Record<string, number>>((all, { kind }) => {
    all[kind] = (all[kind] ?? 0) + 1
    return all
  }, {})

/** The names on the stack of a file, oldest first. */
const namesOn = (world: World.World, id: string): ReadonlyArray<string> =>
  (world.stackOf(id)?.versions ?? []).map((one) => world.get(one)?.name ?? "")

const listings = (fake: FakeFrameio.Service) => fake.journal.of("assets.children").map(({ assetIds }) => assetIds[0])

type LayerOptions = Parameters<typeof FakeFrameio.layerClient>[0]

const layer = (options: LayerOptions) => Layer.provideMerge(Repository.layerV2, FakeFrameio.layerClient(options))

const within = <A, E, R>(options: FakeFrameio.Options, effect: Effect.Effect<A, E, R>) =>
  effect.pipe(Effect.provide(layer(options)))

describe("a folder as it is found in the field", () => {
  const expected = [
    "=HYPERLINK(A1): file v01 < v02",
    "ABC_010: file v01 < v02",
    "ABC_020_1920x1080: file v01 < v02",
    "ABC_040: file v01 < v02",
    "ABC_060.1001: file v001 < v002",
    "ABC_060.1002: file v001 < v002",
    "AGM_101_005_010_comp_NFX: file v001 < v002, v003",
    "AGM_101_005_020_comp_NFX: file v001 < v002, v003",
    "AGM_201_010_comp_NFX: stack v002 < v3, v004",
    "AGM_201_020_comp_NFX: stack v03 < v04",
    "AGM_202_010_comp: file v01 < v02, v04",
    `Nuit_${"été".normalize("NFC")}: file v01 < v02`,
    "XABC_010: file v01 < v02",
    "uc241217_020: file v001 < v002"
  ]

  it.effect.each(faces)("gets a plan of what is plain, and a finding for all that is not, over $api", (face) =>
    face.within(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { folderId } = Seed.delivery(fake.world, { shots: 2 })
        const plan = yield* FolderPlan.make(folderId, vfx)
        // A still that is called .mov: V4 tells the type by the name, v2 by the content.
        const still = face.api === "V4" ? ["AGM_202_030_comp: file v01 < v02"] : []
        assert.deepStrictEqual(drawn(plan), [...expected, ...still].sort())
        assert.deepStrictEqual(kinds(plan), {
          "ambiguous-name": 2,
          "duplicate-version": 2,
          gap: 1,
          ...(face.api === "V4" ? {} : { "mixed-types": 1 }),
          "near-match": 2,
          "no-rule": 4,
          "out-of-order": 1,
          "several-stacks": 1,
          spaces: 1,
          // By a blank behind the extension V4 does not know the type.
          ...(face.api === "V4" ? { unprocessed: 1 } : {}),
          waits: 1
        })
        assert.strictEqual(plan.jobs, 18 + still.length)
        assert.strictEqual(plan.longestChain, 2)
        assert.deepInclude(plan.folder, { id: folderId, path: "AGM delivery" })
        // The folder's one page, and those stacks that a file has the base of; not the one that has nothing to get.
        assert.strictEqual(face.listings(fake), 6)
        assert.strictEqual(plan.read.requests, 6)
      })
    )
  )

  it.effect("is planned, run, and planned again with nothing left to do", () =>
    within(
      unlimited,
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { folderId } = Seed.delivery(fake.world, { shots: 20 })
        const plan = yield* FolderPlan.make(folderId, vfx, { recursive: true })
        const counts = yield* BatchRunner.runCounted(yield* FolderPlan.toVersionPlan(plan))
        assert.deepInclude(counts, { confirmed: plan.jobs, failed: 0, skipped: 0 })
        assert.strictEqual((yield* fake.counts("assets.version")).requests, plan.jobs)
        for (const { lines, target } of plan.groups) {
          const names = namesOn(fake.world, lines[0]?.nextAssetId ?? "")
          assert.deepStrictEqual(
            names.slice(-lines.length),
            lines.map(({ name }) => name)
          )
          if (target.kind === "file") assert.deepStrictEqual(names, [target.name, ...lines.map(({ name }) => name)])
        }
        const again = yield* FolderPlan.make(folderId, vfx, { recursive: true })
        assert.deepStrictEqual(drawn(again), [])
        const refused = yield* Effect.flip(FolderPlan.toVersionPlan(again))
        assert.strictEqual(refused._tag, "PlanRefused")
      })
    )
  )

  it.effect("named by an Adobe id, is in the plan by the UUID that Frame.io answers", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameio.FakeFrameio
      const { folderId } = Seed.delivery(fake.world, { shots: 2 })
      const prefix = "adobe:urn:aaid:sc:EU:"
      // The fake knows UUIDs: what Frame.io would look up is looked up on the way.
      const knowing = Layer.effect(
        HttpClient.HttpClient,
        Effect.map(HttpClient.HttpClient, (client) =>
          HttpClient.mapRequest(client, (request) =>
            HttpClientRequest.setUrl(request, request.url.replace(encodeURIComponent(prefix), ""))
          )
        )
      )
      const repository = RepositoryV4.layer.pipe(
        Layer.provide(V4Client.layer({ token: Redacted.make(FakeFrameio.token) })),
        Layer.provide(knowing),
        Layer.orDie
      )
      const plan = yield* FolderPlan.make(Asset.AssetId.make(prefix + folderId), vfx).pipe(Effect.provide(repository))
      const written = [...PlanFile.write(plan.groups, "csv")].join("")
      assert.include(written, folderId)
      assert.notInclude(written, "adobe:")
    }).pipe(Effect.provide(layer(unlimited)))
  )

  it.effect("has other series by other rules, each where its names are", () =>
    within(
      unlimited,
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const { editId, setId } = Seed.delivery(fake.world)
        const edit = yield* FolderPlan.make(editId, NamingRule.byName("date-ymd"))
        assert.deepStrictEqual(drawn(edit), ["Trailer: file 20241203 < 241210, 2024-12-17"])
        // Six digits beside eight: nobody has said that the year comes first in them.
        const unsaid = yield* FolderPlan.make(editId, NamingRule.byName("date"))
        assert.deepStrictEqual(drawn(unsaid), [])
        assert.deepStrictEqual(kinds(unsaid), { "ambiguous-series": 1 })
        const set = yield* FolderPlan.make(setId, NamingRule.byName("take"))
        assert.deepStrictEqual(drawn(set), ["Sc12: file tk01 < tk02, take3", "Sc13: file take 1 < take 2"])
      })
    )
  )
})

describe("reading", () => {
  const pages = (count: number) => (world: World.World) => {
    for (let n = 0; n < count; n++) world.addFile({ name: `AB_${n >> 1}_v${(n % 2) + 1}.mov` })
  }
  const rootOf = (fake: FakeFrameio.Service) => fake.world.projects[0]?.rootId ?? Asset.AssetId.make("")

  it.effect("asks for each page once, and reads a server that gives fewer per page to its end", () =>
    within(
      { ...unlimited, world: pages(230), unknowns: { maximumPageSize: 20 } },
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const seen: Array<FolderReader.Progress> = []
        const plan = yield* FolderPlan.make(rootOf(fake), vfx, {
          onProgress: (progress) => Effect.sync(() => seen.push(progress))
        })
        assert.strictEqual(plan.jobs, 115)
        assert.lengthOf(listings(fake), 12)
        assert.strictEqual((yield* fake.counts()).requests, 13)
        assert.deepInclude(seen.at(-1), { requests: 12, left: 0 })
        assert.deepInclude(seen[0], { requests: 1, left: 11 })
        assert.deepInclude(plan.read, { files: 230, folders: 1, stacks: 0 })
      })
    )
  )

  it.effect("reads folders below only when told, each once, and names them by their path", () =>
    within(
      unlimited,
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const one = fake.world.addFolder({ name: "one" })
        const two = fake.world.addFolder({ name: "two", parentId: one })
        for (const parentId of [one, two]) {
          fake.world.addFile({ name: "AB_v1.mov", parentId })
          fake.world.addFile({ name: "AB_v2.mov", parentId })
        }
        assert.strictEqual((yield* FolderPlan.make(rootOf(fake), vfx)).jobs, 0)
        const deep = yield* FolderPlan.make(rootOf(fake), vfx, { recursive: true })
        assert.deepStrictEqual(
          deep.groups.map(({ folder }) => folder),
          ["root/one", "root/one/two"]
        )
        assert.lengthOf(listings(fake), 4)
        const contents = yield* Stream.runCollect(FolderReader.read(rootOf(fake), { recursive: true }))
        assert.deepStrictEqual(
          Chunk.toReadonlyArray(contents).map(({ files, folder }) => [folder.path, files.length]),
          [
            ["root", 0],
            ["root/one", 2],
            ["root/one/two", 2]
          ]
        )
      })
    )
  )

  it.effect.each(faces)("goes on beside a folder that it may not read, and one that is gone, over $api", (face) =>
    Effect.gen(function* () {
      const world = World.make()
      const closed = new Set<string>()
      world.addUser({ tokens: [FakeFrameio.token], allows: ({ asset }) => !closed.has(asset.id) })
      const { rootId } = world.addProject()
      const folders = ["Closed", "Gone", "Open"].map((name) => {
        const parentId = world.addFolder({ name })
        world.addFile({ name: "AB_v1.mov", parentId })
        world.addFile({ name: "AB_v2.mov", parentId })
        return parentId
      })
      closed.add(folders[0] ?? "")
      const deleteOne = (progress: FolderReader.Progress) =>
        Effect.sync(() => {
          if (progress.requests === 1) world.remove(folders[1] ?? "")
        })
      const plan = yield* face.within(FolderPlan.make(rootId, vfx, { recursive: true, onProgress: deleteOne }), {
        world
      })
      assert.deepStrictEqual(
        plan.groups.map(({ folder }) => folder),
        ["root/Open"]
      )
      assert.deepStrictEqual(
        plan.findings.map(({ folder, kind, severity }) => [folder, kind, severity]),
        [
          ["root/Closed", "folder-unread", "left-out"],
          ["root/Gone", "folder-unread", "left-out"]
        ]
      )
      assert.include(plan.findings[0]?.message, "(403)")
      assert.include(plan.findings[0]?.message, "Ask for access")
      assert.include(plan.findings[1]?.message, "deleted or moved meanwhile")
    })
  )

  it.effect.each(faces)("leaves alone what stands beside a stack that it may not read, over $api", (face) =>
    Effect.gen(function* () {
      const world = World.make()
      const closed = new Set<string>()
      world.addUser({ tokens: [FakeFrameio.token], allows: ({ asset }) => !closed.has(asset.id) })
      const { rootId } = world.addProject()
      const [v1, v2] = ["AB_v1.mov", "AB_v2.mov", "AB_v3.mov", "AB_v4.mov"].map((name) => world.addFile({ name }))
      const made = world.version({ assetId: v1 ?? "", nextAssetId: v2 ?? "", nowMillis: 0 })
      closed.add(made.ok ? made.value.stackId : "")
      const plan = yield* face.within(FolderPlan.make(rootId, vfx), { world })
      assert.deepStrictEqual(drawn(plan), [])
      assert.deepStrictEqual(kinds(plan), { "stack-unread": 1 })
    })
  )

  it.effect.each(faces)("fails where the folder itself may not be read, is none, or is not there, over $api", (face) =>
    face.within(
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const file = fake.world.addFile({ name: "AB_v1.mov" })
        const notAFolder = yield* Effect.flip(FolderPlan.make(file, vfx))
        assert.strictEqual(notAFolder._tag, "NotAFolder")
        assert.include(notAFolder.message, `"AB_v1.mov" (${file}) is a file, not a folder`)
        const other = fake.world.addFile({ name: "AB_v2.mov" })
        const made = fake.world.version({ assetId: file, nextAssetId: other, nowMillis: 0 })
        const onStack = yield* Effect.flip(FolderPlan.make(made.ok ? made.value.stackId : file, vfx))
        assert.include(onStack.message, "is a version stack, not a folder")
        const nowhere = Asset.AssetId.make("0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10")
        assert.strictEqual((yield* Effect.flip(FolderPlan.make(nowhere, vfx)))._tag, "FrameioNotFound")
        const foreign = fake.world.addUser({ accountId: fake.world.addAccount(), tokens: ["other"] })
        const closed = fake.world.addProject({ teamId: fake.world.addTeam({ accountId: foreign.accountId }) })
        assert.strictEqual((yield* Effect.flip(FolderPlan.make(closed.rootId, vfx)))._tag, "FrameioForbidden")
        fake.world.revokeToken(FakeFrameio.token)
        assert.strictEqual((yield* Effect.flip(FolderPlan.make(rootOf(fake), vfx)))._tag, "FrameioUnauthorized")
      })
    )
  )

  it.effect("plans nothing in a folder that assets left while it was read, and all in one that some came to", () =>
    within(
      { ...unlimited, world: pages(300), unknowns: { maximumPageSize: 20 } },
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const during = (change: () => void) =>
          FolderPlan.make(rootOf(fake), vfx, {
            onProgress: ({ requests }) => Effect.sync(() => (requests === 1 ? change() : undefined))
          })
        const grown = yield* during(() => {
          for (let n = 0; n < 30; n++) fake.world.addFile({ name: `CD_v${n + 1}.mov` })
        })
        assert.lengthOf(
          grown.groups.filter(({ base }) => base.startsWith("AB_")),
          150
        )
        // The list is read again until it is whole.
        assert.lengthOf(grown.groups.find(({ base }) => base === "CD")?.lines ?? [], 29)
        assert.deepStrictEqual(grown.findings, [])
        const shrunk = yield* during(() => {
          for (const id of fake.world.children(rootOf(fake), { pageSize: 3 }).ids) fake.world.remove(id)
        })
        assert.strictEqual(shrunk.jobs, 0)
        assert.deepStrictEqual(kinds(shrunk), { changed: 1 })
      })
    )
  )

  it.effect("plans nothing in a folder whose pages became fewer while it was read, where no total is told", () =>
    within(
      { ...unlimited, world: pages(300), unknowns: { maximumPageSize: 20 } },
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const client = yield* FrameioClient.FrameioClient
        const shrunk = yield* FolderPlan.make(rootOf(fake), vfx, {
          onProgress: ({ requests }) =>
            Effect.sync(() => {
              if (requests !== 1) return
              for (const id of fake.world.children(rootOf(fake), { pageSize: 20 }).ids) fake.world.remove(id)
            })
        }).pipe(
          Effect.provideService(FrameioClient.FrameioClient, {
            ...client,
            children: (request) => Effect.map(client.children(request), (page) => ({ ...page, total: undefined }))
          })
        )
        assert.strictEqual(shrunk.jobs, 0)
        assert.deepStrictEqual(
          shrunk.findings.map(({ kind, severity }) => [kind, severity]),
          [["changed", "left-out"]]
        )
      })
    )
  )

  it.effect("says over V4, whose lists are not read again, that assets came or left meanwhile", () =>
    Effect.gen(function* () {
      const world = World.make()
      const { rootId } = world.addProject()
      world.addUser({ tokens: [FakeFrameio.token] })
      for (let n = 0; n < 40; n++) world.addFile({ name: `AB_${n >> 1}_v${(n % 2) + 1}.mov` })
      const during = (change: () => void) =>
        FolderPlan.make(rootId, vfx, {
          pageSize: 10,
          onProgress: ({ requests }) => Effect.sync(() => (requests === 1 ? change() : undefined))
        })
      const v4 = faces.find(({ api }) => api === "V4")
      assert(v4 !== undefined)
      const [grown, shrunk] = yield* v4.within(
        Effect.all([
          during(() => world.addFile({ name: "CD_v1.mov" })),
          during(() => world.remove(world.children(rootId, { pageSize: 1 }).ids[0] ?? ""))
        ]),
        { world }
      )
      assert.lengthOf(
        grown.groups.filter(({ base }) => base.startsWith("AB_")),
        20
      )
      assert.deepStrictEqual(kinds(grown), { changed: 1 })
      assert.deepStrictEqual(
        shrunk.findings.map(({ kind, severity }) => [kind, severity]),
        [["changed", "left-out"]]
      )
      assert.strictEqual(shrunk.jobs, 0)
    })
  )

  it.effect("gives up its requests when it is interrupted", () =>
    within(
      { world: pages(500), unknowns: { maximumPageSize: 20 }, faults: FaultPlan.latency({ millis: 1000 }) },
      Effect.gen(function* () {
        const fake = yield* FakeFrameio.FakeFrameio
        const fiber = yield* Effect.fork(FolderPlan.make(rootOf(fake), vfx))
        yield* TestClock.adjust("2500 millis")
        yield* Fiber.interrupt(fiber)
        const { requests } = yield* fake.counts()
        yield* TestClock.adjust("10 minutes")
        assert.strictEqual((yield* fake.counts()).requests, requests)
        assert.isBelow(requests, 26)
      })
    )
  )
})

describe("a server with faults", () => {
  it.live.each([1, 2, 3])("gets the same plan, later (seed %i)", (seed) =>
    Effect.gen(function* () {
      const planOf = (faults: FaultPlan.FaultPlan) =>
        VirtualClock.run(
          Effect.gen(function* () {
            const fake = yield* FakeFrameio.FakeFrameio
            const { folderId } = Seed.delivery(fake.world, { shots: 60 })
            const plan = yield* FolderPlan.make(folderId, vfx, { recursive: true, pageSize: 10 })
            return { groups: plan.groups, findings: plan.findings, read: { ...plan.read, requests: 0 } }
          }).pipe(Effect.provide(layer({ payload: "slim", faults, client: { retry: { readRetries: 20 } } })))
        )
      const sound = yield* planOf(FaultPlan.none)
      const faulty = yield* planOf(
        FaultPlan.combine(
          FaultPlan.latency({ millis: 100, jitterMillis: 100, seed }),
          FaultPlan.random({
            seed,
            connectionRefused: 0.05,
            answerLost: 0.05,
            errorBefore: 0.05,
            noAnswer: 0.02,
            headersMissing: 0.02
          })
        )
      )
      assert.deepStrictEqual(faulty, sound)
    })
  )
})

describe("the time it takes", () => {
  it.live(
    "is that of the listing: 50 000 files in 100 folders at 200 requests per minute",
    () =>
      Effect.gen(function* () {
        const limit = { limit: 200, windowMillis: 60_000 }
        const outcome = yield* VirtualClock.run(
          Effect.gen(function* () {
            const fake = yield* FakeFrameio.FakeFrameio
            const root = fake.world.addFolder({ name: "Show" })
            for (let n = 0; n < 100; n++) {
              const folderId = fake.world.addFolder({ name: `Reel ${n}`, parentId: root })
              Seed.shots(fake.world, { shots: 125, versions: 4, folderId, show: `R${n}` })
            }
            const { snapshot } = yield* RateLimitScheduler.RateLimitScheduler
            let free: number | undefined
            const plan = yield* FolderPlan.make(root, vfx, {
              recursive: true,
              onProgress: ({ requests }) =>
                requests === 250
                  ? Effect.map(snapshot, (buckets) => {
                      free = buckets.find(({ route }) => route.endsWith("/children"))?.free
                    })
                  : Effect.void
            })
            return { plan, free, counts: yield* fake.counts(), elapsed: yield* fake.elapsedMillis }
          }).pipe(
            Effect.provide(
              layer({
                payload: "slim",
                limits: { "assets.children": limit },
                faults: FaultPlan.latency({ millis: 120, jitterMillis: 60 })
              })
            )
          )
        )
        assert.strictEqual(outcome.plan.jobs, 37_500)
        assert.lengthOf(outcome.plan.groups, 12_500)
        assert.strictEqual(outcome.counts.refused, 0)
        // One for the folder itself, one for its list, five pages of each folder below it.
        assert.strictEqual(outcome.counts.requests, 502)
        // Half way through, somebody else still finds room in the bucket.
        assert.isAbove(outcome.free ?? 0, 20)
        const shortest = RateLimitRule.shortestMillis(limit, 501)
        assert.isAtMost(outcome.elapsed / shortest, 1.03, `${outcome.elapsed} ms, ${shortest} at the least`)
      }),
    120_000
  )
})
