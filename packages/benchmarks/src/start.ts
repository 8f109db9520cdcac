/**
 * How long the command takes to start, beside a Node that does nothing: `npm run bench -- start [rounds]`. Prints the
 * table, and writes it into `docs/start.md`. One process of each kind in turn, so that a busy moment hits all alike.
 */
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import { fileURLToPath } from "node:url"
import * as FakeFrameio from "@effect-frameio/testing/FakeFrameio"
import * as FakeFrameioServer from "@effect-frameio/testing/FakeFrameioServer"
import * as Seed from "@effect-frameio/testing/Seed"
import * as Effect from "effect/Effect"
import * as Table from "./Table.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/start.md", import.meta.url))
const FRAMEIO = fileURLToPath(new URL("../../cli/dist/bin.js", import.meta.url))
const ROUNDS = Number(process.argv[2] ?? 21)

interface Kind {
  readonly name: string
  readonly args: (round: number) => ReadonlyArray<string>
  /** In times of bare Node. */
  readonly goal: number | undefined
}

/** The duration of one process in ms. Dies if it fails. */
const time = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>): Effect.Effect<number> =>
  Effect.async((resume) => {
    const began = process.hrtime.bigint()
    const child = spawn(process.execPath, args, { stdio: "ignore", env: { PATH: process.env.PATH, ...env } })
    child.once("error", (error) => resume(Effect.die(error)))
    child.once("exit", (code) => {
      const millis = Number(process.hrtime.bigint() - began) / 1e6
      resume(code === 0 ? Effect.succeed(millis) : Effect.dieMessage(`node ${args.join(" ")} ended with ${code}`))
    })
  })

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const measure = Effect.scoped(
  Effect.gen(function* () {
    const server = yield* FakeFrameioServer.make()
    const pairs = Seed.pairs(Seed.shots(server.world, { shots: ROUNDS, versions: 2 }))
    const env = { FRAMEIO_BASE_URL: server.baseUrl, FRAMEIO_TOKEN: FakeFrameio.token }
    const kinds: ReadonlyArray<Kind> = [
      { name: "`node -e 0`", args: () => ["-e", "0"], goal: undefined },
      { name: "`frameio --version`", args: () => [FRAMEIO, "--version"], goal: 2.5 },
      { name: "`frameio --help`", args: () => [FRAMEIO, "--help"], goal: 2.5 },
      { name: "`frameio completion bash`", args: () => [FRAMEIO, "completion", "bash"], goal: 2.5 },
      {
        name: "`frameio version A B`, network on this machine included",
        args: (round) => [FRAMEIO, "version", pairs[round]?.assetId ?? "", pairs[round]?.nextAssetId ?? ""],
        goal: 5
      }
    ]
    const times = kinds.map((): Array<number> => [])
    for (let round = 0; round < ROUNDS; round++) {
      for (const [at, kind] of kinds.entries()) times[at]?.push(yield* time(kind.args(round), env))
    }
    const medians = times.map(median)
    const rows = kinds.map(({ goal, name }, at) => [
      name,
      Table.fixed(medians[at] ?? Number.NaN, 0),
      Table.fixed((medians[at] ?? Number.NaN) / (medians[0] ?? Number.NaN), 2),
      goal === undefined ? "" : `≤ ${goal}`
    ])
    const about = `Node ${process.version}, ${Os.cpus().length} × ${Os.cpus()[0]?.model ?? "?"}; medians of ${ROUNDS} rounds.`
    return `${Table.render(["process", "ms", "times bare Node", "goal"], rows)}\n\n${about}`
  })
)

Effect.runPromise(measure).then(
  (table) => {
    process.stdout.write(`${table}\n`)
    Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), "start", table))
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
)
