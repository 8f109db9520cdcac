import { Reactivity } from "@effect/experimental"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { LibsqlClient } from "@effect/sql-libsql"
import { assert, describe, it } from "@effect/vitest"
import { type BatchEvent, Ledger, type LedgerError, VersionPlan } from "@effect-frameio/batch"
import { FrameioError } from "@effect-frameio/core"
import { Chunk, DateTime, Effect, Either, FastCheck, Fiber, type Scope, Stream } from "effect"
import * as Stub from "./stub.js"

const { id } = Stub
const [A, B, C, D] = [id(1), id(2), id(3), id(4)] as const

const bytes = (text: string) => Stream.make(new TextEncoder().encode(text))

const csv = (...pairs: ReadonlyArray<readonly [string, string]>) =>
  ["asset_id,next_asset_id", ...pairs.map((pair) => pair.join(","))].join("\n")

/** A file in a folder that is gone after the test. */
const temporary = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fs.makeTempDirectoryScoped(), "job.db")
})

/** Opens a ledger for as long as something is done with it. */
const opened = <A, E, R>(
  options: Ledger.Options,
  use: (ledger: Ledger.Service) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | LedgerError.LedgerError, Exclude<R, Scope.Scope> | FileSystem.FileSystem> =>
  Effect.scoped(Effect.flatMap(Ledger.make(options), use))

const chainsOf = (ledger: Ledger.Service) => Effect.map(Stream.runCollect(ledger.chains), Chunk.toReadonlyArray)

const test = <E>(
  name: string,
  body: (file: string) => Effect.Effect<void, E, FileSystem.FileSystem | Path.Path | Scope.Scope>,
  timeout?: number
) => it.scoped(name, () => Effect.flatMap(temporary, body).pipe(Effect.provide(NodeContext.layer)), timeout)

const link = (line: number, assetId: string, nextAssetId: string, atMillis = 1000) => ({
  at: DateTime.unsafeMake(atMillis),
  chain: 0,
  line,
  assetId,
  nextAssetId
})

const record = (ledger: Ledger.Service, ...events: ReadonlyArray<BatchEvent.BatchEvent>) =>
  Effect.scoped(
    Effect.flatMap(ledger.recorder("run"), (write) =>
      Effect.forEach(events, (event) => write(event), { discard: true })
    )
  )

describe("Ledger", () => {
  describe("takes a plan", () => {
    test("and gives its chains back as they are in memory", (file) =>
      Effect.gen(function* () {
        const text = csv([A, B], [id(10), id(11)], [A, C], [C, D])
        const plan = yield* VersionPlan.fromString(text)
        const job = yield* opened({ file }, (ledger) =>
          ledger.takePlan(bytes(text), { name: "shots", plan: "shots.csv" })
        )
        assert.deepInclude(job, { name: "shots", plan: "shots.csv", links: 4, chains: 2 })
        const chains = yield* opened({ file }, chainsOf)
        assert.deepStrictEqual(chains, plan.chains)
      }))

    test("whose other columns it keeps", (file) =>
      Effect.gen(function* () {
        const text = `asset_id,next_asset_id,name\n${A},${B},"one ""two"" ü\u0001"\n`
        const rows = yield* opened({ file }, (ledger) =>
          Effect.zipRight(ledger.takePlan(bytes(text)), Stream.runCollect(ledger.rows))
        )
        assert.deepStrictEqual(Chunk.toReadonlyArray(rows)[0]?.fields, { name: 'one "two" ü\u0001' })
      }))

    // Pairs between few assets, so that duplicates, circles, trees and any order of lines come up all the time.
    const few = FastCheck.array(
      FastCheck.tuple(FastCheck.integer({ min: 1, max: 9 }), FastCheck.integer({ min: 1, max: 9 })),
      {
        minLength: 1,
        maxLength: 10
      }
    )

    test(
      "or refuses it, with the same words as in memory",
      (file) =>
        Effect.gen(function* () {
          const inputs = FastCheck.sample(few, { numRuns: 60, seed: 7 })
          let refused = 0
          yield* Effect.forEach(
            inputs,
            (input, index) =>
              Effect.gen(function* () {
                const text = csv(...input.map(([from, to]) => [id(from), id(to)] as const))
                const inMemory = yield* Effect.either(VersionPlan.fromString(text))
                const taken = yield* Effect.either(
                  opened({ file: `${file}-${index}` }, (ledger) =>
                    Effect.zipRight(ledger.takePlan(bytes(text)), chainsOf(ledger))
                  )
                )
                if (inMemory._tag === "Right") {
                  assert.deepStrictEqual(taken._tag === "Right" ? taken.right : taken.left, inMemory.right.chains)
                  return
                }
                refused++
                const error = taken._tag === "Left" && taken.left._tag === "PlanRefused" ? taken.left : undefined
                assert.deepStrictEqual(
                  error?.problems.map(VersionPlan.describeProblem).sort(),
                  inMemory.left.problems.map(VersionPlan.describeProblem).sort()
                )
                assert.strictEqual(error?.total, inMemory.left.total)
              }),
            { discard: true }
          )
          assert.isAbove(refused, 10)
          assert.isBelow(refused, 50)
        }),
      60_000
    )

    test("or refuses one whose versions were sorted otherwise, as in memory, unless that is meant", (file) =>
      Effect.gen(function* () {
        const rows = Array.from({ length: 3000 }, (_, n) => [
          `${id(10_000 + n)},${id(20_000 + n)},v2`,
          `${id(10_000 + n)},${id(30_000 + n)},${n % 1000 === 7 ? "v1" : "v10"}`
        ])
        const text = ["asset_id,next_asset_id,version", ...rows.flat()].join("\n")
        const inMemory = yield* Effect.flip(VersionPlan.fromString(text))
        const taken = yield* Effect.flip(opened({ file }, (ledger) => ledger.takePlan(bytes(text))))
        assert.strictEqual(inMemory.total, 3)
        assert.deepStrictEqual(taken, inMemory)
        const meant = yield* opened({ file }, (ledger) => ledger.takePlan(bytes(text), { anyOrder: true }))
        assert.strictEqual(meant.links, 6000)
      }))

    test("or puts its chains in order, however many are written backwards", (file) =>
      Effect.gen(function* () {
        const rows = Array.from({ length: 700 }, (_, n) => [
          [id(20_000 + n), id(30_000 + n)] as const,
          [id(10_000 + n), id(20_000 + n)] as const
        ])
        const text = csv(...rows.flat())
        const plan = yield* VersionPlan.fromString(text)
        const chains = yield* opened({ file }, (ledger) =>
          Effect.zipRight(ledger.takePlan(bytes(text)), chainsOf(ledger))
        )
        assert.deepStrictEqual(chains, plan.chains)
        assert.deepStrictEqual(
          chains[699]?.links.map(({ line }) => line),
          [1401, 1400]
        )
      }))

    test("or refuses a circle of more lines than it looks at", (file) =>
      Effect.gen(function* () {
        const text = csv(...Array.from({ length: 10_002 }, (_, n) => [id(n + 1), id(((n + 1) % 10_002) + 1)] as const))
        const taken = yield* Effect.flip(opened({ file }, (ledger) => ledger.takePlan(bytes(text))))
        if (taken._tag !== "PlanRefused") return assert.fail(taken._tag)
        assert.deepStrictEqual(
          taken.problems.map(({ kind, line }) => [kind, line]),
          [["cycle", 2]]
        )
      }))

    test("with what it was made against", (file) =>
      Effect.gen(function* () {
        const text = `asset_id,next_asset_id,target_name,target_type,target_cover_id\n${A},${B},Spot,version_stack,${D}\n${A},${C},Spot,version_stack,${D}\n`
        const plan = yield* VersionPlan.fromString(text)
        const chains = yield* opened({ file }, (ledger) =>
          Effect.zipRight(ledger.takePlan(bytes(text)), chainsOf(ledger))
        )
        const expected = { kind: "stack", name: "Spot", folderId: undefined, coverId: D }
        assert.deepStrictEqual(plan.chains[0]?.expected as unknown, expected)
        assert.deepStrictEqual(chains[0]?.expected as unknown, expected)
      }))

    test("and knows it again, but no other", (file) =>
      Effect.gen(function* () {
        const text = csv([A, B], [A, C])
        yield* opened({ file }, (ledger) => ledger.takePlan(bytes(text)))
        yield* opened({ file }, (ledger) => ledger.takePlan(bytes(text)))
        const as = (other: string) => Effect.flip(opened({ file }, (ledger) => ledger.takePlan(bytes(other))))
        const changed = yield* as(csv([A, B], [A, D]))
        assert.deepInclude(changed, { _tag: "LedgerError", reason: "OtherPlan" })
        assert.include(changed.message, "line that differs is 3")
        assert.deepInclude(yield* as(csv([A, B])), { reason: "OtherPlan" })
        assert.deepInclude(yield* as(csv([A, B], [A, C], [A, D])), { reason: "OtherPlan" })
        const broken = yield* as(csv([A, B], [A, "C"]))
        assert.include(broken.message, 'line 3: "next_asset_id" is "C"')
      }))

    test("and knows it again however it is written", (file) =>
      Effect.gen(function* () {
        const text = csv([A, B], [A, C], [A, D])
        const lines = text.split("\n")
        const jsonl = [B, C, D].map((next) => JSON.stringify({ next_asset_id: next, asset_id: A }))
        yield* opened({ file }, (ledger) => ledger.takePlan(bytes(text)))
        const same = {
          "a blank line at the top": `\n${text}`,
          "blank lines between": lines.join("\n\n"),
          "a blank row between": [lines[0], lines[1], ",", ...lines.slice(2)].join("\n"),
          "blank rows at the end": `${text}\n,\n,\n\n`,
          "other line ends": `${lines.join("\r\n")}\r\n`,
          "a byte order mark": `\ufeff${text}`,
          "other columns, in another order": [
            "name,next_asset_id,asset_id",
            `b,${B},${A}`,
            `,${C},${A}`,
            `,${D},${A}`
          ].join("\n"),
          "JSON lines": jsonl.join("\n"),
          "JSON lines with blank ones": `\ufeff\n${jsonl.join("\r\n\r\n")}\n\n`
        }
        for (const [how, other] of Object.entries(same)) {
          const job = yield* opened({ file }, (ledger) => ledger.takePlan(bytes(other))).pipe(
            Effect.mapError((error) => `${how}: ${error.message}`)
          )
          assert.strictEqual(job.links, 3, how)
        }
        const [first, ...rest] = same["blank lines between"].split("\n")
        const swapped = [first, ...rest.reverse()].join("\n")
        const error = yield* Effect.flip(opened({ file }, (ledger) => ledger.takePlan(bytes(swapped))))
        assert.deepInclude(error, { reason: "OtherPlan" })
      }))

    test("from the beginning when it was killed in the middle of it", (file) =>
      Effect.gen(function* () {
        const text = csv([A, B], [A, C])
        const half = Stream.concat(bytes(text.slice(0, 60)), Stream.fail("killed"))
        assert.strictEqual(yield* Effect.flip(opened({ file }, (ledger) => ledger.takePlan(half))), "killed")
        assert.deepInclude(yield* Effect.flip(opened({ file }, (ledger) => ledger.job)), { reason: "NoPlan" })
        assert.deepInclude(yield* opened({ file }, (ledger) => ledger.takePlan(bytes(text))), { links: 2 })
      }))
  })

  test("remembers what was sent, confirmed and failed, and what follows from it", (file) =>
    Effect.gen(function* () {
      const text = csv([A, B], [A, C], [A, D], [id(10), id(11)], [id(20), id(21)], [id(20), id(22)])
      const error = new FrameioError.NotFound({ endpoint: "assets.version", assetIds: [id(20), id(21)], body: "gone" })
      yield* opened({ file }, (ledger) =>
        Effect.zipRight(
          ledger.takePlan(bytes(text)),
          record(
            ledger,
            { _tag: "Sent", ...link(2, A, B), target: A, attempt: 1 },
            { _tag: "Confirmed", ...link(2, A, B, 2000), stackId: id(99), how: "answered" },
            { _tag: "Sent", ...link(3, A, C, 3000), target: id(99), attempt: 1 },
            { _tag: "Sent", ...link(6, id(20), id(21)), target: id(20), attempt: 1 },
            { _tag: "Failed", ...link(6, id(20), id(21)), error, message: error.message }
          )
        )
      )
      yield* opened({ file }, (ledger) =>
        Effect.gen(function* () {
          const chains = yield* chainsOf(ledger)
          assert.deepStrictEqual(
            chains.map((chain) => [
              chain.target,
              chain.resumed,
              chain.links.map(({ isUnsettled, line }) => [line, isUnsettled])
            ]),
            [
              [
                A,
                { stack: id(99), inPlace: 1 },
                [
                  [3, true],
                  [4, undefined]
                ]
              ],
              [id(10), undefined, [[5, undefined]]]
            ]
          )
          assert.deepInclude(yield* ledger.counts, {
            total: 6,
            planned: 2,
            sent: 1,
            confirmed: 1,
            failed: 1,
            skipped: 1
          })
          assert.deepStrictEqual(yield* ledger.extent, { links: 3, chains: 3 })
          const rows = Chunk.toReadonlyArray(yield* Stream.runCollect(ledger.rows))
          assert.deepStrictEqual(
            rows.map((row) => row.state),
            ["confirmed", "sent", "planned", "planned", "failed", "skipped"]
          )
          assert.deepStrictEqual(rows[4]?.error, error)
          assert.strictEqual(yield* ledger.retryFailed, 1)
          assert.deepInclude(yield* ledger.counts, { planned: 4, failed: 0, skipped: 0 })
        })
      )
    }))

  describe("keeps what is not known", () => {
    for (const [name, event] of [
      [
        "when not even reading could tell",
        {
          _tag: "Failed",
          ...link(2, A, B),
          error: new FrameioError.TransportError({ reason: "AnswerLost" }),
          message: "no answer"
        }
      ],
      ["when the job was stopped", { _tag: "Unknown", ...link(2, A, B), reason: "stopped" }]
    ] as const) {
      test(name, (file) =>
        opened({ file }, (ledger) =>
          Effect.gen(function* () {
            yield* ledger.takePlan(bytes(csv([A, B])))
            yield* record(ledger, { _tag: "Sent", ...link(2, A, B), target: A, attempt: 1 }, event)
            assert.deepInclude(yield* ledger.counts, { sent: 1, failed: 0 })
          })
        )
      )
    }

    test("and takes no link for failed because the token was refused", (file) =>
      opened({ file }, (ledger) =>
        Effect.gen(function* () {
          yield* ledger.takePlan(bytes(csv([A, B])))
          const error = new FrameioError.Unauthorized({})
          yield* record(
            ledger,
            { _tag: "Sent", ...link(2, A, B), target: A, attempt: 1 },
            { _tag: "Failed", ...link(2, A, B), error, message: error.message }
          )
          assert.deepInclude(yield* ledger.counts, { planned: 1, failed: 0 })
        })
      ))
  })

  describe("refuses", () => {
    const reasonOf = (options: Ledger.Options) =>
      Effect.map(Effect.flip(opened(options, (ledger) => ledger.job)), (error) => error.reason)

    test("a second run on it, and lets one look meanwhile", (file) =>
      opened({ file }, (ledger) =>
        Effect.gen(function* () {
          yield* ledger.takePlan(bytes(csv([A, B])))
          assert.strictEqual(yield* reasonOf({ file }), "InUse")
          const counts = yield* opened({ file, mode: "read" }, (reader) => reader.counts)
          assert.deepInclude(counts, { planned: 1 })
        })
      ))

    test("what is not there, without making it", (file) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* reasonOf({ file, mode: "read" }), "Absent")
        assert.isFalse(yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(file)))
      }))

    test("a file that is something else, and leaves it as it is", (file) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const text = csv([A, B]).repeat(100)
        yield* fs.writeFileString(file, text)
        for (const mode of ["read", "write"] as const) {
          assert.strictEqual(yield* reasonOf({ file, mode }), "NotALedger")
        }
        assert.strictEqual(yield* fs.readFileString(file), text)
      }))

    test("a file that is damaged", (file) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        const many = Array.from({ length: 500 }, (_, n) => [id(1000 + n), id(2000 + n)] as const)
        yield* opened({ file }, (ledger) => ledger.takePlan(bytes(csv(...many))))
        const whole = yield* fs.readFile(file)
        whole.fill(0xff, 8192, whole.length - 4096)
        yield* fs.writeFile(file, whole)
        const error = yield* Effect.flip(opened({ file }, chainsOf))
        assert.strictEqual(error.reason, "Corrupt")
        assert.include(error.message, "with a new ledger and let it look first")
      }))

    test("a file with two names, and takes a link to one for the file that it leads to", (file) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* fs.symlink(file, `${file}.soft`)
        yield* opened({ file: `${file}.soft` }, (ledger) =>
          Effect.gen(function* () {
            yield* ledger.takePlan(bytes(csv([A, B])))
            assert.strictEqual(yield* reasonOf({ file }), "InUse")
            assert.isTrue(yield* opened({ file, mode: "read" }, (reader) => reader.inUse))
            yield* fs.link(file, `${file}.hard`)
            assert.strictEqual(yield* reasonOf({ file: `${file}.hard` }), "Linked")
          })
        )
        assert.strictEqual(yield* reasonOf({ file: `${file}.hard` }), "Linked")
        yield* fs.remove(`${file}.hard`)
        assert.deepInclude(yield* opened({ file }, (ledger) => ledger.job), { links: 1 })
      }))

    test("an empty file that is no half-made ledger, and leaves it and its folder as they are", (file) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* fs.writeFileString(file, "")
        const error = yield* Effect.flip(opened({ file }, (ledger) => ledger.job))
        assert.strictEqual(error.reason, "NotALedger")
        assert.deepStrictEqual(yield* fs.readDirectory(file.replace(/[^/]*$/, "")), ["job.db"])
        assert.strictEqual(Number((yield* fs.stat(file)).size), 0)
        // So does a kill leave one that was just being made: its lock is there first.
        yield* fs.writeFileString(`${file}.lock`, "")
        assert.deepInclude(yield* opened({ file }, (ledger) => ledger.takePlan(bytes(csv([A, B])))), { links: 1 })
      }))

    test("to make one where it is told not to", (file) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        assert.strictEqual(yield* reasonOf({ file, create: false }), "Absent")
        assert.deepStrictEqual(yield* fs.readDirectory(file.replace(/[^/]*$/, "")), [])
      }))

    test("one in a folder that is not there", (file) =>
      Effect.map(reasonOf({ file: `${file}/none/job.db` }), (reason) => assert.strictEqual(reason, "ReadOnly")))
  })

  test("is read without a trace, and a copy of its file alone has the plan", (file) =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const folder = file.replace(/[^/]*$/, "")
      yield* opened({ file }, (ledger) =>
        Effect.gen(function* () {
          yield* ledger.takePlan(bytes(csv([A, B])))
          yield* record(ledger, { _tag: "Sent", ...link(2, A, B), target: A, attempt: 1 })
          yield* fs.copyFile(file, `${folder}copy.db`)
          const counts = yield* opened({ file, mode: "read" }, (reader) => reader.counts)
          assert.deepInclude(counts, { sent: 1 })
        })
      )
      assert.deepInclude(yield* opened({ file: `${folder}copy.db`, mode: "read" }, (copy) => copy.job), { links: 1 })
      const before = yield* fs.readDirectory(folder)
      const seen = yield* opened({ file, mode: "read" }, (reader) =>
        Effect.all([reader.counts, reader.inUse, fs.readDirectory(folder)])
      )
      assert.deepInclude(seen[0], { sent: 1 })
      assert.isFalse(seen[1])
      // The writer's own log goes whenever its connection is collected as garbage.
      assert.includeMembers(before, seen[2])
      assert.includeMembers(before, yield* fs.readDirectory(folder))
    }))

  it.scopedLive("waits for another program that has the file to itself for a while", () =>
    Effect.gen(function* () {
      const file = yield* temporary
      yield* opened({ file }, (ledger) =>
        Effect.gen(function* () {
          yield* ledger.takePlan(bytes(csv([A, B])))
          const other = yield* LibsqlClient.make({ url: `file:${file}` })
          yield* other.unsafe("BEGIN IMMEDIATE")
          const recorded = yield* Effect.fork(record(ledger, { _tag: "Sent", ...link(2, A, B), target: A, attempt: 1 }))
          yield* Effect.sleep("300 millis")
          yield* other.unsafe("ROLLBACK")
          yield* Fiber.join(recorded)
          assert.deepInclude(yield* ledger.counts, { sent: 1 })
        })
      )
    }).pipe(Effect.provide([NodeContext.layer, Reactivity.layer]))
  )

  it.scoped("knows the API that a job was begun on, and takes an older ledger for one of v2", () =>
    Effect.gen(function* () {
      const file = yield* temporary
      const older = (began: boolean) =>
        Effect.scoped(
          Effect.gen(function* () {
            const sql = yield* LibsqlClient.make({ url: `file:${file}` })
            yield* sql.unsafe("ALTER TABLE job DROP COLUMN api")
            yield* sql.unsafe("DROP TABLE uploads")
            yield* sql.unsafe("DROP TABLE shares")
            yield* sql.unsafe("ALTER TABLE links DROP COLUMN home")
            yield* sql.unsafe("DELETE FROM migrations WHERE migration_id > 1")
            if (began) yield* sql.unsafe("INSERT INTO runs (kind, began_at) VALUES ('run', 0)")
          })
        )
      const apiOf = Effect.map(
        opened({ file, mode: "read" }, (ledger) => ledger.job),
        ({ api }) => api
      )
      const begin = (api: string) => Effect.either(opened({ file }, (ledger) => ledger.begin(api)))
      yield* opened({ file }, (ledger) => ledger.takePlan(bytes(csv([A, B]))))
      assert.isUndefined(yield* apiOf)
      yield* older(false)
      assert.isUndefined(yield* apiOf)
      assert.isTrue(Either.isRight(yield* begin("v4")))
      assert.strictEqual(yield* apiOf, "v4")
      yield* older(true)
      const refused = yield* begin("v4")
      assert.isTrue(Either.isLeft(refused))
      if (Either.isLeft(refused)) assert.strictEqual(refused.left.reason, "OtherApi")
      assert.isTrue(Either.isRight(yield* begin("v2")))
      assert.strictEqual(yield* apiOf, "v2")
    }).pipe(Effect.provide([NodeContext.layer, Reactivity.layer]))
  )

  for (const [what, change] of [
    ["moved away", (fs: FileSystem.FileSystem, file: string) => fs.rename(file, `${file}.away`)],
    [
      "replaced by a copy",
      (fs: FileSystem.FileSystem, file: string) =>
        Effect.zipRight(fs.copyFile(file, `${file}.copy`), fs.rename(`${file}.copy`, file))
    ],
    ["rid of its log", (fs: FileSystem.FileSystem, file: string) => fs.remove(`${file}-wal`)]
  ] as const) {
    test(`writes nothing down as done when its file was ${what}`, (file) =>
      Effect.gen(function* () {
        const fs = yield* FileSystem.FileSystem
        yield* opened({ file }, (ledger) =>
          Effect.gen(function* () {
            yield* ledger.takePlan(bytes(csv([A, B])))
            yield* change(fs, file)
            const error = yield* Effect.flip(record(ledger, { _tag: "Sent", ...link(2, A, B), target: A, attempt: 1 }))
            assert.strictEqual(error.reason, "Replaced")
          })
        )
      }))
  }

  test("says that the disk is full, and keeps what it has", (file) =>
    Effect.gen(function* () {
      const many = Array.from({ length: 2000 }, (_, n) => [id(1000 + n), id(5000 + n)] as const)
      const error = yield* Effect.flip(opened({ file, maxPages: 30 }, (ledger) => ledger.takePlan(bytes(csv(...many)))))
      assert.deepInclude(error, { _tag: "LedgerError", reason: "Full" })
      assert.deepInclude(yield* opened({ file }, (ledger) => ledger.takePlan(bytes(csv(...many)))), { links: 2000 })
    }))
})
