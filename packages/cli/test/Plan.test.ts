import { FileSystem, HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { type FolderPlan, NamedRule, VersionPlan } from "@effect-frameio/batch"
import { Asset } from "@effect-frameio/core"
import { FakeFrameio, FaultPlan, RateLimiter, Seed } from "@effect-frameio/testing"
import { ConfigProvider, Effect, Fiber, Layer, Option, Redacted, Stream, TestClock } from "effect"
import * as JobEstimate from "../src/JobEstimate.js"
import * as LimitFile from "../src/LimitFile.js"
import * as PlanText from "../src/PlanText.js"
import * as Text from "../src/Text.js"
import { type Outside, run } from "./run.js"

const env = { FRAMEIO_TOKEN: FakeFrameio.token }

const unlimited: FakeFrameio.Options = { limits: RateLimiter.unlimited }

/** A fake with a delivery in it, a folder for files, and the command against it. */
const withDelivery = <A, E, R>(
  use: (delivery: {
    readonly fake: FakeFrameio.Service
    readonly seeded: Seed.Delivery
    readonly folder: string
    readonly read: (name: string) => Effect.Effect<string>
    readonly frameio: (args: ReadonlyArray<string>, outside?: Outside) => ReturnType<typeof run>
  }) => Effect.Effect<A, E, R>,
  options: FakeFrameio.Options = unlimited
) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const fs = yield* FileSystem.FileSystem
    const http = Layer.succeed(HttpClient.HttpClient, yield* HttpClient.HttpClient)
    const folder = yield* fs.makeTempDirectoryScoped()
    return yield* use({
      fake,
      seeded: Seed.delivery(fake.world, { shots: 2 }),
      folder,
      read: (name) => Effect.orDie(fs.readFileString(`${folder}/${name}`)),
      frameio: (args, outside) => run(args, { env, http, ...outside })
    })
  }).pipe(Effect.provide(Layer.merge(FakeFrameio.layer(options), NodeContext.layer)), Effect.scoped)

describe("frameio plan, against the fake", () => {
  it.effect("writes a plan and its findings, answers 1 for what it left out, and the plan runs", () =>
    withDelivery(({ fake, folder, frameio, read, seeded }) =>
      Effect.gen(function* () {
        const plan = `${folder}/plan.csv`
        const made = yield* frameio(["plan", seeded.folderId, "--rule", "vfx", "--out", plan])
        assert.strictEqual(made.code, 1)
        assert.strictEqual(made.out, "")
        assert.include(made.err, "18 versions for 14 stacks, 12 of them new.\n")
        assert.include(made.err, "\n8 findings kept something out.\n")
        assert.include(made.err, "\n2 folders below were not read: --recursive reads them.\n")
        assert.match(made.err, /\n\d+ files stay alone/)
        assert.match(made.err, /\n\d+ version calls \(100 a minute by Frame\.io's rule of thumb\) and \d+ look-ups \(/)
        assert.include(made.err, `frameio batch run ${plan}`)

        const csv = yield* read("plan.csv")
        assert.include(csv, "asset_id,next_asset_id,stack,version,name,target_name,folder,reason,position,")
        assert.include(csv, ",'=HYPERLINK(A1)_v02.mov,")
        assert.strictEqual((yield* VersionPlan.fromString(csv)).jobs, 18)
        const findings = yield* read("plan.findings.csv")
        assert.match(findings, /^severity,kind,folder,stack,asset_id,name,message\n/)
        for (const name of ["AGM_202_020_comp_v5.mov", "ABC_020_v1080.mov", "shotlist.pdf", "AGM_201_050_comp_NFX"]) {
          assert.include(findings, name)
        }

        const ran = yield* frameio(["batch", "run", plan])
        assert.strictEqual(ran.code, 0)
        assert.strictEqual((yield* fake.counts("assets.version")).applied, 18)
        const again = yield* frameio(["plan", seeded.folderId, "--rule", "vfx", "--format", "csv"])
        assert.lengthOf(again.lines, 1, "the header alone")
        assert.include(again.err, "There is nothing to stack.\n8 findings kept something out.")
      })
    )
  )

  it.effect("counts with the limit that was seen last, and not with that of another user", () =>
    withDelivery(({ folder, frameio, seeded }) =>
      Effect.gen(function* () {
        const plan = (env: Readonly<Record<string, string>>) =>
          frameio(["plan", seeded.folderId, "--rule", "vfx"], {
            env: { FRAMEIO_TOKEN: FakeFrameio.token, XDG_CACHE_HOME: folder, ...env }
          })
        const memory = Option.getOrThrow(
          yield* LimitFile.open("api.frame.io").pipe(
            Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["XDG_CACHE_HOME", folder]])))
          )
        )
        const route = "POST /v2/assets/:asset_id/version"
        yield* memory.remember({ owner: Redacted.make("eva"), route }, { limit: 20, windowMillis: 1000 })
        assert.match((yield* plan({ FRAMEIO_OWNER: "eva" })).err, /\n\d+ version calls \(20\/s\) and \d+ look-ups \(/)
        assert.match(
          (yield* plan({ FRAMEIO_OWNER: "tom" })).err,
          /version calls \(100 a minute by Frame.io's rule of thumb\)/
        )
        yield* memory.remember({ owner: Redacted.make(FakeFrameio.token), route }, { limit: 100, windowMillis: 60_000 })
        assert.match((yield* plan({})).err, /version calls \(100 a minute\) and/)
      })
    )
  )

  it.effect(
    "is held to the stacks it was made for: one that somebody has changed is left alone, by name, and answers 1",
    () =>
      withDelivery(({ fake, folder, frameio, seeded }) =>
        Effect.gen(function* () {
          const add = (name: string) => fake.world.addFile({ name, parentId: spot.id })
          const spot = { id: fake.world.addFolder({ name: "Spot", parentId: seeded.folderId }) }
          const [v1, v2, v3] = [add("Spot_v001.mov"), add("Spot_v002.mov"), add("Spot_v003.mov")]
          const plan = `${folder}/plan.csv`
          assert.strictEqual((yield* frameio(["plan", spot.id, "--rule", "vfx", "--out", plan])).code, 0)
          const v4 = add("Spot_v004.mov")
          fake.world.version({ assetId: v1, nextAssetId: v4 })
          for (const ledger of [[], ["--ledger", `${folder}/job.db`]]) {
            const ran = yield* frameio(["batch", "run", plan, ...ledger])
            assert.strictEqual(ran.code, 1, ran.err)
            assert.include(ran.err, "Spot_v001.mov")
            assert.include(ran.err, "Spot_v004.mov")
            assert.include(ran.err, "plan again")
          }
          assert.deepStrictEqual(fake.world.stackOf(v1)?.versions, [v1, v4])
          assert.isUndefined(fake.world.stackOf(v2))
          assert.isUndefined(fake.world.stackOf(v3))
        })
      )
  )

  it.effect("is held to its order: lines that were sorted by name are all named, and nothing is sent", () =>
    withDelivery(({ fake, folder, frameio, read, seeded }) =>
      Effect.gen(function* () {
        const spot = fake.world.addFolder({ name: "Spot", parentId: seeded.folderId })
        const versions = [1, 2, 3, 10, 11].map((n) => fake.world.addFile({ name: `Spot_v${n}.mov`, parentId: spot }))
        const plan = `${folder}/plan.csv`
        yield* frameio(["plan", spot, "--rule", "vfx", "--out", plan])
        const [header = "", ...lines] = (yield* read("plan.csv")).trimEnd().split("\n")
        const byName = [...lines].sort((one, other) =>
          (one.split(",")[4] ?? "") < (other.split(",")[4] ?? "") ? -1 : 1
        )
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(plan, [header, ...byName].join("\n"))
        const ran = yield* frameio(["batch", "run", plan])
        assert.strictEqual(ran.code, 2)
        assert.match(ran.err, /"v2" \(line 4\)[\s\S]*"v3" \(line 5\)[\s\S]*--any-order/)
        assert.strictEqual((yield* fake.counts("assets.version")).requests, 0)
        assert.strictEqual((yield* frameio(["batch", "run", plan, "--any-order"])).code, 0)
        assert.lengthOf(fake.world.stackOf(versions[0] ?? "")?.versions ?? [], 5)
      })
    )
  )

  it.effect("in a pipe writes the plan to standard output, and answers 0 when nothing was left out", () =>
    withDelivery(({ frameio, seeded }) =>
      Effect.gen(function* () {
        const { code, err, lines, out } = yield* frameio(["plan", seeded.editId, "--rule=date-ymd"])
        assert.strictEqual(code, 0)
        assert.lengthOf(lines, 3)
        assert.strictEqual((yield* VersionPlan.fromString(out)).jobs, 2)
        assert.match(
          err,
          /^base +on +new versions +folder\nTrailer +20241203 +241210 2024-12-17 +makes a new stack +Edit\n/
        )
        const json = yield* frameio(["plan", seeded.editId, "--rule", "date-ymd", "--format", "jsonl"])
        assert.lengthOf(json.lines, 2)
        assert.strictEqual((yield* VersionPlan.fromString(json.out)).jobs, 2)
      })
    )
  )

  it.effect("on a terminal shows a table and how the reading goes, and says how to write it", () =>
    withDelivery(({ frameio, seeded }) =>
      Effect.gen(function* () {
        const { code, err, out } = yield* frameio(["plan", seeded.folderId, "--rule", "vfx"], {
          terminal: true,
          columns: 200
        })
        assert.strictEqual(code, 1)
        assert.match(out, /AGM_201_010_comp_NFX +stack at v002 +v3 v004 +goes on the stack +AGM delivery\n/)
        assert.include(
          out,
          "\n\nLeft out:\n\n  2 ambiguous-name: names that can be read in two ways\n    “ABC_030_v01_02.mov” can be read"
        )
        assert.include(out, "\n\n  2 duplicate-version: versions that exist twice\n    ")
        assert.include(out, "      AGM_202_020_comp_v05.mov, AGM_202_020_comp_v5.mov\n")
        assert.include(out, "\n\nTo know:\n\n  ")
        assert.include(out, "--ignore-case treats them as one.")
        assert.include(out, "\n\nRead 1 folder: ")
        assert.include(out, "--out plan.csv writes it")
        assert.notInclude(out, "asset_id")
        assert.include(err, "\r\u001b[J\u001b[?7lreading  0 folders  0 files  0 stacks  1 request, 0 to come")
        assert.isTrue(err.endsWith("\r\u001b[J"))
        for (const [columns, group] of [
          [80, /\nAGM_201_010_comp_NFX +stack at v002 +v3 v004 +goes on the stack\n/],
          [40, /\nAGM_201_010_comp_NFX\n {2}on stack at v002: v3 v004\n {2}goes on the stack\n/]
        ] as const) {
          const { out } = yield* frameio(["plan", seeded.folderId, "--rule", "vfx"], { terminal: true, columns })
          assert.match(out, group)
          for (const line of out.split("\n")) assert.isTrue(line.length <= columns || !/\S \S/.test(line), line)
        }
        const narrow = yield* frameio(["plan", seeded.folderId, "--rule", "vfx"], { terminal: true, columns: 60 })
        const said = narrow.out.slice(narrow.out.indexOf("Left out:"), narrow.out.indexOf("Nothing was written"))
        for (const line of said.split("\n")) assert.isAtMost(line.length, 60, line)
        assert.strictEqual(
          said.replace(/\s+/g, " ").trim(),
          out.slice(out.indexOf("Left out:"), out.indexOf("Nothing was written")).replace(/\s+/g, " ").trim()
        )
      })
    )
  )

  it.effect("reads the folders below when told, and stacks across them when told", () =>
    withDelivery(({ fake, frameio, seeded }) =>
      Effect.gen(function* () {
        fake.world.addFile({ name: "AGM_201_030_comp_NFX_v003.mov", parentId: seeded.editId })
        const jobs = (...more: ReadonlyArray<string>) =>
          Effect.flatMap(frameio(["plan", seeded.folderId, "--rule", "vfx", ...more]), ({ out }) =>
            Effect.map(VersionPlan.fromString(out), (plan) => plan.jobs)
          )
        assert.strictEqual(yield* jobs(), 18)
        assert.strictEqual(yield* jobs("--recursive"), 18)
        assert.strictEqual(yield* jobs("--recursive", "--across-folders"), 19)
        assert.strictEqual(yield* jobs("--ignore-case", "--any-extension"), 20)
      })
    )
  )

  it.effect("takes a pattern, and writes everything as JSON lines for a program", () =>
    withDelivery(({ frameio, seeded }) =>
      Effect.gen(function* () {
        const { code, err, lines } = yield* frameio([
          "plan",
          seeded.setId,
          "--json",
          "--rule",
          "(?<base>Sc[0-9]+)_tk(?<version>[0-9]+)"
        ])
        assert.strictEqual(code, 0)
        const values = lines.map((line): Readonly<Record<string, unknown>> => JSON.parse(line))
        assert.deepStrictEqual(
          values.map(({ _tag }) => _tag),
          ["Line", "Finding", "Finding", "Finding", "Summary"]
        )
        assert.deepInclude(values[0] ?? {}, { stack: "Sc12", version: "02", name: "Sc12_tk02.mov" })
        assert.deepInclude(values[4] ?? {}, { versions: 1, stacks: 1, leftOut: 0 })
        assert.include(err, "1 version for 1 stack, 1 of them new.")
      })
    )
  )

  it.effect("overwrites nothing unless told, and reads nothing before it has said so", () =>
    withDelivery(({ fake, folder, frameio, read, seeded }) =>
      Effect.gen(function* () {
        const out = `${folder}/plan.jsonl`
        const args = ["plan", seeded.folderId, "--rule", "vfx", "--out", out]
        yield* frameio(args)
        const first = yield* read("plan.jsonl")
        const { requests } = yield* fake.counts()
        const second = yield* frameio(args)
        assert.strictEqual(second.code, 2)
        assert.include(second.err, `${out} exists already; --force overwrites it.\n`)
        assert.include(second.err, `${folder}/plan.findings.jsonl exists already`)
        assert.strictEqual((yield* fake.counts()).requests, requests)
        assert.strictEqual((yield* frameio([...args, "--force"])).code, 1)
        assert.strictEqual(yield* read("plan.jsonl"), first)
      })
    )
  )

  it.effect("answers 2 with everything that is wrong with what was asked for, at once", () =>
    withDelivery(({ fake, frameio }) =>
      Effect.gen(function* () {
        const { code, err, out } = yield* frameio([
          "plan",
          "delivery",
          "--rule",
          "(?<name>.+)",
          "--across-folders",
          "--out",
          "/"
        ])
        assert.strictEqual(code, 2)
        assert.strictEqual(out, "")
        for (const said of [
          '"delivery" is not a folder',
          "(?<base>…) is missing",
          "(?<version>…) is missing",
          "(?<name>…) is unknown",
          "add --recursive",
          "/ is a folder"
        ]) {
          assert.include(err, said)
        }
        const misspelt = yield* frameio(["plan", "delivery", "--rule", "vxf"])
        assert.include(
          misspelt.err,
          '--rule is "vxf", which is not a rule. There are vfx, vfx-parts, netflix, take, date, date-ymd, date-dmy, date-mdy, or a pattern'
        )
        assert.include(misspelt.err, '"delivery" is not a folder')
        const missing = yield* frameio(["plan", "00000000-0000-4000-8000-000000000001"])
        assert.include(missing.err, "--rule is missing. There are vfx,")
        const nowhere = yield* frameio(["plan", "x", "--rule", "vfx", "--out", "/nowhere/plan.csv"])
        assert.include(nowhere.err, "The folder /nowhere is not there")
        assert.strictEqual((yield* fake.counts()).requests, 0)
      })
    )
  )

  it.effect("answers 2 for a file, a folder that is not there, and a token that is refused", () =>
    withDelivery(({ fake, frameio, seeded }) =>
      Effect.gen(function* () {
        const file = fake.world.children(seeded.editId).ids[0] ?? ""
        for (const [folder, said] of [
          [file, "is a file, not a folder. Name the folder that it is in"],
          ["00000000-0000-4000-8000-000000000001", "Not found (404)"]
        ] as const) {
          const { code, err, out } = yield* frameio(["plan", folder, "--rule", "vfx"])
          assert.strictEqual(code, 2)
          assert.include(err, said)
          assert.strictEqual(out, "")
        }
        const refused = yield* frameio(["plan", seeded.folderId, "--rule", "vfx"], { env: { FRAMEIO_TOKEN: "no" } })
        assert.strictEqual(refused.code, 2)
      })
    )
  )

  it.effect("writes nothing after Ctrl-C, and answers 130", () =>
    withDelivery(
      ({ folder, frameio, seeded }) =>
        Effect.gen(function* () {
          const fs = yield* FileSystem.FileSystem
          const fiber = yield* Effect.fork(
            frameio(["plan", seeded.folderId, "--rule", "vfx", "--out", `${folder}/plan.csv`], {
              interruptAfter: "1 seconds"
            })
          )
          yield* TestClock.adjust("2 seconds")
          const { code, err } = yield* Fiber.join(fiber)
          assert.strictEqual(code, 130)
          assert.include(err, "Interrupted; nothing was written.")
          assert.isFalse(yield* fs.exists(`${folder}/plan.csv`))
        }),
      { faults: FaultPlan.latency({ millis: 800 }) }
    )
  )
})

describe("a plan as text", () => {
  const planOf = (more: Partial<FolderPlan.FolderPlan>): FolderPlan.FolderPlan => ({
    groups: [],
    findings: [],
    single: 0,
    folder: { id: "", path: "Show" },
    read: { folders: 1, files: 2, stacks: 0, requests: 1, left: 0 },
    jobs: 0,
    longestChain: 0,
    foldersBelow: 0,
    suggestion: undefined,
    ...more
  })

  it.effect(
    "tells the time at the limits that were seen, look-ups included, and at rules of thumb for the others",
    () =>
      Effect.gen(function* () {
        const id = Asset.AssetId.make("0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10")
        const chain = (links: number, expected?: VersionPlan.Expected) => ({
          links: Array.from({ length: links }, (_, n) => ({ line: n, assetId: id, nextAssetId: id, fields: {} })),
          expected
        })
        const expected = { kind: "file", name: undefined, folderId: undefined, coverId: undefined } as const
        const overV2 = (chains: ReadonlyArray<ReturnType<typeof chain>>, limits: JobEstimate.Limits) =>
          JobEstimate.overV2(Stream.fromIterable(chains), limits)
        const tenths = { grow: { limit: 10, windowMillis: 1000 }, look: { limit: 2, windowMillis: 1000 } }
        assert.strictEqual(yield* overV2([chain(1300)], tenths), "1300 version calls (10/s): 2 min 9 s at least.")
        assert.strictEqual(
          yield* overV2([chain(1300)], JobEstimate.unseen),
          "1300 version calls (100 a minute by Frame.io's rule of thumb): 12 min at least."
        )
        assert.strictEqual(yield* overV2([chain(3)], tenths), "3 version calls (10/s): less than a second.")
        assert.strictEqual(
          yield* overV2(
            Array.from({ length: 22 }, () => chain(1, expected)),
            tenths
          ),
          "22 version calls (10/s) and 22 look-ups (2/s): 10 s at least."
        )
      })
  )

  it("hints at another rule that fits, and says nothing of what is not", () => {
    assert.include(
      PlanText.summary(planOf({ suggestion: { name: "date", fits: 118, of: 120 } }), ""),
      "Hardly any name fits this rule; 118 of 120 fit --rule date.\n"
    )
    const plain = PlanText.summary(planOf({}), "")
    assert.strictEqual(plain, "Read 1 folder: 2 loose files and 0 stacks, in 1 request.\nThere is nothing to stack.\n")
    assert.include(PlanText.summary(planOf({ single: 1, foldersBelow: 1 }), ""), "1 folder below was not read")
  })

  it("shows some findings of each kind, and where the others are", () => {
    const finding = (n: number) => ({
      kind: "no-rule" as const,
      severity: "note" as const,
      folder: "Show",
      base: "",
      assets: [{ id: "", name: `notes ${n}.pdf` }],
      message: "It does not fit."
    })
    const text = PlanText.findings(
      Array.from({ length: 30 }, (_, n) => finding(n)),
      "plan.findings.csv"
    )
    assert.include(text, "To know:\n\n  30 no-rule: names that the rule does not read\n")
    assert.include(text, "      notes 0.pdf\n")
    assert.include(text, "    and 22 more; plan.findings.csv has all of them\n\n")
  })

  it("shows no more than a person reads, and nothing that a terminal acts on", () => {
    const groups = Array.from({ length: 60 }, (_, n) => ({
      base: `\u001b[31mAB${n}${"x".repeat(80)}`,
      folder: "Show",
      target: { kind: "file" as const, id: "", name: "", version: "v1", folderId: "", coverId: null },
      lines: Array.from({ length: 20 }, (_, version) => ({
        nextAssetId: "",
        name: "",
        version: `v${version + 2}`,
        folder: "Show",
        reason: ""
      }))
    }))
    const text = PlanText.table(groups, Number.POSITIVE_INFINITY)
    assert.notInclude(text, "\u001b")
    assert.include(text, "and 20 stacks more\n")
    assert.include(text, "v2 v3 v4 v5 v6 v7 v8 … v21")
    assert.isTrue(text.split("\n").every((line) => line.length < 160))
    assert.strictEqual(Text.visibleLine("a\u202eb\nc"), "a\\u202eb\\nc")
  })
})

describe("frameio plan --help", () => {
  it.effect("teaches the rules with their examples", () =>
    Effect.gen(function* () {
      const { code, out } = yield* run(["plan", "--help"])
      assert.strictEqual(code, 0)
      const words = out.replace(/\s+/g, " ")
      for (const { examples, name } of NamedRule.all) {
        assert.include(words, ` ${name} `)
        for (const example of examples) assert.include(words, example.name)
      }
      assert.include(words, "--rule vfx --recursive --out plan.csv")
    })
  )
})
