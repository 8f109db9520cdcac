import { FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio, FakeFrameioServer, RateLimiter, Seed } from "@effect-frameio/testing"
import { Effect, Either, Schema } from "effect"
import * as CommandLine from "../src/CommandLine.js"
import * as Commands from "../src/Commands.js"
import * as JsonOutput from "../src/JsonOutput.js"
import { run } from "./run.js"

/** A command with its options, and the outcome that is meant. */
interface Call {
  readonly schema: keyof typeof JsonOutput.all
  readonly args: ReadonlyArray<string>
  readonly code?: number
  /** One value, or a line for each thing. */
  readonly lines?: "one" | "many" | "none"
  readonly input?: string
}

const valid = (schema: keyof typeof JsonOutput.all, line: string): string | undefined => {
  const all: Readonly<Record<keyof typeof JsonOutput.all, Schema.Schema.AnyNoContext>> = JsonOutput.all
  const read = Schema.decodeUnknownEither(all[schema], { onExcessProperty: "error" })(JSON.parse(line))
  return Either.isLeft(read) ? `${line}\n${read.left.message}` : undefined
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Fields that are not in camel case, or times that are not ISO 8601 in UTC. */
const oddities = (value: unknown, path = ""): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap((one, n) => oddities(one, `${path}[${n}]`))
  if (typeof value !== "object" || value === null) {
    return /(?:At|since)$/.test(path) && typeof value === "string" && !TIME.test(value) ? [`${path}: ${value}`] : []
  }
  return Object.entries(value).flatMap(([name, one]) =>
    // The plan's own columns are the user's.
    name === "fields"
      ? []
      : [...(/^_tag$|^[a-z][A-Za-z0-9]*$/.test(name) ? [] : [`${path}.${name}`]), ...oddities(one, `${path}.${name}`)]
  )
}

const setup = (api: "v2" | "v4") =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped()
    const server = yield* FakeFrameioServer.make({ limits: RateLimiter.unlimited })
    const seeded = Seed.shots(server.world, { shots: 3, versions: 3 })
    const delivery = Seed.delivery(server.world).folderId
    const file = (name: string, lines: ReadonlyArray<string>) =>
      Effect.as(fs.writeFileString(`${folder}/${name}`, lines.join("\n")), `${folder}/${name}`)
    const pairs = Seed.pairs(seeded).map((pair) => `${pair.assetId},${pair.nextAssetId}`)
    const plan = yield* file("plan.csv", ["asset_id,next_asset_id", ...pairs])
    const bad = yield* file("bad.csv", ["asset_id,next_asset_id", "x,y"])
    const movie = yield* file("a_v001.mov", ["made up"])
    const other = yield* file("b_v001.mov", ["made up, too"])
    const frameio = (args: ReadonlyArray<string>, input = "") =>
      run(args, {
        input,
        http: NodeHttpClient.layerUndici,
        env: {
          HOME: folder,
          FRAMEIO_TOKEN: FakeFrameio.token,
          FRAMEIO_BASE_URL: server.baseUrl,
          FRAMEIO_IMS_URL: server.baseUrl,
          FRAMEIO_API: api
        }
      })
    const check = ({ args, code = 0, input, lines = "one", schema }: Call) =>
      Effect.gen(function* () {
        const ended = yield* frameio(args, input)
        const name = args.join(" ")
        assert.strictEqual(ended.code, code, `${name}: ${ended.err}`)
        if (lines === "one") assert.lengthOf(ended.lines, 1, name)
        if (lines === "many") assert.isAbove(ended.lines.length, 1, name)
        if (lines === "none") assert.strictEqual(ended.out, "", name)
        const wrong = ended.lines.flatMap((line) => valid(schema, line) ?? [])
        assert.deepStrictEqual(wrong, [], name)
        if (!schema.includes("ls --json")) {
          assert.deepStrictEqual(
            ended.lines.flatMap((line) => oddities(JSON.parse(line))),
            [],
            name
          )
        }
        return ended
      })
    return { bad, check, delivery, folder, movie, other, plan, seeded, server }
  })

const ASSET = "version --json, ls --json, show --json, rm --json"
const GONE = "11111111-1111-4111-8111-111111111111"

describe("--json", () => {
  it.scopedLive("is valid by its schema for every command that has it, also where the command fails", () =>
    Effect.gen(function* () {
      const { bad, check, delivery, folder, movie, other, plan, seeded } = yield* setup("v2")
      const [one = "", two = "", three = ""] = seeded.shots[0]?.versions ?? []
      const ledger = `${folder}/job.db`
      const calls: ReadonlyArray<Call> = [
        { schema: ASSET, args: ["ls", delivery, "--json"], lines: "many" },
        { schema: ASSET, args: ["ls", GONE, "--json"], code: 1, lines: "none" },
        { schema: ASSET, args: ["show", one, "--json"] },
        { schema: ASSET, args: ["show", GONE, "--json"], code: 1, lines: "none" },
        { schema: ASSET, args: ["version", one, two, "--json"] },
        { schema: ASSET, args: ["version", one, GONE, "--json"], code: 1, lines: "none" },
        { schema: ASSET, args: ["rm", three, "--yes", "--json"] },
        { schema: "plan --json", args: ["plan", delivery, "--rule", "vfx", "--json"], code: 1, lines: "many" },
        {
          schema: "stacks audit --json",
          args: ["stacks", "audit", delivery, "--rule", "vfx", "--json"],
          code: 1,
          lines: "many"
        },
        { schema: "batch run --dry-run --json", args: ["batch", "run", plan, "--dry-run", "--json"] },
        { schema: "batch run --dry-run --json", args: ["batch", "run", bad, "--dry-run", "--json"], code: 2 },
        { schema: "batch run --json", args: ["batch", "run", bad, "--json"], code: 2 },
        // One of its versions was deleted above.
        {
          schema: "batch run --json",
          args: ["batch", "run", plan, "--ledger", ledger, "--json"],
          code: 1,
          lines: "many"
        },
        {
          schema: "batch run --dry-run --json",
          args: ["batch", "run", plan, "--ledger", ledger, "--dry-run", "--json"]
        },
        { schema: "batch status --json", args: ["batch", "status", "--ledger", ledger, "--json"] },
        {
          schema: "batch report --json, batch report --jsonl",
          args: ["batch", "report", "--ledger", ledger, "--json"],
          lines: "many"
        },
        {
          schema: "batch undo --dry-run --json",
          args: ["batch", "undo", "--ledger", ledger, "--dry-run", "--json"]
        },
        {
          schema: "batch undo --json",
          args: ["batch", "undo", "--ledger", ledger, "--yes", "--json"],
          lines: "many"
        },
        { schema: "batch submit --json", args: ["batch", "submit", bad, "--json"], code: 2 },
        { schema: "upload --json", args: ["upload", movie, "--into", delivery, "--json"], lines: "many" },
        {
          schema: "upload --json",
          args: ["upload", movie, "--into", GONE, "--json"],
          code: 1
        },
        {
          schema: "upload --rule --json",
          args: ["upload", "--rule", "vfx", "--to", delivery, other, "--dry-run", "--json"],
          lines: "many"
        },
        {
          schema: "upload --rule --json",
          args: ["upload", "--rule", "vfx", "--to", delivery, other, "--json"],
          lines: "many"
        },
        { schema: "whoami --json", args: ["whoami", "--json"] },
        { schema: "auth login --json, auth status --json", args: ["auth", "status", "--json"] },
        {
          schema: "auth login --json, auth status --json",
          args: ["auth", "login", "--with-token", "--json"],
          input: FakeFrameio.token
        },
        {
          schema: "auth login --json, auth status --json",
          args: ["auth", "login", "--with-token", "--json"],
          input: "another-token",
          code: 2,
          lines: "none"
        },
        { schema: "auth logout --json", args: ["auth", "logout", "--json"] },
        { schema: "auth logout --json", args: ["auth", "logout", "--json"] },
        { schema: "doctor --json", args: ["doctor", ledger, "--json"] },
        { schema: "doctor --json", args: ["doctor", `${folder}/none.db`, "--json"], code: 1 }
      ]
      for (const call of calls) {
        const ended = yield* check(call)
        if (call.schema === "batch status --json") assert.strictEqual(JSON.parse(ended.out).api, "v2")
      }
      const tried = new Set(
        calls.flatMap(({ args }) => Commands.all.filter(({ path }) => path.every((word, n) => args[n] === word)))
      )
      for (const command of Commands.all) {
        const hasJson = CommandLine.flagsOf(command).some(({ name }) => name === "json")
        assert.strictEqual(hasJson, tried.has(command), command.path.join(" "))
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scopedLive("has the same form over V4", () =>
    Effect.gen(function* () {
      const { check, delivery, folder, movie, plan, seeded } = yield* setup("v4")
      const [one = "", two = ""] = seeded.shots[0]?.versions ?? []
      const ledger = `${folder}/job.db`
      const calls: ReadonlyArray<Call> = [
        { schema: ASSET, args: ["ls", delivery, "--json"], lines: "many" },
        { schema: "batch run --json", args: ["batch", "run", plan, "--ledger", ledger, "--json"], lines: "many" },
        { schema: "batch status --json", args: ["batch", "status", "--ledger", ledger, "--json"] },
        {
          schema: "batch undo --dry-run --json",
          args: ["batch", "undo", "--ledger", ledger, "--dry-run", "--json"]
        },
        {
          schema: "batch undo --json",
          args: ["batch", "undo", "--ledger", ledger, "--yes", "--json"],
          lines: "many"
        },
        { schema: ASSET, args: ["version", one, two, "--json"] },
        { schema: ASSET, args: ["show", two, "--json"] },
        { schema: ASSET, args: ["rm", two, "--yes", "--json"] },
        { schema: "upload --json", args: ["upload", movie, "--onto", one, "--json"], lines: "many" },
        { schema: "whoami --json", args: ["whoami", "--json"] }
      ]
      for (const call of calls) {
        const ended = yield* check(call)
        if (call.schema === "batch status --json") assert.strictEqual(JSON.parse(ended.out).api, "v4")
      }
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
