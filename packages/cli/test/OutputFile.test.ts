import { execFileSync } from "node:child_process"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Scope, Stream } from "effect"
import * as CliError from "../src/CliError.js"
import * as OutputFile from "../src/OutputFile.js"

const test = <E>(
  name: string,
  body: (
    at: (name: string) => string,
    fs: FileSystem.FileSystem
  ) => Effect.Effect<void, E, FileSystem.FileSystem | Path.Path | Scope.Scope>
) =>
  it.scoped(name, () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const folder = yield* fs.makeTempDirectoryScoped()
      yield* body((name) => path.join(folder, name), fs)
    }).pipe(Effect.provide(NodeContext.layer))
  )

const put = (files: ReadonlyArray<string>, options: { readonly force: boolean } = { force: false }) =>
  Effect.gen(function* () {
    const { problems, targets } = yield* OutputFile.check(files, options)
    if (problems.length > 0) return problems
    yield* OutputFile.write(targets.map((target) => ({ target, text: Stream.make("new ", "text") })))
    return []
  })

describe("a file that a command writes", () => {
  test("is new, or replaced when that was said, with the rights it had", (at, fs) =>
    Effect.gen(function* () {
      const file = at("a.csv")
      assert.deepStrictEqual(yield* put([file]), [])
      assert.strictEqual(yield* fs.readFileString(file), "new text")
      yield* fs.writeFileString(file, "old")
      yield* fs.chmod(file, 0o640)
      assert.deepStrictEqual(yield* put([file]), [`${file} exists already; --force overwrites it.`])
      assert.strictEqual(yield* fs.readFileString(file), "old")
      assert.deepStrictEqual(yield* put([file], { force: true }), [])
      assert.strictEqual(yield* fs.readFileString(file), "new text")
      assert.strictEqual((yield* fs.stat(file)).mode & 0o777, 0o640)
      assert.deepStrictEqual(yield* fs.readDirectory(at("")), ["a.csv"])
    }))

  test("goes where a link leads, and the link stays", (at, fs) =>
    Effect.gen(function* () {
      yield* fs.makeDirectory(at("there"))
      yield* fs.symlink(at("there/real.csv"), at("link.csv"))
      assert.deepStrictEqual(yield* put([at("link.csv")]), [])
      assert.strictEqual(yield* fs.readFileString(at("there/real.csv")), "new text")
      assert.strictEqual(yield* fs.readLink(at("link.csv")), at("there/real.csv"))
      assert.lengthOf(yield* put([at("link.csv")]), 1)
      yield* fs.writeFileString(at("there/real.csv"), "old")
      yield* put([at("link.csv")], { force: true })
      assert.strictEqual(yield* fs.readFileString(at("there/real.csv")), "new text")
      assert.strictEqual(yield* fs.readLink(at("link.csv")), at("there/real.csv"))
    }))

  test("is never another that must be kept, nor the same as another output, whatever they are called", (at, fs) =>
    Effect.gen(function* () {
      yield* fs.writeFileString(at("n.db"), "ledger")
      yield* fs.symlink(at("n.db"), at("soft.db"))
      yield* fs.link(at("n.db"), at("hard.db"))
      yield* fs.symlink(at("."), at("folder"))
      const names = [at("n.db"), `${at("")}/./n.db`, at("soft.db"), at("hard.db"), at("folder/n.db")]
      const { problems } = yield* OutputFile.check(names, {
        force: true,
        keep: [{ file: at("n.db"), what: "the ledger itself" }]
      })
      assert.deepStrictEqual(
        problems,
        names.map((name) => `${name} is the ledger itself. Name another file.`)
      )
      const same = yield* OutputFile.check([at("new.csv"), at("folder/new.csv")], { force: true })
      assert.deepStrictEqual(same.problems, [
        `${at("folder/new.csv")} is the same file as ${at("new.csv")}. Name another file.`
      ])
    }))

  test("needs a folder that is there, and is none itself", (at, fs) =>
    Effect.gen(function* () {
      yield* fs.makeDirectory(at("folder"))
      const problems = yield* put([at("none/a.csv"), at("folder")], { force: true })
      assert.match(
        problems.join("\n"),
        /The folder .*none is not there, so .*none\/a.csv cannot be written[\s\S]*folder is a folder/
      )
    }))

  test("may be a pipe, which is written to and stays one", (at, fs) =>
    Effect.gen(function* () {
      const pipe = at("pipe")
      execFileSync("mkfifo", [pipe])
      const [read, problems] = yield* Effect.all([fs.readFileString(pipe), put([pipe])], { concurrency: 2 })
      assert.deepStrictEqual(problems, [])
      assert.strictEqual(read, "new text")
      assert.strictEqual((yield* fs.stat(pipe)).type, "FIFO")
    }))

  test("may be a device, which is written to and stays one", (_, fs) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* put(["/dev/null"]), [])
      assert.strictEqual((yield* fs.stat("/dev/null")).type, "CharacterDevice")
      const full = yield* Effect.flip(put(["/dev/full"]))
      assert.strictEqual(full.exitCode, 1)
      assert.include(full.message, "/dev/full cannot be written")
    }))

  test("is not there at all when its text or that of one that belongs to it breaks off", (at, fs) =>
    Effect.gen(function* () {
      yield* fs.writeFileString(at("plan.csv"), "old")
      const { targets } = yield* OutputFile.check([at("plan.csv"), at("plan.findings.csv")], { force: true })
      const [plan, findings] = targets
      if (plan === undefined || findings === undefined) throw new Error("both can be written")
      const broken = Stream.concat(Stream.make("half"), Stream.fail(CliError.CliError.failed("gone")))
      const error = yield* Effect.flip(
        OutputFile.write([
          { target: plan, text: Stream.make("whole") },
          { target: findings, text: broken }
        ])
      )
      assert.strictEqual(error.message, "gone")
      assert.strictEqual(yield* fs.readFileString(at("plan.csv")), "old")
      assert.deepStrictEqual(yield* fs.readDirectory(at("")), ["plan.csv"])
    }))

  test("is taken away when it belonged to what is replaced and nothing is to be said any more", (at, fs) =>
    Effect.gen(function* () {
      yield* fs.writeFileString(at("plan.csv"), "old")
      yield* fs.writeFileString(at("plan.findings.csv"), "old findings")
      const { targets } = yield* OutputFile.check([at("plan.csv"), at("plan.findings.csv")], { force: true })
      yield* OutputFile.write(targets.map((target, n) => ({ target, text: n === 0 ? Stream.make("new") : undefined })))
      assert.deepStrictEqual(yield* fs.readDirectory(at("")), ["plan.csv"])
    }))

  test("does not overwrite what has appeared since it was judged", (at, fs) =>
    Effect.gen(function* () {
      const { targets } = yield* OutputFile.check([at("a.csv")], { force: false })
      yield* fs.writeFileString(at("a.csv"), "somebody's")
      const error = yield* Effect.flip(
        OutputFile.write(targets.map((target) => ({ target, text: Stream.make("ours") })))
      )
      assert.include(error.message, "exists already")
      assert.strictEqual(yield* fs.readFileString(at("a.csv")), "somebody's")
    }))
})
