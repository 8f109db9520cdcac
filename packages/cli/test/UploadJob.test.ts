import { FileSystem, HttpClient } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import type { Asset } from "@effect-frameio/core"
import { FakeFrameio, FakeFrameioServer } from "@effect-frameio/testing"
import { Effect, Layer, Option, type Scope } from "effect"
import { type Outside, run } from "./run.js"

const bytesOf = (size: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed * 7 + (at >> 8)) & 0xff)

/** A fake on a port with a stack and a file, and files on the disk to go with them. */
const evening = (options?: FakeFrameio.Options) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const renders = yield* fs.makeTempDirectoryScoped()
    const put = (name: string, bytes: Uint8Array) => fs.writeFile(`${renders}/${name}`, bytes)
    yield* fs.makeDirectory(`${renders}/below`)
    for (const [index, name] of ["a_v002.mov", "a_v003.mov", "b_v001.mov", "b_v002.mov", "c_v001.mov"].entries()) {
      yield* put(name, bytesOf(250_000 + index, index))
    }
    yield* put("below/d_v001.mov", bytesOf(1000, 9))
    yield* put(".DS_Store", bytesOf(10, 1))
    const fake = yield* FakeFrameioServer.make({
      limits: { "*": "unlimited" },
      ...options,
      unknowns: { partSize: 100_000, ...options?.unknowns }
    })
    const folder = yield* fake.addFolder({ name: "shots" })
    const bottom = yield* fake.addFile({ name: "a_v001.mov", parentId: folder })
    const around: Outside = {
      env: { FRAMEIO_TOKEN: FakeFrameio.token, FRAMEIO_BASE_URL: fake.baseUrl },
      http: Layer.succeed(HttpClient.HttpClient, yield* HttpClient.HttpClient)
    }
    const frameio = (args: ReadonlyArray<string>, outside?: Outside) =>
      Effect.map(run(args, { ...around, ...outside }), (ended) => ({
        ...ended,
        events: ended.lines
          .filter((line) => line.startsWith("{"))
          .map((line): Record<string, unknown> => JSON.parse(line))
      }))
    const namesOf = (id: Asset.AssetId) =>
      Effect.map(fake.stackOf(id), (stack) =>
        Option.match(stack, {
          onNone: () => [],
          onSome: ({ versions }) => versions.map((one) => fake.world.get(one)?.name)
        })
      )
    const loose = Effect.sync(() =>
      fake.world
        .children(folder)
        .ids.flatMap((id) => {
          const entry = fake.world.get(id)
          return entry?.kind === "file" ? [entry.name] : []
        })
        .sort()
    )
    return { bottom, fake, folder, frameio, fs, loose, namesOf, put, renders, ledger: `${renders}/below/job.db` }
  })

type Given = NodeContext.NodeContext | HttpClient.HttpClient | Scope.Scope

const test = <E>(name: string, body: Effect.Effect<void, E, Given>) =>
  it.scopedLive(name, () => Effect.provide(body, Layer.merge(NodeContext.layer, NodeHttpClient.layerUndici)))

describe("frameio upload --rule", () => {
  test(
    "puts a folder's files on the stacks of their names, the others beside them, and says so",
    Effect.gen(function* () {
      const { bottom, folder, frameio, ledger, loose, namesOf, renders } = yield* evening()
      const { code, err, events } = yield* frameio([
        "upload",
        "--rule",
        "vfx",
        "--to",
        folder,
        renders,
        "--ledger",
        ledger
      ])
      assert.strictEqual(code, 0, err)
      assert.deepStrictEqual(yield* namesOf(bottom), ["a_v001.mov", "a_v002.mov", "a_v003.mov"])
      assert.deepStrictEqual(yield* loose, ["c_v001.mov"])
      const finished = events.findLast(({ _tag }) => _tag === "Finished")
      assert.deepInclude(finished?.counts, { links: 5, confirmed: 5, failed: 0 })
      assert.strictEqual(events.filter(({ _tag }) => _tag === "Uploaded").length, 5)
      assert.include(err, "5 files to upload, 1.19 MiB: 3 versions for 2 stacks, 2 new files.")
      const again = yield* frameio(["upload", "--rule", "vfx", "--to", folder, renders, "--ledger", ledger])
      assert.strictEqual(again.code, 0, again.err)
      assert.include(again.err, "Resuming: 5 of 5 files in place.")
    })
  )

  test(
    "needs no ledger, and a second run uploads nothing again",
    Effect.gen(function* () {
      const { fake, folder, frameio, loose, renders } = yield* evening()
      const args = ["upload", "--rule", "vfx", "--to", folder, renders, "--recursive"]
      assert.strictEqual((yield* frameio(args)).code, 0)
      assert.deepStrictEqual(yield* loose, ["c_v001.mov", "d_v001.mov"])
      const before = (yield* fake.counts("assets.create")).applied
      const again = yield* frameio(args)
      assert.strictEqual(again.code, 0, again.err)
      assert.include(again.err, "exists already, with the same size")
      assert.strictEqual((yield* fake.counts("assets.create")).applied, before)
    })
  )

  test(
    "lists what would go where, and uploads nothing",
    Effect.gen(function* () {
      const { fake, folder, frameio, fs, ledger, put, renders } = yield* evening()
      yield* put("e_v001.mov", bytesOf(250_000, 0))
      const args = ["upload", "--rule", "vfx", "--to", folder, renders, "--ledger", ledger, "--dry-run"]
      const person = yield* frameio(args, { terminal: true })
      assert.strictEqual(person.code, 1, person.err)
      assert.include(person.out, "New files, which belong to no stack:\n\n    c_v001.mov\n")
      assert.include(person.out, "has the same content as “a_v002.mov”")
      assert.include(person.out, "5 files to upload")
      const { events } = yield* frameio([...args, "--json"])
      assert.deepStrictEqual(
        events.map(({ _tag, name, ontoName }) => [_tag, name, ontoName]),
        [
          ["Line", "a_v002.mov", "a_v001.mov"],
          ["Line", "a_v003.mov", "a_v001.mov"],
          ["Line", "b_v001.mov", null],
          ["Line", "b_v002.mov", "b_v001.mov"],
          ["Line", "c_v001.mov", null],
          ["Finding", undefined, undefined],
          ["DryRun", undefined, undefined]
        ]
      )
      assert.strictEqual((yield* fake.counts("assets.create")).requests, 0)
      assert.isFalse(yield* fs.exists(ledger))
    })
  )

  test(
    "answers 1 where something is left out, also when it goes on, and uploads the rest",
    Effect.gen(function* () {
      const { folder, frameio, ledger, put, renders } = yield* evening()
      yield* put("notes.mov", bytesOf(1000, 5))
      const args = ["upload", "--rule", "vfx", "--to", folder, renders, "--ledger", ledger]
      for (const _ of [1, 2]) {
        const { code, err } = yield* frameio(args)
        assert.strictEqual(code, 1)
        assert.include(err, "1 file was left out: notes.mov.", err)
        assert.include(err, "5 of 5 files in place")
      }
    })
  )

  test(
    "goes on where Ctrl-C ended it, with each file once",
    Effect.gen(function* () {
      const { bottom, fake, folder, frameio, fs, ledger, loose, namesOf, renders } = yield* evening()
      const args = ["upload", "--rule", "vfx", "--to", folder, renders, "--ledger", ledger, "--concurrency", "1"]
      let parts = 0
      const first = yield* frameio(args, {
        onOut: (text, interrupt) => (/"Uploaded"/.test(text) && ++parts === 2 ? interrupt : Effect.void)
      })
      assert.strictEqual(first.code, 130, first.err)
      assert.include(first.err, "The same command resumes it.")
      const second = yield* frameio(args)
      assert.strictEqual(second.code, 0, second.err)
      assert.deepStrictEqual(yield* namesOf(bottom), ["a_v001.mov", "a_v002.mov", "a_v003.mov"])
      assert.deepStrictEqual(yield* loose, ["c_v001.mov"])
      const { applied: created } = yield* fake.counts("assets.create")
      const { applied: deleted } = yield* fake.counts("assets.delete")
      assert.strictEqual(created - deleted, 5)
      assert.isFalse(yield* fs.exists(`${ledger}.uploads`))
    })
  )

  test(
    "goes on without a ledger where a run ended in the middle of a file",
    Effect.gen(function* () {
      const { bottom, fake, folder, frameio, namesOf, renders } = yield* evening()
      const args = ["upload", "--rule", "vfx", "--to", folder, renders, "--concurrency", "1"]
      const first = yield* frameio(args, {
        onOut: (text, interrupt) => (/"Created"/.test(text) ? interrupt : Effect.void)
      })
      assert.strictEqual(first.code, 130, first.err)
      // Each by its line, as the events tell it.
      const whole = new Set([...first.out.matchAll(/"Uploaded".*"line":(\d+)/g)].map(([, line]) => line))
      const begun = [...first.out.matchAll(/"Created".*?"name":"([^"]+)".*"line":(\d+)/g)]
      const left = begun.flatMap(([, name, line]) => (whole.has(line) ? [] : [name]))
      assert.strictEqual(/without its content: (.*)\.\n/.exec(first.err)?.[1], left[0], first.err)
      const second = yield* frameio(args)
      assert.strictEqual(second.code, 0, second.err)
      assert.deepStrictEqual(yield* namesOf(bottom), ["a_v001.mov", "a_v002.mov", "a_v003.mov"])
      const { applied: created } = yield* fake.counts("assets.create")
      const { applied: deleted } = yield* fake.counts("assets.delete")
      assert.strictEqual(created - deleted, 5)
    })
  )

  test(
    "is looked at, reported and undone like any job; what it uploaded is deleted only when that is said",
    Effect.gen(function* () {
      const { folder, frameio, ledger, loose, renders } = yield* evening()
      yield* frameio(["upload", "--rule", "vfx", "--to", folder, renders, "--ledger", ledger])
      const status = yield* frameio(["batch", "status", "--ledger", ledger, "--json"])
      assert.include(status.out, '"confirmed":5')
      const told = yield* frameio(["batch", "status", "--ledger", ledger], { terminal: true })
      assert.include(told.out, ": upload, 5 files, over v2")
      assert.notInclude(told.out, "The rest takes")
      const report = yield* frameio(["batch", "report", "--ledger", ledger, "--jsonl", "-"])
      assert.strictEqual(report.lines.length, 5, report.err)
      const undone = yield* frameio(["batch", "undo", "--ledger", ledger])
      assert.strictEqual(undone.code, 0, undone.err)
      assert.include(undone.err, "5 uploaded files stay in the folder; --delete-uploads deletes them.")
      const names = ["a_v001.mov", "a_v002.mov", "a_v003.mov", "b_v001.mov", "b_v002.mov", "c_v001.mov"]
      assert.deepStrictEqual(yield* loose, names)
      const would = yield* frameio(["batch", "undo", "--ledger", ledger, "--delete-uploads", "--dry-run"], {
        terminal: true
      })
      assert.include(would.out, "Would delete 5 uploaded files. Nothing was sent.")
      const deleted = yield* frameio(["batch", "undo", "--ledger", ledger, "--delete-uploads"])
      assert.strictEqual(deleted.code, 0, deleted.err)
      assert.include(deleted.err, "Deleted 5 uploaded files")
      assert.deepStrictEqual(yield* loose, ["a_v001.mov"])
    })
  )

  test(
    "takes no other files and no other folder for a job that has begun",
    Effect.gen(function* () {
      const { fake, folder, frameio, ledger, put, renders } = yield* evening()
      yield* frameio(["upload", "--rule", "vfx", "--to", folder, renders, "--ledger", ledger])
      yield* put("f_v001.mov", bytesOf(1000, 6))
      const other = yield* fake.addFolder({ name: "other" })
      const { code, err } = yield* frameio(["upload", "--rule", "vfx", "--to", other, renders, "--ledger", ledger])
      assert.strictEqual(code, 2)
      assert.include(err, "uploads to another folder")
      assert.include(err, "1 file is not part of the job")
      assert.include(err, "f_v001.mov")
    })
  )

  for (const [what, args, expected] of [
    ["no folder", ["--rule", "vfx"], "--to is missing"],
    ["what is no rule", ["--rule", "vfxx", "--to", "x"], "which is not a rule"],
    ["what is no id", ["--rule", "vfx", "--to", "x"], "is not a folder id"],
    ["options of one file", ["--rule", "vfx", "--to", "x", "--name", "a.mov"], "--name is for one file"],
    ["options of many without a rule", ["--dry-run"], "--dry-run is for --rule"]
  ] as const) {
    test(
      `answers 2 to ${what}, and sends nothing`,
      Effect.gen(function* () {
        const { fake, frameio, renders } = yield* evening()
        const { code, err } = yield* frameio(["upload", `${renders}/a_v002.mov`, ...args])
        assert.strictEqual(code, 2)
        assert.include(err, expected)
        assert.strictEqual((yield* fake.counts()).requests, 0)
      })
    )
  }

  test(
    "tells everything that is wrong with the files at once",
    Effect.gen(function* () {
      const { folder, frameio, put, renders } = yield* evening()
      yield* put("empty_v001.mov", new Uint8Array())
      const { code, err } = yield* frameio(["upload", "--rule", "vfx", "--to", folder, renders, `${renders}/gone.mov`])
      assert.strictEqual(code, 2)
      assert.include(err, "empty_v001.mov is empty")
      assert.include(err, "gone.mov: there is no such file")
    })
  )
})
