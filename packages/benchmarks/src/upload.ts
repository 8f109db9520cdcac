/**
 * Uploads beside a bare undici `PUT` of the same parts: `npm run bench -- upload [--rounds 3] [--scale 0.25]`. One file of
 * 4 GB and 200 of 20 MB, or a fraction of both, on this machine, without latency and with 50 ms before each answer.
 * Storage, `Upload` without and with MD5, a job with its ledger, and the bare one, without and with a create call for each
 * file, are each a process of its own, one run of each kind in turn. All read the same file, a sparse one. Prints the
 * table, and writes it into `docs/benchmarks.md`.
 */
import { type ChildProcess, fork } from "node:child_process"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Os from "node:os"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Ledger from "@effect-frameio/batch/Ledger"
import * as UploadJob from "@effect-frameio/batch/UploadJob"
import { AssetId } from "@effect-frameio/core/Asset"
import * as FrameioClient from "@effect-frameio/core/FrameioClient"
import * as Repository from "@effect-frameio/stacks/Repository"
import * as Upload from "@effect-frameio/stacks/Upload"
import * as UploadJournal from "@effect-frameio/stacks/UploadJournal"
import * as UndiciHttpClient from "@effect-frameio/undici/UndiciHttpClient"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { Pool } from "undici"
import * as Machine from "./Machine.js"
import * as Table from "./Table.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url))

/** The largest part that Frame.io allows. */
const PART = 25 * 1024 * 1024

/** The size of reads, as in the command. */
const PIECE = 1024 * 1024

const PARALLEL = 4

interface Scenario {
  readonly name: string
  readonly files: number
  readonly bytes: number
  readonly latencyMillis: number
}

const scenariosOf = (scale: number): ReadonlyArray<Scenario> => {
  const bytes = Math.round(4_000_000_000 * scale)
  const files = Math.max(1, Math.round(200 * scale))
  return [0, 50].flatMap((latencyMillis) => [
    { name: `1 file of ${Number((bytes / 1e9).toFixed(1))} GB`, files: 1, bytes, latencyMillis },
    { name: `${files} files of 20 MB`, files, bytes: 20_000_000, latencyMillis }
  ])
}

interface Outcome {
  readonly millis: number
  readonly cpuMillis: number
  /** Before the first part, when the code is loaded. */
  readonly beforeMiB: number
  readonly peakMiB: number
}

const partsOf = (bytes: number): ReadonlyArray<number> => {
  const count = Math.ceil(bytes / PART)
  const size = Math.ceil(bytes / count)
  return Array.from({ length: count }, (_, n) => Math.min(size, bytes - n * size))
}

const digests = new Map<number, string>()

/** Every byte is 0, so the length determines it. */
const md5Of = (length: number): string => {
  const known = digests.get(length)
  if (known !== undefined) return known
  const hash = createHash("md5")
  const piece = new Uint8Array(PIECE)
  for (let left = length; left > 0; left -= PIECE) hash.update(piece.subarray(0, Math.min(left, PIECE)))
  const digest = hash.digest("hex")
  digests.set(length, digest)
  return digest
}

const idOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`

// -----------------------------------------------------------------------------
// the storage, and the two calls that uploads make
// -----------------------------------------------------------------------------

const serve = (latencyMillis: number): void => {
  const files = new Map<string, number>()
  const bodyOf = async (request: Http.IncomingMessage): Promise<number> => {
    let size = 0
    for await (const bytes of request) size += (bytes as Buffer).length
    return size
  }
  const server = Http.createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost")
    const asset = (id: string, more: object) =>
      JSON.stringify({ id, type: "file", name: "a.mov", filetype: "video/quicktime", filesize: files.get(id), ...more })
    const answer = async (): Promise<void> => {
      if (request.method === "PUT") {
        const size = await bodyOf(request)
        await new Promise((resolve) => setTimeout(resolve, latencyMillis))
        const whole = size === Number(request.headers["content-length"])
        response.writeHead(whole ? 200 : 400, { etag: `"${md5Of(size)}"` })
        response.end()
        return
      }
      response.setHeader("content-type", "application/json")
      if (request.method === "GET") {
        response.end(asset(url.pathname.split("/").at(-1) ?? "", { upload_completed_at: "2026-01-01T00:00:00Z" }))
        return
      }
      let text = ""
      for await (const bytes of request) text += String(bytes)
      const { filesize } = JSON.parse(text) as { filesize: number }
      await new Promise((resolve) => setTimeout(resolve, latencyMillis))
      const id = idOf(files.size + 1)
      files.set(id, filesize)
      const { port } = server.address() as AddressInfo
      const urls = partsOf(filesize).map((_, n) => `http://127.0.0.1:${port}/parts/${id}/${n}`)
      response.end(asset(id, { upload_urls: urls }))
    }
    answer().catch(() => response.destroy())
  })
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port))
}

// -----------------------------------------------------------------------------
// who uploads
// -----------------------------------------------------------------------------

const read = (file: string, offset: number, length: number): Fs.ReadStream =>
  Fs.createReadStream(file, { start: offset, end: offset + length - 1, highWaterMark: PIECE })

const identity = (file: string) =>
  Effect.map(
    Effect.promise(() => Fs.promises.stat(file, { bigint: true })),
    ({ dev, ino, mtimeNs, size }) => `${dev}:${ino}:${size}:${mtimeNs}`
  )

class Unreadable extends Data.TaggedError("Unreadable")<{ readonly message: string }> {}

const content = (file: string) => ({
  source: Upload.fromFileHandle(
    () => Fs.promises.open(file),
    (cause) => new Unreadable({ message: String(cause) })
  ),
  identity: identity(file)
})

const over = (port: number) =>
  Repository.layerV2.pipe(
    Layer.provideMerge(
      FrameioClient.layer({ token: Redacted.make("fio-u-bench"), baseUrl: `http://127.0.0.1:${port}` })
    ),
    Layer.provideMerge(UndiciHttpClient.layer)
  )

const NAMED = { name: "a.mov", filetype: "video/quicktime" }

const FOLDER = AssetId.make(idOf(0))

const ours = (port: number, file: string, { bytes, files }: Scenario, checksum: boolean): Promise<void> =>
  Effect.gen(function* () {
    const permits = yield* Effect.makeSemaphore(PARALLEL)
    let told = 0
    yield* Effect.forEach(
      Array.from({ length: files }, (_, n) => n),
      () =>
        Upload.upload({
          ...NAMED,
          ...content(file),
          folderId: FOLDER,
          filesize: bytes,
          permits,
          concurrency: PARALLEL,
          checksum,
          onEvent: () =>
            Effect.sync(() => {
              told += 1
            })
        }),
      { concurrency: PARALLEL * 2, discard: true }
    )
    if (told < files) throw new Error("nothing was told")
  }).pipe(Effect.provide(over(port)), Effect.runPromise)

/** What `frameio upload --rule` runs, of files that are no versions. */
const job = (port: number, file: string, { bytes, files }: Scenario): Promise<void> =>
  Effect.gen(function* () {
    const runSync = Runtime.runSync(yield* Effect.runtime<FileSystem.FileSystem>())
    const same = yield* identity(file)
    yield* UploadJob.begin({
      folder: { id: FOLDER, path: "a folder" },
      groups: [],
      alone: Array.from({ length: files }, (_, n) => ({ ...NAMED, path: `${file}.${n}`, bytes, identity: same })),
      files: new Map(),
      there: [],
      leftOut: [],
      findings: []
    })
    yield* Stream.runDrain(
      UploadJob.run({
        contentOf: () => content(file),
        journalOf: ({ path }) => runSync(UploadJournal.file(`${path}.journal`)),
        parts: PARALLEL,
        checksum: false
      })
    )
    const { confirmed } = yield* Effect.flatMap(Ledger.Ledger, ({ counts }) => counts)
    if (confirmed !== files) throw new Error(`${confirmed} of ${files} files were uploaded`)
  }).pipe(
    Effect.provide(
      Layer.merge(over(port), Ledger.layer({ file: `${file}.${process.pid}.db` })).pipe(
        Layer.provideMerge(NodeFileSystem.layer)
      )
    ),
    Effect.runPromise
  )

/** With the create calls it does what a script has to do for the same files. */
const bare = async (port: number, file: string, { bytes, files }: Scenario, creates: boolean): Promise<void> => {
  const pool = new Pool(`http://127.0.0.1:${port}`)
  const parts = partsOf(bytes)
  const create = async (): Promise<ReadonlyArray<string>> => {
    const { body, statusCode } = await pool.request({
      path: `/v2/assets/${FOLDER}/children`,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ...NAMED, type: "file", filesize: bytes })
    })
    const { upload_urls } = (await body.json()) as { upload_urls: ReadonlyArray<string> }
    if (statusCode !== 200) throw new Error(`a create call was answered with ${statusCode}`)
    return upload_urls.map((url) => new URL(url).pathname)
  }
  let paths: Promise<ReadonlyArray<string>> = Promise.resolve([])
  const next = Array.from({ length: files * parts.length }, (_, n) => n).values()
  const worker = async (): Promise<void> => {
    for (const n of next) {
      const part = n % parts.length
      if (creates && part === 0) paths = create()
      const path = (await paths)[part] ?? "/parts/bare"
      const size = parts[part] ?? 0
      const { body, statusCode } = await pool.request({
        path,
        method: "PUT",
        headers: { "content-type": "video/quicktime", "x-amz-acl": "private", "content-length": String(size) },
        body: read(file, part * (parts[0] ?? 0), size)
      })
      await body.dump()
      if (statusCode !== 200) throw new Error(`a part was answered with ${statusCode}`)
    }
  }
  await Promise.all(Array.from({ length: PARALLEL }, worker))
  await pool.close()
}

/** Reads a new file once, or who comes first would pay for its pages. */
const warm = async (file: string): Promise<void> => {
  for await (const _ of Fs.createReadStream(file, { highWaterMark: PIECE }));
}

const mib = (bytes: number): number => bytes / 1024 / 1024

const measured = async (upload: () => Promise<void>): Promise<Outcome> => {
  const beforeMiB = mib(process.memoryUsage.rss())
  let peak = beforeMiB
  const timer = setInterval(() => {
    peak = Math.max(peak, mib(process.memoryUsage.rss()))
  }, 20)
  const cpu = process.cpuUsage()
  const begun = performance.now()
  await upload()
  const { system, user } = process.cpuUsage(cpu)
  clearInterval(timer)
  return { millis: performance.now() - begun, cpuMillis: (user + system) / 1000, beforeMiB, peakMiB: peak }
}

// -----------------------------------------------------------------------------
// side by side
// -----------------------------------------------------------------------------

const start = (...args: ReadonlyArray<string>): ChildProcess => fork(fileURLToPath(import.meta.url), [...args])

const answerOf = <A>(process: ChildProcess, what: string): Promise<A> =>
  new Promise((resolve, reject) => {
    process.once("message", (message) => resolve(message as A))
    process.once("exit", (code) => reject(new Error(`${what} ended with ${code}`)))
  })

const WAYS = {
  ours: (port: number, file: string, scenario: Scenario) => ours(port, file, scenario, false),
  job,
  proven: (port: number, file: string, scenario: Scenario) => ours(port, file, scenario, true),
  bare: (port: number, file: string, scenario: Scenario) => bare(port, file, scenario, false),
  creating: (port: number, file: string, scenario: Scenario) => bare(port, file, scenario, true)
} as const

type Who = keyof typeof WAYS

const isWho = (text: string | undefined): text is Who => text !== undefined && text in WAYS

const WHO = Object.keys(WAYS).filter(isWho)

const once = async (who: Who, at: number, scale: string, file: string): Promise<Outcome> => {
  const which = ["--scenario", String(at), "--scale", scale, "--file", file]
  const server = start("--mode", "server", ...which)
  try {
    const port = await answerOf<number>(server, "the server")
    return await answerOf<Outcome>(start("--mode", who, "--port", String(port), ...which), who)
  } finally {
    server.kill("SIGKILL")
  }
}

const median = (values: ReadonlyArray<number>): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

const rowOf = (scenario: Scenario, runs: Readonly<Record<Who, ReadonlyArray<Outcome>>>): ReadonlyArray<string> => {
  const of = (who: Who, value: (outcome: Outcome) => number): number => median(runs[who].map(value))
  const megabytes = (scenario.files * scenario.bytes) / 1e6
  const rate = (who: Who): string => Table.grouped(megabytes / (of(who, ({ millis }) => millis) / 1000))
  const ratio = (who: Who, to: Who = "bare"): string =>
    Table.fixed(median(runs[who].map(({ millis }, n) => (runs[to][n]?.millis ?? Number.NaN) / millis)), 2)
  const cpu = (who: Who): string => Table.fixed(of(who, ({ cpuMillis }) => cpuMillis) / megabytes, 2)
  const growth = (who: Who): string => {
    const [before, peak] = [of(who, ({ beforeMiB }) => beforeMiB), of(who, ({ peakMiB }) => peakMiB)]
    return `${Table.fixed(before, 0)} → ${Table.fixed(peak, 0)}`
  }
  return [
    scenario.name,
    scenario.latencyMillis === 0 ? "none" : `${scenario.latencyMillis} ms`,
    rate("bare"),
    rate("creating"),
    `${rate("ours")}: **${ratio("ours")}**, ${ratio("ours", "creating")}`,
    runs.job.length === 0 ? "" : `${rate("job")}: ${ratio("job")}`,
    `${rate("proven")}: ${ratio("proven")}`,
    (["bare", "ours", "proven"] as const).map(cpu).join(" / "),
    `${growth("ours")} / ${growth("bare")}`
  ]
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "3" },
      scale: { type: "string", default: "1" },
      mode: { type: "string" },
      scenario: { type: "string", default: "0" },
      file: { type: "string", default: "" },
      port: { type: "string", default: "0" }
    }
  })
  const scenarios = scenariosOf(Number(values.scale))
  const scenario = scenarios[Number(values.scenario)]
  if (values.mode === "server") return serve(scenario?.latencyMillis ?? 0)
  const { file: shared, mode } = values
  if (isWho(mode) && scenario !== undefined) {
    process.send?.(await measured(() => WAYS[mode](Number(values.port), shared, scenario)))
    return process.exit(0)
  }
  const rounds = Number(values.rounds)
  const rows: Array<ReadonlyArray<string>> = []
  const folder = Fs.mkdtempSync(Path.join(Os.tmpdir(), "frameio-bench-"))
  const file = Path.join(folder, "a.mov")
  try {
    for (const [at, scenario] of scenarios.entries()) {
      Fs.writeFileSync(file, "")
      Fs.truncateSync(file, scenario.bytes)
      await warm(file)
      const runs: Record<Who, Array<Outcome>> = { ours: [], job: [], proven: [], bare: [], creating: [] }
      for (let round = 0; round < rounds; round++) {
        for (const who of round % 2 === 0 ? WHO : WHO.toReversed()) {
          // A job of one file is that file's upload.
          if (who !== "job" || scenario.files > 1) runs[who].push(await once(who, at, values.scale, file))
        }
      }
      const row = rowOf(scenario, runs)
      process.stderr.write(`${row.join("  ")}\n`)
      rows.push(row)
    }
  } finally {
    Fs.rmSync(folder, { recursive: true, force: true })
  }
  const text = [
    "### Upload: the same parts as a bare undici `PUT`",
    "",
    `${PARALLEL} parts at a time out of a file in memory, on one machine, the storage in a process of its own; latency is waited before each answer. The bare \`PUT\` reads the file and sends its parts, no more; beside it stands the same with a call that creates each file, which anybody has to make for the same result. \`Upload\` creates each file, too, checks that the file on disk is the same before and at each part, and tells its progress; a job, which is what \`frameio upload --rule\` runs, also writes its ledger and a journal of each file, here without MD5. The goal: without MD5 at least 0.95 of the throughput of the bare one without create calls, resident memory flat.`,
    "",
    "A file takes time of a core beside its bytes: for its creation, the checks, and code that is not compiled yet. Of 4 GB that is nothing, of 20 MB a share that shows on loopback and not on a network. Reads of 4 MiB into memory that is used again make up for some of it. In a CPU profile of the 200 files on loopback, taken on a busy machine before pieces grew with their speed, Effect's own code was 17 % of the time after loading. A job also waits, for each file, until three changes of its ledger are on the disk.",
    "",
    "The MD5 that proves each part (`checksum`, on unless told otherwise) takes a core 1.4 to 2 s for each GB: nothing on a link of 1 Gbit/s, which brings 0.12 GB in a second, and more than all the rest on loopback. From some 3 Gbit/s on `checksum: false` (`--no-checksum`) is faster.",
    "",
    Table.render(
      [
        "content",
        "latency",
        "bare `PUT`, MB/s",
        "with a create call for each file, MB/s",
        "`Upload` without MD5, MB/s: ratio to both",
        "a job, MB/s: ratio",
        "`Upload` with MD5, MB/s: ratio",
        "CPU s per GB, bare / without / with MD5",
        "resident MiB without MD5 / bare, before → peak"
      ],
      rows
    ),
    "",
    `Last run: ${Machine.today()}, ${Machine.words()}.`,
    `\`npm run bench -- upload --rounds ${rounds}${values.scale === "1" ? "" : ` --scale ${values.scale}`}\`: medians of ${rounds} runs, in turn.`
  ].join("\n")
  process.stdout.write(`${text}\n`)
  Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), "upload", text))
  process.exit(0)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
