/**
 * How long the command takes to start, beside a Node that does nothing: `npm run bench -- start [rounds]`. Prints the
 * table, and writes it into `docs/start.md`. One process of each kind in turn, so that a busy moment hits all alike. The
 * time that a call spends on its requests is measured by a Node that sends the same three and does nothing else.
 *
 * The fake is a process of its own, with limits that are never reached: a refused request would wait for its turn.
 */
import { fork, spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as FakeFrameioServer from "@effect-frameio/testing/FakeFrameioServer"
import * as RateLimiter from "@effect-frameio/testing/RateLimiter"
import * as Seed from "@effect-frameio/testing/Seed"
import * as Effect from "effect/Effect"
import * as Machine from "./Machine.js"
import * as Table from "./Table.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/start.md", import.meta.url))
const FRAMEIO = fileURLToPath(new URL("../../cli/dist/bin.js", import.meta.url))
const PROGRAM = fileURLToPath(import.meta.url)
const FAKE = "--fake"

interface Kind {
  readonly name: string
  readonly args: () => ReadonlyArray<string>
  /** Whether it finds the code that an earlier process has kept. */
  readonly kept: boolean
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>
}

interface Took {
  readonly wall: number
  readonly cpu: number
}

/** The three requests of a `version` call, by what Node has for it. */
const REQUESTS = `
const { Agent, request } = require("node:http")
const [asset, next, folder] = process.argv.slice(1)
const agent = new Agent({ keepAlive: true })
const headers = { authorization: "Bearer " + process.env.FRAMEIO_TOKEN, "user-agent": "start/1", "content-type": "application/json" }
const send = (method, path, body) => new Promise((resolve, reject) => {
  const sent = request(process.env.FRAMEIO_BASE_URL + path, { method, headers, agent }, (answer) => {
    let text = ""
    answer.on("data", (chunk) => { text += chunk }).on("end", () => resolve([answer.statusCode, JSON.parse(text)]))
  })
  sent.on("error", reject)
  sent.end(body)
})
send("GET", "/v2/assets/" + asset)
  .then(() => send("GET", "/v2/assets/" + folder))
  .then(() => send("POST", "/v2/assets/" + asset + "/version", JSON.stringify({ next_asset_id: next })))
  .then(([status]) => process.exit(status < 300 ? 0 : 1))
`

/** Ended children's processor time in ms; not a number if the system does not tell. */
const cpuOfChildren = (): number => {
  try {
    const stat = Fs.readFileSync("/proc/self/stat", "utf8")
    // After the name in parentheses; in hundredths of a second.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return (Number(fields[13]) + Number(fields[14])) * 10
  } catch {
    return Number.NaN
  }
}

/** The time of one process in ms. Dies if it fails. */
const time = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Effect.Effect<Took> =>
  Effect.async((resume) => {
    const before = cpuOfChildren()
    const began = process.hrtime.bigint()
    const child = spawn(process.execPath, args, { stdio: "ignore", env: { PATH: process.env.PATH, ...env } })
    child.once("error", (error) => resume(Effect.die(error)))
    child.once("exit", (code) => {
      const wall = Number(process.hrtime.bigint() - began) / 1e6
      const took = { wall, cpu: cpuOfChildren() - before }
      resume(code === 0 ? Effect.succeed(took) : Effect.dieMessage(`node ${args.join(" ")} ended with ${code}`))
    })
  })

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

/** The system counts in hundredths of a second, so only the mean of many is exact. */
const mean = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** What the process with the fake tells of it. */
interface Fake {
  readonly baseUrl: string
  readonly folderId: string
  readonly pairs: ReadonlyArray<Seed.Pair>
  /** A folder as it is found in the field. */
  readonly small: string
}

const serve = (shots: number) =>
  Effect.gen(function* () {
    const { baseUrl, world } = yield* FakeFrameioServer.make({ limits: { "*": RateLimiter.perSecond(10_000) } })
    const seeded = Seed.shots(world, { shots, versions: 2 })
    const small = Seed.shots(world, { shots: 5, versions: 3, show: "SMALL" }).folderId
    const fake: Fake = { baseUrl, folderId: seeded.folderId, pairs: Seed.pairs(seeded), small }
    process.once("disconnect", () => process.exit(0))
    process.send?.(fake)
    return yield* Effect.never
  }).pipe(Effect.scoped)

const startFake = (shots: number) =>
  Effect.acquireRelease(
    Effect.async<readonly [child: ReturnType<typeof fork>, Fake]>((resume) => {
      const child = fork(PROGRAM, [FAKE, String(shots)])
      child.once("message", (fake: Fake) => resume(Effect.succeed([child, fake])))
      child.once("exit", (code) => resume(Effect.dieMessage(`the fake ended with ${code}`)))
    }),
    ([child]) => Effect.sync(() => child.kill())
  ).pipe(Effect.map(([, fake]) => fake))

const measure = (rounds: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const { baseUrl, folderId, pairs, small } = yield* startFake(4 * (rounds + 1))
      const home = yield* Effect.acquireRelease(
        Effect.sync(() => Fs.mkdtempSync(join(Os.tmpdir(), "frameio-start-"))),
        (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
      )
      const env = { FRAMEIO_BASE_URL: baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
      let at = 0
      const pair = (): ReadonlyArray<string> => {
        const one = pairs[at++]
        return [one?.assetId ?? "", one?.nextAssetId ?? ""]
      }
      const bare: Kind = { name: "`node -e 0`", args: () => ["-e", "0"], kept: false }
      const requests: Kind = {
        name: "its three requests alone, by `node:http`",
        args: () => ["-e", REQUESTS, ...pair(), folderId],
        kept: false
      }
      const version: Kind = { name: "`frameio version A B`", args: () => [FRAMEIO, "version", ...pair()], kept: true }
      const first: Kind = { ...version, name: "the same for the first time", kept: false }
      const overV4: Kind = {
        ...version,
        name: "the same over V4, with its requests",
        // Code is kept by the name of the command only, and people use one API.
        env: { FRAMEIO_API: "v4", HOME: join(home, "v4") }
      }
      const answers = ["--version", "--help", "completion bash"].map(
        (line): Kind => ({
          name: `\`frameio ${line}\``,
          args: () => [FRAMEIO, ...line.split(" ")],
          kept: true
        })
      )
      const others = ["whoami", `show ${pairs[0]?.assetId}`, `ls ${small}`, `plan ${small} --rule vfx`].map(
        (line): Kind => ({
          name: `\`frameio ${line.replace(/ [0-9a-f-]{36}/, " X")}\``,
          args: () => [FRAMEIO, ...line.split(" ")],
          kept: true
        })
      )
      const kinds = [bare, ...answers, requests, first, version, overV4, ...others]
      const all = new Map(kinds.map((kind) => [kind, [] as Array<Took>]))
      const run = (kind: Kind) => time(kind.args(), { ...env, ...(kind.kept ? { HOME: home } : {}), ...kind.env })
      for (const kind of [version, overV4, ...others]) yield* run(kind)
      for (let round = 0; round < rounds; round++) {
        for (const kind of kinds) all.get(kind)?.push(yield* run(kind))
      }
      const of = (kind: Kind): Took => ({
        wall: median((all.get(kind) ?? []).map(({ wall }) => wall)),
        cpu: mean((all.get(kind) ?? []).map(({ cpu }) => cpu))
      })
      const node = of(bare)
      const row = (name: string, took: Took, goal: string) => [
        name,
        Table.fixed(took.wall, 0),
        Table.fixed(took.wall / node.wall, 2),
        Table.fixed(took.cpu, 0),
        Table.fixed(took.cpu / node.cpu, 2),
        goal
      ]
      /** Without what its requests take beyond a start. */
      const offline = (kind: Kind): Took => ({
        wall: of(kind).wall - (of(requests).wall - node.wall),
        cpu: of(kind).cpu - (of(requests).cpu - node.cpu)
      })
      const rows = [
        row(bare.name, node, ""),
        ...answers.map((kind) => row(kind.name, of(kind), "≤ 2.5")),
        row(requests.name, of(requests), ""),
        row(version.name, of(version), ""),
        row(`${version.name}, without the requests`, offline(version), "≤ 5"),
        row(`${first.name}, without the requests`, offline(first), ""),
        row(overV4.name, of(overV4), ""),
        ...others.map((kind) => row(kind.name, of(kind), ""))
      ]
      const about = `${Machine.words()}; medians of ${rounds} rounds, means of processor time.`
      const header = ["process", "ms", "times bare Node", "processor ms", "times bare Node", "goal"]
      return `${Table.render(header, rows)}\n\n${about}`
    })
  )

const [first, shots] = process.argv.slice(2)

Effect.runPromise(first === FAKE ? serve(Number(shots)) : measure(Number(first ?? 21))).then(
  (table) => {
    process.stdout.write(`${table}\n`)
    Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), "start", table))
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
)
