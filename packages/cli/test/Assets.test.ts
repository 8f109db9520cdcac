import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio, Seed } from "@effect-frameio/testing"
import { Effect, Fiber, Layer, TestClock } from "effect"
import * as AssetLink from "../src/AssetLink.js"
import { type Outside, run } from "./run.js"

const A = "0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"
const B = "6f3a1c52-7b0e-4d19-9c86-2e5d8f4a7b31"
const C = "1e9d7a30-5b62-4f18-a0c4-73d2e85b9f61"

describe("AssetLink", () => {
  it("reads the id out of what a browser shows", () => {
    for (const link of [
      `https://app.frame.io/player/${A}`,
      `app.frame.io/player/${A}`,
      `https://app.frame.io/projects/${B}/${A}`,
      `https://next.frame.io/project/${B}/${A}`,
      `https://next.frame.io/project/${B}/view/${A}`,
      `https://app.frame.io/player/${A}?version=${A}`,
      A
    ]) {
      assert.deepStrictEqual(AssetLink.read(link), { ok: true, value: A }, link)
    }
    assert.deepStrictEqual(AssetLink.read("shot_010"), { ok: true, value: "shot_010" })
  })

  it("refuses what names none for sure, or two", () => {
    for (const [link, why] of [
      ["https://f.io/7bu6f54B", "short link"],
      [`https://app.frame.io/projects/${B}`, "names a project"],
      [`https://app.frame.io/reviews/${B}/${A}`, "for reviewers"],
      [`https://app.frame.io/player/${A}?version=${C}`, "names two assets"],
      ["https://app.frame.io/login", "does not name a file"]
    ] as const) {
      const read = AssetLink.read(link)
      assert.isFalse(read.ok)
      assert.include(read.ok ? "" : read.problem, why)
    }
  })
})

const env = { FRAMEIO_TOKEN: FakeFrameio.token }

const inFake = <A, E, R>(
  body: (tools: {
    readonly fake: FakeFrameio.Service
    readonly shots: ReturnType<typeof Seed.shots>
    readonly frameio: (
      args: ReadonlyArray<string>,
      outside?: Outside
    ) => Effect.Effect<{
      readonly code: number
      readonly out: string
      readonly err: string
      readonly lines: ReadonlyArray<string>
    }>
  }) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const http = Layer.succeed(HttpClient.HttpClient, yield* HttpClient.HttpClient)
    const shots = Seed.shots(fake.world, { shots: 2, versions: 3 })
    return yield* body({
      fake,
      shots,
      frameio: (args, outside) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.fork(run(args, { env, http, ...outside }))
          yield* TestClock.adjust("1 minutes")
          return yield* Fiber.join(fiber)
        })
    })
  }).pipe(Effect.provide(FakeFrameio.layer()))

describe("frameio version, ls, show, rm", () => {
  it.effect("finds the stack of a file that is inside one, by its link", () =>
    inFake(({ fake, frameio, shots }) =>
      Effect.gen(function* () {
        const [one = "", two = "", three = ""] = shots.shots[0]?.versions ?? []
        assert.strictEqual((yield* frameio(["version", one, two])).code, 0)
        const ended = yield* frameio(["version", `https://app.frame.io/player/${one}`, three], { terminal: true })
        assert.strictEqual(ended.code, 0, ended.err)
        assert.strictEqual(fake.world.stackOf(one)?.versions.join(), [one, two, three].join())
        assert.isTrue(ended.out.startsWith(`${fake.world.get(three)?.name} is version 3 on the stack `), ended.out)
      })
    )
  )

  it.effect("blames the words that are no ids, and says of a refusal the one rule that applies, by name", () =>
    inFake(({ fake, frameio, shots }) =>
      Effect.gen(function* () {
        const wrong = yield* frameio(["version", "--json", "A", "B"])
        assert.strictEqual(wrong.code, 2)
        for (const word of ["A", "B"]) assert.include(wrong.err, `"${word}" is neither an asset's id`)
        assert.notInclude(wrong.err, "asset_id")

        const [[one = "", two = ""] = [], [other = ""] = []] = shots.shots.map(({ versions }) => versions)
        const name = (id: string) => fake.world.get(id)?.name
        assert.strictEqual((yield* frameio(["version", one, two])).code, 0)
        const stack = fake.world.stackOf(one)
        for (const [onto, said] of [
          [one, "already. Nothing was changed."],
          [other, "on another stack already"]
        ] as const) {
          const again = yield* frameio(["version", onto, two])
          assert.strictEqual(again.code, 1, again.err)
          assert.isTrue(again.err.startsWith(`Error: ${name(two)} is on `), again.err)
          assert.include(again.err, `${stack?.id}`)
          assert.include(again.err, said)
          assert.notInclude(again.err, "asset_type")
        }
        const folder = yield* frameio(["version", other, shots.folderId])
        assert.include(folder.err, "is a folder, and only files become versions.")
      })
    )
  )

  it.effect("lists names first, and as JSON in a pipe", () =>
    inFake(({ fake, frameio, shots }) =>
      Effect.gen(function* () {
        const [one = "", two = ""] = shots.shots[0]?.versions ?? []
        const folder = fake.world.get(one)?.parentId ?? ""
        const table = yield* frameio(["ls", folder], { terminal: true, columns: 120 })
        assert.strictEqual(table.code, 0, table.err)
        const rows = table.out.trimEnd().split("\n")
        assert.lengthOf(rows, 6)
        for (const row of rows) assert.match(row, /^\S+ +file .* [0-9a-f-]{36}$/)
        // Shots differ in the middle of their names, which is not cut out to keep a row on one line.
        const narrow = yield* frameio(["ls", folder], { terminal: true, columns: 80 })
        const lines = narrow.out.trimEnd().split("\n")
        assert.deepStrictEqual(
          lines.filter((_, n) => n % 2 === 0),
          rows.map((row) => row.replace(/ .*/, ""))
        )
        for (const line of lines.filter((_, n) => n % 2 === 1)) assert.match(line, /^ {2}file .* [0-9a-f-]{36}$/)
        for (const line of lines) assert.isBelow(line.length, 80)
        const json = yield* frameio(["ls", folder])
        assert.lengthOf(json.lines, 6)
        yield* frameio(["version", one, two])
        const show = yield* frameio(["show", two], { terminal: true })
        assert.include(show.out, "2 versions, the newest first:")
        assert.include(show.out, `https://app.frame.io/player/${fake.world.stackOf(one)?.id}`)
        const nothing = yield* frameio(["show", "shot_010"])
        assert.strictEqual(nothing.code, 2)
      })
    )
  )

  it.effect("deletes after a yes only", () =>
    inFake(({ fake, frameio, shots }) =>
      Effect.gen(function* () {
        const [one = "", two = ""] = shots.shots[0]?.versions ?? []
        for (const [outside, code, said] of [
          [{}, 2, "--yes goes on without asking"],
          [{ terminal: true, input: "n\n" }, 1, "Nothing was done"],
          [{ terminal: true, input: "" }, 1, "Nothing was done"]
        ] as const) {
          const ended = yield* frameio(["rm", one], outside)
          assert.strictEqual(ended.code, code)
          assert.include(ended.err, said)
          assert.isDefined(fake.world.get(one))
        }
        assert.strictEqual(fake.journal.counts("assets.delete").requests, 0)
        assert.strictEqual((yield* frameio(["rm", one], { terminal: true, input: "y\n" })).code, 0)
        assert.strictEqual((yield* frameio(["rm", two, "--yes"])).code, 0)
        assert.strictEqual(fake.journal.counts("assets.delete").applied, 2)
      })
    )
  )
})

describe("frameio, logs", () => {
  it.effect("has with -v what was asked and answered, without the token", () =>
    inFake(({ frameio, shots }) =>
      Effect.gen(function* () {
        const [one = "", two = ""] = shots.shots[0]?.versions ?? []
        const { err } = yield* frameio(["-v", "version", one, two])
        assert.match(err, new RegExp(`POST /v2/assets/\\S+/version \\(${one}\\): 200, \\d+ ms`))
        assert.notInclude(err, FakeFrameio.token)
        assert.strictEqual((yield* frameio(["show", one])).err, "")
        assert.strictEqual((yield* frameio(["-v", "--log-level", "error", "show", one])).err, "")
        const quiet = yield* frameio(["-q", "batch", "run", "-"], { input: `asset_id,next_asset_id\n${one},${A}\n` })
        assert.strictEqual(quiet.code, 1)
        assert.strictEqual(quiet.err, "")
      })
    )
  )

  it.effect("answers a dry run as JSON to a program, and lists what would be done to a person", () =>
    inFake(({ fake, frameio, shots }) =>
      Effect.gen(function* () {
        const [one = "", two = ""] = shots.shots[0]?.versions ?? []
        const input = `asset_id,next_asset_id,name\n${one},${two},shot_v002.mov\n`
        const json = yield* frameio(["batch", "run", "-", "--dry-run", "--json"], { input, terminal: true })
        assert.deepStrictEqual(JSON.parse(json.out), { _tag: "DryRun", versions: 1, stacks: 1, counts: null })
        const text = yield* frameio(["batch", "run", "-", "--dry-run"], { input, terminal: true })
        assert.include(text.out, `  shot_v002.mov  on  ${one}\n`)
        assert.strictEqual((yield* fake.counts()).requests, 0)
      })
    )
  )
})
