import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Option, Redacted } from "effect"
import * as LimitFile from "../src/LimitFile.js"

const key = { owner: Redacted.make("fio-u-secret"), route: "POST /v2/assets/:asset_id/version" }
const rule = { limit: 20, windowMillis: 1000 }

const open = (cache: string, host = "api.frame.io") =>
  LimitFile.open(host).pipe(
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["XDG_CACHE_HOME", cache]]))),
    Effect.map(Option.getOrThrow)
  )

describe("LimitFile", () => {
  it.scoped("recalls for the next command what was learnt, by owner, route and host", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const cache = yield* fs.makeTempDirectoryScoped()
      const first = yield* open(cache)
      assert.isUndefined(first.recall(key))
      yield* first.remember(key, rule)
      assert.include(first.recall(key), rule)
      const next = yield* open(cache)
      assert.include(next.recall(key), rule)
      assert.isUndefined(next.recall({ ...key, owner: Redacted.make("another") }))
      assert.isUndefined(next.recall({ ...key, route: "GET /v2/assets/:asset_id" }))
      assert.isUndefined((yield* open(cache, "elsewhere.example")).recall(key))
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("has neither token nor route in the file, which nobody else may read", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const cache = yield* fs.makeTempDirectoryScoped()
      yield* (yield* open(cache)).remember(key, rule)
      const file = path.join(cache, "effect-frameio", "limits.json")
      const text = yield* fs.readFileString(file)
      assert.notInclude(text, "secret")
      assert.notInclude(text, "version")
      assert.strictEqual((yield* fs.stat(file)).mode & 0o077, 0)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("begins anew where the file is broken, and does without where it cannot be written", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const cache = yield* fs.makeTempDirectoryScoped()
      yield* fs.makeDirectory(path.join(cache, "effect-frameio"))
      yield* fs.writeFileString(
        path.join(cache, "effect-frameio", "limits.json"),
        '{"key":"x","limits":{"a":{"limit":0}}}'
      )
      const memory = yield* open(cache)
      yield* memory.remember(key, rule)
      assert.include((yield* open(cache)).recall(key), rule)
      yield* fs.writeFileString(path.join(cache, "file"), "")
      yield* (yield* open(path.join(cache, "file"))).remember(key, rule)
      assert.isTrue(
        Option.isNone(
          yield* LimitFile.open("api.frame.io").pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map())))
        )
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
