import { FetchHttpClient, FileSystem, HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, FaultPlan, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Layer } from "effect"
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
      assert.include(refused.err, "cannot delete")
      assert.strictEqual((yield* frameio("rm", three, "--yes")).code, 0)
      assert.deepStrictEqual(server.world.stackOf(one)?.versions, [one, two])
    })
  )

  test(
    "puts a stack in order that an audit finds out of order, with a dry run, and back by undo",
    Effect.gen(function* () {
      const { folder, frameio, fs, server } = yield* started(1, 2)
      const { world } = server
      const show = world.addFolder({ name: "Show" })
      const files = [1, 3, 2].map((n) => world.addFile({ name: `AB_v0${n}.mov`, parentId: show, filesize: n }))
      const [one, three, two] = files
      assert(one !== undefined && two !== undefined && three !== undefined)
      for (const nextAssetId of [three, two]) {
        world.version({ assetId: world.stackOf(one)?.id ?? one, nextAssetId, nowMillis: 0 })
      }
      const [plan, ledger] = [`${folder}/mend.csv`, `${folder}/mend.db`]
      const found = yield* frameio("stacks", "audit", show, "--rule", "vfx", "--plan", plan)
      assert.strictEqual(found.code, 1, found.err)
      assert.include(found.err, "The plan that puts 1 version on top of its stack is in")
      assert.include(yield* fs.readFileString(plan), `,${one} ${three} ${two}\n`)
      const dry = yield* frameio("batch", "run", plan, "--dry-run")
      assert.strictEqual(dry.code, 0, dry.err)
      assert.deepStrictEqual(world.stackOf(one)?.versions, files)
      const ran = yield* frameio("batch", "run", plan, "--ledger", ledger)
      assert.strictEqual(ran.code, 0, ran.err)
      assert.include(ran.err, "0 moves (100 a minute), 1 reordering (10 a minute)")
      assert.deepStrictEqual(world.stackOf(one)?.versions, [one, two, three])
      assert.strictEqual((yield* frameio("stacks", "audit", show, "--rule", "vfx")).code, 0)
      const undone = yield* frameio("batch", "undo", "--ledger", ledger, "--yes")
      assert.strictEqual(undone.code, 0, undone.err)
      assert.deepStrictEqual(world.stackOf(one)?.versions, files)
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
      assert.include(ran.err, "3 new stacks (10 a minute), 6 moves (100 a minute) and about 78 reads")
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
    "finds out at Frame.io itself which API takes the token, says so, and asks for an account where there are several",
    Effect.gen(function* () {
      const { fs, seeded, server } = yield* started(1, 2)
      const [file = ""] = seeded.shots[0]?.versions ?? []
      const home = yield* fs.makeTempDirectoryScoped()
      const env = { HOME: home, FRAMEIO_TOKEN: FakeFrameio.token, FRAMEIO_API: "" }
      const project = server.world.projects[0]
      const other = "33333333-3333-4333-8333-333333333333"
      /** As if it were Frame.io: no request leaves this machine. */
      const as = (answers: (path: string) => Response | undefined) =>
        Layer.effect(
          HttpClient.HttpClient,
          Effect.map(HttpClient.HttpClient, (client) =>
            HttpClient.make((request, url) => {
              assert.strictEqual(url.origin, "https://api.frame.io")
              const answer = answers(url.pathname)
              return answer === undefined
                ? client.execute(HttpClientRequest.setUrl(request, server.baseUrl + url.pathname))
                : Effect.succeed(HttpClientResponse.fromWeb(request, answer))
            })
          )
        ).pipe(Layer.provide(http))
      const asked = (answers: (path: string) => Response | undefined, ...args: ReadonlyArray<string>) =>
        run(["show", file, ...args], { env, http: as(answers) })

      const v4 = yield* asked(() => undefined)
      assert.strictEqual(v4.code, 0, v4.err)
      assert.include(v4.err, "The token is one of Frame.io V4 (with --api v4 Frame.io need not be asked).")
      assert.strictEqual(JSON.parse(v4.out).id, file)

      const v2 = yield* asked((path) => (path.startsWith("/v4/") ? new Response("{}", { status: 401 }) : undefined))
      assert.strictEqual(v2.code, 0, v2.err)
      assert.include(v2.err, "The token is one of Frame.io v2")

      const neither = yield* asked(() => new Response("{}", { status: 401 }))
      assert.strictEqual(neither.code, 2)
      assert.include(neither.err, "frameio auth login")

      const two = {
        data: [
          { id: project?.accountId, display_name: "Studio" },
          { id: other, display_name: "Client" }
        ]
      }
      const several = (path: string) => (path === "/v4/accounts" ? Response.json(two) : undefined)
      const unchosen = yield* asked(several)
      assert.strictEqual(unchosen.code, 2, unchosen.err)
      for (const said of ["Studio", "Client", other, "--account <id>"]) assert.include(unchosen.err, said)
      const chosen = yield* asked(several, "--account", project?.accountId ?? "")
      assert.strictEqual(chosen.code, 0, chosen.err)
    })
  )

  test(
    "uploads a file onto a stack, and several onto the stacks of their names",
    Effect.gen(function* () {
      const { env, fs, server } = yield* started(1, 2)
      const folder = yield* fs.makeTempDirectoryScoped()
      const to = yield* server.addFolder({ name: "tonight" })
      const bottom = yield* server.addFile({ name: "a_v001.mov", parentId: to })
      const put = (name: string) =>
        Effect.as(fs.writeFileString(`${folder}/${name}`, `made up ${name}`), `${folder}/${name}`)
      const frameio = (...args: ReadonlyArray<string>) =>
        run([...args, "--api", "v4"], { env: { ...env, HOME: folder }, http: NodeHttpClient.layerUndici })
      const one = yield* frameio("upload", yield* put("a_v002.mov"), "--onto", bottom)
      assert.strictEqual(one.code, 0, one.err)
      const ended = JSON.parse(one.lines.at(-1) ?? "")
      assert.strictEqual(ended._tag, "Finished")
      const names = () => server.world.stackOf(bottom)?.versions.map((id) => server.world.get(id)?.name)
      assert.deepStrictEqual(names(), ["a_v001.mov", "a_v002.mov"])
      const files = [
        yield* put("a_v003.mov"),
        yield* put("a_v004.mov"),
        yield* put("b_v001.mov"),
        yield* put("b_v002.mov")
      ]
      const evening = ["upload", "--rule", "vfx", "--to", to, ...files, "--ledger", `${folder}/job.db`]
      const all = yield* frameio(...evening)
      assert.strictEqual(all.code, 0, all.err)
      assert.deepStrictEqual(names(), ["a_v001.mov", "a_v002.mov", "a_v003.mov", "a_v004.mov"])
      const kinds = server.world.children(to).ids.map((id) => server.world.get(id)?.kind)
      assert.deepStrictEqual(kinds, ["version_stack", "version_stack"])
      assert.strictEqual((yield* frameio(...evening)).code, 0)
      assert.deepStrictEqual(names(), ["a_v001.mov", "a_v002.mov", "a_v003.mov", "a_v004.mov"])
    })
  )

  test(
    "stops cleanly where a token cannot be renewed in the middle of a job, and after a login goes on",
    Effect.gen(function* () {
      const { folder, fs, pairs, seeded, server } = yield* started(3, 4, {
        faults: FaultPlan.nth("ims.token", 1, { _tag: "ErrorBefore", status: 400 })
      })
      const secret = "made-up-client-secret"
      const env = {
        HOME: folder,
        FRAMEIO_BASE_URL: server.baseUrl,
        FRAMEIO_IMS_URL: server.baseUrl,
        FRAMEIO_API: ""
      }
      const login = () =>
        run(["auth", "login", "--service"], {
          env: { ...env, FRAMEIO_CLIENT_ID: "studio", FRAMEIO_CLIENT_SECRET: secret },
          http
        })
      assert.strictEqual((yield* login()).code, 0)
      const kept = JSON.parse(yield* fs.readFileString(`${folder}/.config/effect-frameio/credentials.json`))
      const ledger = `${folder}/job.db`
      const job = ["batch", "run", pairs, "--ledger", ledger, "--concurrency", "1"]
      let confirmed = 0
      const stopped = yield* run(job, {
        env,
        http,
        onOut: (line) =>
          Effect.sync(() => {
            if (line.includes('"Confirmed"') && ++confirmed === 3) server.world.revokeToken(kept.accessToken)
          })
      })
      assert.strictEqual(stopped.code, 1, stopped.err)
      assert.include(stopped.err, "frameio auth login")
      assert.include(stopped.err, "To continue: ")
      for (const said of [secret, kept.accessToken]) assert.notInclude(stopped.err + stopped.out, said)
      const status = yield* run(["batch", "status", "--ledger", ledger], { env })
      const { counts } = JSON.parse(status.out)
      assert.isAtLeast(counts.confirmed, 3)
      assert.isBelow(counts.confirmed, 9)
      assert.strictEqual(counts.failed, 0, stopped.err)
      assert.strictEqual((yield* login()).code, 0)
      const went = yield* run(job, { env, http })
      assert.strictEqual(went.code, 0, went.err)
      for (const { versions } of seeded.shots) {
        assert.deepStrictEqual(server.world.stackOf(versions[0] ?? "")?.versions, versions)
      }
      assert.strictEqual((yield* server.counts("versionStacks.create")).applied, 3)
    })
  )

  test(
    "keeps shares: says what that takes, swaps the old file for the newest version, and undo swaps them back",
    Effect.gen(function* () {
      const { env, folder, frameio, pairs, seeded, server } = yield* started(2, 3)
      const [first, second] = seeded.shots.map(({ versions }) => versions)
      const [old] = first ?? []
      assert(old !== undefined)
      const share = server.addShare({ name: "Client", assetIds: [old] })
      const job = ["batch", "run", pairs, "--ledger", `${folder}/job.db`] as const
      const link = `https://next.frame.io/share/${share}`
      const alone = yield* frameio("batch", "run", pairs, "--keep-shares", share)
      assert.strictEqual(alone.code, 2)
      assert.include(alone.err, "--keep-shares needs --ledger")
      const other = yield* frameio(...job, "--keep-shares", "11111111-1111-4111-8111-111111111111")
      assert.strictEqual(other.code, 2, other.err)
      assert.isFalse((yield* server.requests).some(({ applied }) => applied))
      const v2 = yield* run([...job, "--keep-shares", link, "--api", "v2"], { env, http })
      assert.strictEqual(v2.code, 2)
      assert.include(v2.err, "only V4 has calls for shares")
      const dry = yield* run([...job, "--keep-shares", link, "--dry-run", "--api", "v4"], { env, http, terminal: true })
      assert.include(dry.out, `${first?.[2]}  for  ${old}`)
      assert.include(dry.out, "3 removals and 2 additions (10 a minute each)")
      const ran = yield* frameio(...job, "--keep-shares", link)
      assert.strictEqual(ran.code, 0, ran.err)
      assert.include(ran.err, `Shares: "Client" (${share}).`)
      assert.deepStrictEqual(server.shareAssets(share), first?.slice(2))
      assert.deepStrictEqual(server.world.stackOf(second?.[0] ?? "")?.versions, second)
      const undone = yield* run(["batch", "undo", "--ledger", `${folder}/job.db`, "--yes"], { env, http })
      assert.strictEqual(undone.code, 0, undone.err)
      assert.deepStrictEqual(server.shareAssets(share), [old])
    })
  )

  test(
    "hands no job to a cluster whose shares are to be kept, and says how they are",
    Effect.gen(function* () {
      const { folder, pairs } = yield* started(1, 2)
      const share = "11111111-1111-4111-8111-111111111111"
      // No cluster is there: nothing is asked of it.
      const refused = yield* run(["batch", "submit", pairs, "--keep-shares", share], { env: { HOME: folder } })
      assert.strictEqual(refused.code, 2, refused.err)
      assert.include(refused.err, "the workers of a cluster keep no shares")
      assert.include(refused.err, `frameio batch run ${pairs} --ledger <ledger> --keep-shares ${share}`)
    })
  )

  test(
    "hands no plan that reorders stacks to a cluster over v2",
    Effect.gen(function* () {
      const { folder, fs } = yield* started(1, 2)
      const [stack, one, two] = ["1", "2", "3"].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`)
      const file = `${folder}/order.csv`
      yield* fs.writeFileString(file, `asset_id,next_asset_id,reorder_from\n${stack},${one},${one} ${two}\n`)
      const submit = (api: string) => run(["batch", "submit", file, "--api", api], { env: { HOME: folder } })
      const refused = yield* submit("v2")
      assert.strictEqual(refused.code, 2, refused.err)
      assert.include(refused.err, "another order (line 2), for which v2 has no call. Nothing was sent")
      // No cluster is there to be handed to.
      assert.notInclude((yield* submit("v4")).err, "for which")
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
      assert.include(account.err, 'The account "mine" is not an id')
    })
  )
})
