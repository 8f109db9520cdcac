import { FileSystem, HttpClient } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect, Layer, Schema } from "effect"
import * as JsonOutput from "../src/JsonOutput.js"
import { type Outside, run } from "./run.js"

const env = { FRAMEIO_TOKEN: FakeFrameio.token }

/** A folder with a stack of v01 and v02, v03 loose beside it, and one whose newest is not its highest. */
const withShow = <A, E, R>(
  use: (show: {
    readonly fake: FakeFrameio.Service
    readonly show: string
    readonly sibling: string
    readonly folder: string
    readonly frameio: (args: ReadonlyArray<string>, outside?: Outside) => ReturnType<typeof run>
  }) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const fs = yield* FileSystem.FileSystem
    const http = Layer.succeed(HttpClient.HttpClient, yield* HttpClient.HttpClient)
    const show = fake.world.addFolder({ name: "Show" })
    fake.world.addFolder({ name: "Reel", parentId: show })
    const add = (name: string) => fake.world.addFile({ name, parentId: show, filesize: name.length * 100 })
    const stacked = (...names: ReadonlyArray<string>) => {
      const [first = "", ...others] = names.map(add)
      for (const nextAssetId of others) {
        fake.world.version({ assetId: fake.world.stackOf(first)?.id ?? first, nextAssetId })
      }
    }
    stacked("AB_v01.mov", "AB_v02.mov")
    stacked("CD_v01.mov", "CD_v03.mov", "CD_v02.mov")
    const sibling = add("AB_v03.mov")
    add("EF_v01.mov")
    add("EF_v02.mov")
    return yield* use({
      fake,
      show,
      sibling,
      folder: yield* fs.makeTempDirectoryScoped(),
      frameio: (args, outside) => run(args, { env, http, ...outside })
    })
  }).pipe(
    Effect.provide(Layer.merge(FakeFrameio.layer({ limits: { "*": "unlimited" } }), NodeContext.layer)),
    Effect.scoped
  )

const parsed = (lines: ReadonlyArray<string>) =>
  lines.map((line): Readonly<Record<string, unknown>> => JSON.parse(line))

describe("frameio stacks audit", () => {
  it.effect("shows faults by kind on a terminal, names first and ids last, and answers 1", () =>
    withShow(({ frameio, show, sibling }) =>
      Effect.gen(function* () {
        const { code, err, out } = yield* frameio(["stacks", "audit", show, "--rule", "vfx"], {
          terminal: true,
          columns: 120
        })
        assert.strictEqual(code, 1)
        assert.match(out, /^Faults:\n\n {2}1 loose-sibling: versions beside their stack\n/)
        assert.include(out, "    v03 of “AB” lies beside the stack, which is at v02.\n")
        assert.include(out, `      AB_v03.mov  ${sibling}\n`)
        assert.include(out, "\n\n  1 stack-order: stacks out of order\n")
        assert.include(out, "Examined 2 stacks and 3 loose files in 1 folder, with 3 requests.\n")
        assert.include(out, "1 folder below was not read: --recursive reads them.\n2 faults.\n")
        assert.include(err, "1 loose version can be put on its stack: --plan mend.csv writes the plan.\n")
        assert.include(err, "1 series of loose files has no stack yet: frameio plan plans it.\n")
      })
    )
  )

  it.effect("writes a plan that mends, which runs with a ledger, and can be undone", () =>
    withShow(({ fake, folder, frameio, show, sibling }) =>
      Effect.gen(function* () {
        const [plan, ledger] = [`${folder}/mend.csv`, `${folder}/job.db`]
        const found = yield* frameio(["stacks", "audit", show, "--rule", "vfx", "--plan", plan])
        assert.strictEqual(found.code, 1)
        assert.include(found.err, `frameio batch run ${plan}`)
        assert.strictEqual((yield* frameio(["batch", "run", plan, "--dry-run"])).code, 0)
        const ran = yield* frameio(["batch", "run", plan, "--ledger", ledger])
        assert.strictEqual(ran.code, 0, ran.err)
        assert.lengthOf(fake.world.stackOf(sibling)?.versions ?? [], 3)
        const again = yield* frameio(["stacks", "audit", show, "--rule", "vfx", "--json"])
        assert.deepStrictEqual(
          parsed(again.lines).map(({ _tag, kind }) => kind ?? _tag),
          ["stack-order", "Summary"]
        )
        assert.strictEqual((yield* frameio(["batch", "undo", "--ledger", ledger, "--yes"])).code, 0)
        assert.isUndefined(fake.world.stackOf(sibling))
        const kept = yield* frameio(["stacks", "audit", show, "--rule", "vfx", "--plan", plan])
        assert.strictEqual(kept.code, 2)
        assert.include(kept.err, "--force overwrites it")
      })
    )
  )

  it.effect("says as JSON what a plan says, under the same names", () =>
    withShow(({ frameio, show, sibling }) =>
      Effect.gen(function* () {
        const { code, lines } = yield* frameio(["stacks", "audit", show, "--rule", "vfx"])
        assert.strictEqual(code, 1)
        const values = parsed(lines)
        assert.deepInclude(values[0] ?? {}, { _tag: "Line", nextAssetId: sibling, targetType: "version_stack" })
        assert.deepInclude(values[1] ?? {}, { _tag: "Finding", kind: "loose-sibling", stack: "AB", folder: "Show" })
        assert.deepInclude(values.at(-1) ?? {}, { _tag: "Summary", faults: 2, notes: 0, mended: 1, unstacked: 1 })
      })
    )
  )

  it.effect("says without a rule which one fits, and needs one for a plan", () =>
    withShow(({ fake, folder, frameio, show }) =>
      Effect.gen(function* () {
        const { code, err } = yield* frameio(["stacks", "audit", show])
        assert.strictEqual(code, 0)
        assert.include(err, "show only in the names: --rule vfx, which 8 of 8 names fit.\n")
        const { requests } = yield* fake.counts()
        const refused = yield* frameio(["stacks", "audit", show, "--plan", `${folder}/mend.csv`])
        assert.strictEqual(refused.code, 2)
        assert.include(refused.err, "--rule is missing. There are vfx,")
        assert.strictEqual((yield* fake.counts()).requests, requests)
      })
    )
  )
})

describe("JSON, out of one command and into another", () => {
  it.effect("a plan and a report are plans again, and every line is as it is documented", () =>
    withShow(({ fake, folder, frameio, show }) =>
      Effect.gen(function* () {
        const ledger = `${folder}/job.db`
        const planned = yield* frameio(["plan", show, "--rule", "vfx", "--format", "jsonl"])
        const chains = (yield* VersionPlan.fromString(planned.out)).chains
        assert.deepStrictEqual(chains[0]?.expected?.kind, "stack")
        const dry = yield* frameio(["batch", "run", "-", "--dry-run", "--json"], { input: planned.out })
        assert.strictEqual(dry.code, 0, dry.err)
        const ran = yield* frameio(["batch", "run", "-", "--ledger", ledger], { input: planned.out })
        const report = yield* frameio(["batch", "report", "--ledger", ledger, "--jsonl", "-"])
        assert.lengthOf(report.lines, 2)
        const status = yield* frameio(["batch", "status", "--ledger", ledger, "--json"])
        const written = [
          ["plan --json", (yield* frameio(["plan", show, "--rule", "vfx", "--json"])).lines],
          ["stacks audit --json", (yield* frameio(["stacks", "audit", show, "--rule", "vfx"])).lines],
          ["batch run --json", ran.lines],
          ["batch run --dry-run --json", dry.lines],
          ["batch status --json", status.lines],
          ["batch report --json, batch report --jsonl", report.lines]
        ] as const
        for (const [command, lines] of written) {
          assert.isNotEmpty(lines, command)
          const decode = Schema.decodeUnknown(Schema.parseJson(JsonOutput.all[command]), STRICT.get(command) ?? {})
          yield* Effect.forEach(lines, (line) => decode(line))
        }
        const calls = (yield* fake.counts("assets.version")).requests
        const again = yield* frameio(["batch", "run", "-", "--look-first"], { input: report.out })
        assert.strictEqual(again.code, 0, again.err)
        assert.strictEqual((yield* fake.counts("assets.version")).requests, calls)
      })
    )
  )
})

/** These lines have nothing that is not documented. */
const STRICT = new Map(
  ["plan --json", "stacks audit --json", "batch report --json, batch report --jsonl"].map((command) => [
    command,
    { onExcessProperty: "error" } as const
  ])
)
