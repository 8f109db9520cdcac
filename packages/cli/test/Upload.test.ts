import { writeFileSync } from "node:fs"
import { crc32 } from "node:zlib"
import { FileSystem, HttpClient } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Asset } from "@effect-frameio/core"
import type { UploadEvent } from "@effect-frameio/stacks"
import { FakeFrameio, FakeFrameioServer, FaultPlan, Storage } from "@effect-frameio/testing"
import { Effect, Layer, Option, Schedule } from "effect"
import * as Rate from "../src/Rate.js"
import * as Text from "../src/Text.js"
import * as UploadBar from "../src/UploadBar.js"
import { type Outside, run } from "./run.js"

const bytes = Uint8Array.from({ length: 700_000 }, (_, at) => (at * 31 + (at >> 8)) & 0xff)

const rewrite: { now: () => void } = { now: () => undefined }

const ID = "0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10"

/** A fake on a port with a shot in it, a file on the disk, and the command against both. */
const withFake = (
  options: FakeFrameio.Options,
  args: (setup: {
    readonly file: string
    readonly shot: Asset.AssetId
    readonly folder: Asset.AssetId
  }) => ReadonlyArray<string>,
  outside?: Outside & { readonly onFile?: (file: string) => void }
) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const file = `${yield* fs.makeTempDirectoryScoped()}/shot_010_v002.mov`
    yield* fs.writeFile(file, bytes)
    const fake = yield* FakeFrameioServer.make({
      limits: { "*": "unlimited" },
      ...options,
      unknowns: { partSize: 100_000, ...options.unknowns }
    })
    const folder = yield* fake.addFolder({ name: "shots" })
    const shot = yield* fake.addFile({ name: "shot_010_v001.mov", parentId: folder })
    const around = {
      env: { FRAMEIO_TOKEN: FakeFrameio.token, FRAMEIO_BASE_URL: fake.baseUrl },
      http: Layer.succeed(HttpClient.HttpClient, yield* HttpClient.HttpClient)
    }
    outside?.onFile?.(file)
    const ended = yield* run(args({ file, shot, folder }), { ...around, ...outside })
    const again = (args: ReadonlyArray<string>) => run(args, { ...around, http: NodeHttpClient.layerUndici })
    const lines = ended.lines
      .filter((line) => line.startsWith("{"))
      .map((line): Record<string, unknown> => JSON.parse(line))
    return { ...ended, events: lines, fake, shot, folder, file, again }
  }).pipe(Effect.provide(Layer.merge(NodeContext.layer, NodeHttpClient.layerUndici)))

const created = (events: ReadonlyArray<Record<string, unknown>>): Asset.AssetId =>
  Asset.AssetId.make(String(events.find((event) => event._tag === "Created")?.assetId))

describe("frameio upload", () => {
  it.scopedLive("uploads a file as the next version, tells it in JSON lines, and answers 0", () =>
    Effect.gen(function* () {
      const { code, err, events, fake, folder, shot } = yield* withFake({}, ({ file, shot }) => [
        "upload",
        file,
        "--onto",
        shot
      ])
      assert.strictEqual(code, 0, err)
      const assetId = created(events)
      const stack = Option.getOrThrow(yield* fake.stackOf(shot))
      assert.deepStrictEqual(stack.versions, [shot, assetId])
      assert.deepInclude(events.at(-1), { _tag: "Finished", assetId, stackId: stack.id, filesize: bytes.length })
      const tags = events.map((event) => event._tag).filter((tag) => tag !== "Progress")
      assert.deepStrictEqual(tags, ["Created", "Uploaded", "Versioning", "Finished"])
      const entry = Option.getOrThrow(yield* fake.asset(assetId))
      assert.deepInclude(entry, { name: "shot_010_v002.mov", filetype: "video/quicktime", parentId: stack.id })
      assert.strictEqual(Option.getOrThrow(yield* fake.asset(stack.id)).parentId, folder)
      assert.strictEqual(fake.storage.content(assetId).crc32, crc32(bytes))
      assert.strictEqual(fake.storage.content(assetId).parts.length, 7)
      assert.include(err, "shot_010_v002.mov: 683.6 KiB, video/quicktime.\n")
    })
  )

  it.scopedLive("keeps the token, and all that is Frame.io's, from the storage host", () =>
    Effect.gen(function* () {
      const { code, fake } = yield* withFake({}, ({ file, shot }) => ["upload", file, "--onto", shot])
      assert.strictEqual(code, 0)
      assert.strictEqual(fake.storage.requests.length, 7)
      for (const { headers, url } of fake.storage.requests) {
        // `host` and `connection` are of HTTP itself.
        assert.sameMembers(
          Object.keys(headers).filter((name) => name !== "host" && name !== "connection"),
          ["content-type", "content-length", "x-amz-acl"]
        )
        assert.notInclude(JSON.stringify([headers, url]), FakeFrameio.token)
      }
    })
  )

  it.scopedLive("only uploads into a folder, under another name, and shows a person how it goes", () =>
    Effect.gen(function* () {
      const { code, err, fake, folder, out } = yield* withFake(
        { faults: FaultPlan.latency({ millis: 300 }) },
        ({ file, folder }) => ["upload", file, "--into", folder, "--name", "cut.bin", "--filetype", "video/x-raw"],
        { terminal: true }
      )
      assert.strictEqual(code, 0, err)
      const [, id = ""] = /^cut\.bin is uploaded into the folder shots \(\S+\), as (\S+)\.\n/.exec(out) ?? []
      assert.include(out, `https://app.frame.io/player/${id}\n`)
      const entry = Option.getOrThrow(yield* fake.asset(Asset.AssetId.make(id)))
      assert.deepInclude(entry, { name: "cut.bin", filetype: "video/x-raw", parentId: folder })
      assert.include(out, folder)
      assert.include(err, "683.6 KiB of 683.6 KiB")
    })
  )

  it.scopedLive("takes a file for bytes whose extension nobody knows", () =>
    Effect.gen(function* () {
      const { code, events, fake } = yield* withFake({}, ({ file, folder }) => [
        "upload",
        file,
        "--into",
        folder,
        "--name",
        "roll.r3d-x"
      ])
      assert.strictEqual(code, 0)
      const entry = Option.getOrThrow(yield* fake.asset(created(events)))
      assert.strictEqual(entry.filetype, "application/octet-stream")
    })
  )

  it.scopedLive("uploads what is piped in, as it comes", () =>
    Effect.gen(function* () {
      const { code, err, events, fake, shot } = yield* withFake(
        {},
        ({ shot }) => ["upload", "-", "--onto", shot, "--name", "cut.mp4"],
        { input: "what a renderer writes" }
      )
      assert.strictEqual(code, 0, err)
      const assetId = created(events)
      assert.deepStrictEqual(Option.getOrThrow(yield* fake.stackOf(shot)).versions, [shot, assetId])
      assert.strictEqual(fake.storage.content(assetId).crc32, crc32("what a renderer writes"))
      assert.strictEqual(Option.getOrThrow(yield* fake.asset(assetId)).filetype, "video/mp4")
    })
  )

  it.scopedLive("sends parts again that did not get through, and tells so", () =>
    Effect.gen(function* () {
      const { code, err, events, fake } = yield* withFake(
        {
          faults: FaultPlan.combine(
            FaultPlan.nth(Storage.ENDPOINT, 1, { _tag: "BrokenMidway" }),
            FaultPlan.nth(Storage.ENDPOINT, 3, { _tag: "ErrorBefore" })
          )
        },
        ({ file, folder }) => ["upload", file, "--into", folder]
      )
      assert.strictEqual(code, 0, err)
      assert.strictEqual(fake.storage.content(created(events)).crc32, crc32(bytes))
      assert.strictEqual(events.filter((event) => event._tag === "Retrying").length, 2)
    })
  )

  it.scopedLive("answers 1 when an upload fails, and says what is left and what to do", () =>
    Effect.gen(function* () {
      const { code, err, events } = yield* withFake(
        { faults: FaultPlan.when(({ endpoint }) => endpoint === Storage.ENDPOINT, { _tag: "UrlExpired" }) },
        ({ file, folder }) => ["upload", file, "--into", folder]
      )
      assert.strictEqual(code, 1)
      const assetId = String(events.findLast((event) => event._tag === "Created")?.assetId)
      assert.include(err, "Start the upload anew")
      assert.include(err, `The asset ${assetId} is left without its content`)
      assert.notInclude(err, "signature=")
      assert.deepInclude(events.at(-1), { _tag: "Failed", assetId, uploaded: false })
    })
  )

  it.scopedLive("answers 1 when the file is uploaded and cannot become a version, with the command to finish", () =>
    Effect.gen(function* () {
      const { code, err, events, shot } = yield* withFake({}, ({ file, shot }) => [
        "upload",
        file,
        "--onto",
        shot,
        "--name",
        "still.jpg"
      ])
      assert.strictEqual(code, 1)
      const assetId = created(events)
      assert.include(err, `frameio version ${shot} ${assetId}`)
      assert.deepInclude(events.at(-1), { _tag: "Failed", assetId, uploaded: true })
    })
  )

  it.scopedLive("answers 2 when the target has no versions, and uploads nothing", () =>
    Effect.gen(function* () {
      const { code, err, fake } = yield* withFake({}, ({ file, folder }) => ["upload", file, "--onto", folder])
      assert.strictEqual(code, 2)
      assert.include(err, "is a folder, which has no versions")
      assert.strictEqual((yield* fake.counts("assets.create")).requests, 0)
    })
  )

  it.scopedLive("answers 130 after Ctrl-C, lets go of the storage host, and names what is left", () =>
    Effect.gen(function* () {
      const { code, err, events, fake } = yield* withFake(
        { faults: FaultPlan.when((one) => one.endpoint === Storage.ENDPOINT, { _tag: "NoAnswer" }) },
        ({ file, shot }) => ["upload", file, "--onto", shot],
        { onOut: (text, interrupt) => (text.includes('"Progress"') ? interrupt : Effect.void) }
      )
      assert.strictEqual(code, 130)
      const assetId = created(events)
      assert.include(err, `Interrupted. The same command resumes the upload, with the asset ${assetId}.`)
      assert.deepInclude(events.at(-1), { _tag: "Interrupted", assetId, uploaded: false })
      assert.strictEqual((yield* fake.counts("assets.version")).requests, 0)
    })
  )

  it.scopedLive("says after Ctrl-C that the file is uploaded, when only the version was to come", () =>
    Effect.gen(function* () {
      const { code, err, events, shot } = yield* withFake(
        { faults: FaultPlan.when((one) => one.endpoint === "assets.version", { _tag: "NoAnswer" }) },
        ({ file, shot }) => ["upload", file, "--onto", shot],
        {
          onOut: (text, interrupt) =>
            text.includes('"Versioning"') ? Effect.asVoid(Effect.forkDaemon(Effect.delay(interrupt, 300))) : Effect.void
        }
      )
      assert.strictEqual(code, 130)
      assert.include(err, "Whether it was put on the stack is unknown")
      assert.include(err, `frameio version ${shot} ${created(events)}`)
    })
  )
})

describe("frameio upload, again after an early end", () => {
  const journalsOf = (file: string) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const names = yield* fs.readDirectory(file.slice(0, file.lastIndexOf("/")))
      return names.filter((name) => name.endsWith(".frameio-upload"))
    }).pipe(Effect.provide(NodeContext.layer))

  it.scopedLive("goes on where Ctrl-C ended it, and keeps nothing afterwards", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      let path = ""
      let hangs = true
      const parts = Effect.suspend(() => journalsOf(path)).pipe(
        Effect.flatMap(([name = ""]) => fs.readFileString(`${path.slice(0, path.lastIndexOf("/"))}/${name}`)),
        Effect.map((text) => text.split('{"part"').length - 1),
        Effect.orElseSucceed(() => 0)
      )
      const fourParts = Effect.repeat(parts, { until: (parts) => parts === 4, schedule: Schedule.spaced("20 millis") })
      const first = yield* withFake(
        {
          faults: FaultPlan.when(({ url }) => hangs && /\/uploads\/.*\/[5-7]\?/.test(url), { _tag: "NoAnswer" })
        },
        ({ file, shot }) => ["upload", file, "--onto", shot, "--concurrency", "2"],
        {
          onFile: (file) => (path = file),
          onOut: (text, interrupt) =>
            text.includes('"Created"')
              ? Effect.asVoid(Effect.forkDaemon(Effect.zipRight(fourParts, interrupt)))
              : Effect.void
        }
      )
      assert.strictEqual(first.code, 130, first.err)
      assert.strictEqual((yield* journalsOf(first.file)).length, 1)
      hangs = false
      const { code, err, out } = yield* first.again(["upload", first.file, "--onto", first.shot])
      assert.strictEqual(code, 0, err)
      assert.include(err, "Resuming the last run: 4 of 7 parts are uploaded.")
      const assetId = created(first.events)
      assert.include(out, `"_tag":"Finished","assetId":"${assetId}"`)
      assert.deepStrictEqual(Option.getOrThrow(yield* first.fake.stackOf(first.shot)).versions, [first.shot, assetId])
      assert.strictEqual(first.fake.storage.content(assetId).crc32, crc32(bytes))
      assert.strictEqual((yield* first.fake.counts("assets.create")).requests, 1)
      assert.deepStrictEqual(yield* journalsOf(first.file), [])
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("begins again with a file of the same size that was put in its place", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const first = yield* withFake(
        { faults: FaultPlan.nth(Storage.ENDPOINT, 4, { _tag: "ErrorBefore", status: 400 }) },
        ({ file, shot }) => ["upload", file, "--onto", shot, "--concurrency", "1"]
      )
      assert.strictEqual(first.code, 1)
      const other = bytes.map((byte) => byte ^ 1)
      yield* fs.writeFile(`${first.file}.new`, other)
      yield* fs.rename(`${first.file}.new`, first.file)
      const { code, err } = yield* first.again(["upload", first.file, "--onto", first.shot])
      assert.strictEqual(code, 0, err)
      assert.include(err, "The file has changed since the last run, so the upload begins again.\n")
      const [, assetId = first.shot] = Option.getOrThrow(yield* first.fake.stackOf(first.shot)).versions
      assert.strictEqual(first.fake.storage.content(assetId).crc32, crc32(other))
      assert.isNotNull(Option.getOrThrow(yield* first.fake.asset(created(first.events))).deletedAt)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("puts nothing on the stack that was rewritten meanwhile, in the same millisecond and size", () =>
    Effect.gen(function* () {
      const { code, err, fake, shot } = yield* withFake({}, ({ file, shot }) => ["upload", file, "--onto", shot], {
        onOut: (text) => (text.includes('"Uploaded"') ? Effect.sync(() => rewrite.now()) : Effect.void),
        onFile: (file) => (rewrite.now = () => writeFileSync(file, bytes))
      })
      assert.strictEqual(code, 1)
      assert.include(err, "the source was changed or replaced while it was uploaded")
      assert.isTrue(Option.isNone(yield* fake.stackOf(shot)))
    })
  )
})

describe("frameio upload, bad input", () => {
  for (const [what, args, said] of [
    ["nowhere to go", ["upload", "."], [". is a folder", "Say where it goes: --onto an asset"]],
    [
      "everything at once",
      [
        "upload",
        "/nowhere/x.mov",
        "--onto",
        "x",
        "--into",
        ID,
        "--name",
        " ",
        "--filetype",
        "mov",
        "--concurrency",
        "0"
      ],
      [
        "/nowhere/x.mov: there is no such file.",
        "--onto and --into exclude each other",
        '--onto is "x", which is not an asset\'s id',
        "--name is empty",
        '--filetype is "mov"; it must be a MIME type',
        "--concurrency is 0; it must be a whole number of at least 1."
      ]
    ],
    ["a pipe without a name", ["upload", "-", "--into", ID], ["Standard input has no name: give it one with --name."]]
  ] as const) {
    it.effect(`answers 2 to ${what}, and sends nothing`, () =>
      Effect.gen(function* () {
        const { code, err, out } = yield* run(args)
        assert.strictEqual(code, 2)
        for (const words of said) assert.include(err, words)
        assert.strictEqual(err.trim().split("\n").length, said.length)
        assert.strictEqual(out, "")
      })
    )
  }

  it.scopedLive("answers 2 to an empty file", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.makeTempFileScoped()
      const { code, err } = yield* run(["upload", file, "--into", ID])
      assert.strictEqual(code, 2)
      assert.include(err, "is empty; there is nothing to upload.")
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("UploadBar", () => {
  const options = { columns: 100 }
  const at = (
    sent: number,
    filesize: number | null = 10 * 1024 * 1024
  ): Extract<UploadEvent.UploadEvent, { readonly _tag: "Progress" }> => ({
    _tag: "Progress",
    assetId: Asset.AssetId.make(ID),
    sent,
    filesize,
    partsDone: 0,
    parts: 1
  })
  const begun = UploadBar.add(
    UploadBar.empty,
    { _tag: "Created", assetId: Asset.AssetId.make(ID), name: "x", filesize: 10 * 1024 * 1024, parts: 1 },
    0
  )

  it("shows how much of it is sent, how fast, and how long it takes", () => {
    const progress = UploadBar.add(begun, at(5 * 1024 * 1024), 1000)
    assert.match(
      Text.painted(UploadBar.render(progress, { ...options, now: 1000 }), false),
      /^█+░+ {2}5\.00 MiB of 10\.0 MiB {2}5\.00 MiB\/s {2}0:01 left$/
    )
  })

  it("takes the rate from what was of late", () => {
    let progress = begun
    for (let n = 1; n <= 100; n++) progress = UploadBar.add(progress, at(n * 1000), n * 200)
    for (let n = 1; n <= 100; n++) progress = UploadBar.add(progress, at(100_000 + n * 100), 20_000 + n * 200)
    assert.closeTo(UploadBar.rate(progress, 40_000) ?? 0, 500, 20)
    assert.isAtMost(progress.samples.length, Rate.SAMPLES)
  })

  it("has no bar where the size is not known, and tells what was sent again", () => {
    let progress = UploadBar.add(begun, at(2048, null), 100)
    progress = UploadBar.add(
      { ...progress, filesize: null },
      {
        _tag: "Retrying",
        assetId: Asset.AssetId.make(ID),
        part: 1,
        attempt: 1,
        delayMillis: 1,
        sinceMillis: 0,
        reason: "503"
      },
      100
    )
    assert.strictEqual(UploadBar.render(progress, { ...options, now: 100 }), "2.00 KiB  1 sent again")
  })

  it("says that nothing gets through, and that it does again", () => {
    const assetId = Asset.AssetId.make(ID)
    const common = { _tag: "Retrying", assetId, part: 1, attempt: 1, delayMillis: 1, reason: "ECONNRESET" } as const
    let progress = UploadBar.add(begun, { ...common, sinceMillis: 0 }, 1000)
    progress = UploadBar.add(progress, { ...common, sinceMillis: 60_000 }, 61_000)
    assert.include(UploadBar.render(progress, { ...options, now: 66_000 }), "no answer for 1:05, trying again")
    progress = UploadBar.add(progress, at(1024), 67_000)
    assert.notInclude(UploadBar.render(progress, { ...options, now: 67_000 }), "no answer")
  })

  it("keeps to the width", () => {
    for (const columns of [0, 1, 10, 20, 40, 80, 200]) {
      assert.isAtMost(Text.width(UploadBar.render(begun, { columns, now: 1 })), Math.max(columns - 1, 0))
    }
  })

  it("writes sizes for people", () => {
    assert.deepStrictEqual([0, 1, 1023, 1024, 1536, 20 * 1024, 5.5 * 1024 ** 4].map(UploadBar.bytes), [
      "0 bytes",
      "1 byte",
      "1023 bytes",
      "1.00 KiB",
      "1.50 KiB",
      "20.0 KiB",
      "5.50 TiB"
    ])
  })
})
