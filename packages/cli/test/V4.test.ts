import { FetchHttpClient, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect } from "effect"
import { run } from "./run.js"

const http = FetchHttpClient.layer

/** A fake on a port, and the command pointed at its V4 face. */
const started = (shots: number, versions: number, options?: Partial<FakeFrameioServer.Options>) =>
  Effect.gen(function* () {
    let seeded: Seed.Shots | undefined
    const server = yield* FakeFrameioServer.make({
      port: 0,
      limits: RateLimiter.unlimited,
      ...options,
      world: (world) => {
        seeded = Seed.shots(world, { shots, versions })
      }
    })
    assert(seeded !== undefined)
    const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token, FRAMEIO_API: "" }
    const frameio = (...args: ReadonlyArray<string>) => run([...args, "--api", "v4"], { env, http })
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const pairs = `${folder}/pairs.csv`
    yield* fs.writeFileString(
      pairs,
      ["asset_id,next_asset_id", ...Seed.pairs(seeded).map((pair) => `${pair.assetId},${pair.nextAssetId}`)].join("\n")
    )
    return { server, seeded, env, frameio, folder, pairs, fs }
  })

const test = <E>(name: string, body: Effect.Effect<void, E, FileSystem.FileSystem | import("effect").Scope.Scope>) =>
  it.scopedLive(name, () => Effect.provide(body, NodeContext.layer), 60_000)

describe("the command over V4", () => {
  test(
    "puts one file on another, shows the stack, lists it, and deletes a file but no stack",
    Effect.gen(function* () {
      const { frameio, seeded, server } = yield* started(1, 3)
      const [one, two, three] = seeded.shots[0]?.versions ?? []
      assert(one !== undefined && two !== undefined && three !== undefined)
      const put = yield* frameio("version", one, two)
      assert.strictEqual(put.code, 0, put.err)
      const stack = JSON.parse(put.out)
      assert.deepInclude(stack, { type: "version_stack", cover_asset_id: two })
      assert.deepStrictEqual(server.world.stackOf(one)?.versions, [one, two])
      assert.strictEqual((yield* frameio("version", two, three)).code, 0)
      const shown = yield* frameio("show", three)
      assert.deepInclude(JSON.parse(shown.out), { id: three, type: "file", parent_id: stack.id })
      const listed = yield* frameio("ls", stack.id)
      assert.deepStrictEqual(
        listed.lines.map((line) => JSON.parse(line).id),
        [three, two, one]
      )
      const refused = yield* frameio("rm", stack.id, "--yes")
      assert.strictEqual(refused.code, 2)
      assert.include(refused.err, "deletes none")
      assert.strictEqual((yield* frameio("rm", three, "--yes")).code, 0)
      assert.deepStrictEqual(server.world.stackOf(one)?.versions, [one, two])
    })
  )

  test(
    "runs a job with a ledger, says how long it takes, goes on without being told the API, and undoes it",
    Effect.gen(function* () {
      const { env, folder, frameio, pairs, seeded, server } = yield* started(3, 12)
      const ledger = `${folder}/job.db`
      const dry = yield* frameio("batch", "run", pairs, "--dry-run", "--ledger", ledger)
      assert.strictEqual(dry.code, 0, dry.err)
      const ran = yield* frameio("batch", "run", pairs, "--ledger", ledger)
      assert.strictEqual(ran.code, 0, ran.err)
      assert.include(ran.err, "3 new stacks (10 a minute), 6 moves (100 a minute) and about 39 reads")
      for (const { versions } of seeded.shots) {
        assert.deepStrictEqual(server.world.stackOf(versions[0] ?? "")?.versions, versions)
      }
      const again = yield* run(["batch", "run", pairs, "--ledger", ledger], { env, http })
      assert.strictEqual(again.code, 0, again.err)
      const other = yield* run(["batch", "run", pairs, "--ledger", ledger, "--api", "v2"], { env, http })
      assert.strictEqual(other.code, 2)
      assert.include(other.err, "begun on v4")
      const undone = yield* run(["batch", "undo", "--ledger", ledger, "--yes"], { env, http })
      assert.strictEqual(undone.code, 0, undone.err)
      for (const { versions } of seeded.shots) assert.isUndefined(server.world.stackOf(versions[0] ?? ""))
    })
  )

  test(
    "lists every id of a plan that V4 does not find, and sends nothing",
    Effect.gen(function* () {
      const { frameio, fs, folder, pairs, server } = yield* started(2, 2)
      const gone = ["11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"]
      const text = yield* fs.readFileString(pairs)
      const file = `${folder}/v2.csv`
      yield* fs.writeFileString(file, `${text}\n${gone.join(",")}\n`)
      const refused = yield* frameio("batch", "run", file, "--ledger", `${folder}/v2.db`)
      assert.strictEqual(refused.code, 2)
      for (const id of gone) assert.include(refused.err, `line 4: ${id}`)
      assert.include(refused.err, "nothing was sent")
      assert.isFalse((yield* server.requests).some(({ applied }) => applied))
    })
  )

  test(
    "refuses an API and an account that cannot be, and says which variable",
    Effect.gen(function* () {
      const env = { FRAMEIO_TOKEN: "fio-u-test", FRAMEIO_API: "v3" }
      const wrong = yield* run(["ls", "11111111-1111-4111-8111-111111111111"], { env })
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.err, 'FRAMEIO_API is "v3"; it must be v2 or v4.')
      const account = yield* run(["ls", "11111111-1111-4111-8111-111111111111", "--api", "v4", "--account", "mine"], {
        env: { FRAMEIO_TOKEN: "fio-u-test" }
      })
      assert.strictEqual(account.code, 2)
      assert.include(account.err, 'The account "mine" is no id')
    })
  )
})
