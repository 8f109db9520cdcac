import { FileSystem } from "@effect/platform"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { PlanSource, VersionPlan } from "@effect-frameio/batch"
import { Chunk, Effect, FastCheck, Stream } from "effect"

const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`

/** Names that a reader can trip over: quoted line feeds, quotes, and characters of several bytes. */
const names = FastCheck.array(
  FastCheck.string({
    unit: FastCheck.constantFrom("a", '"', "\n", "\r\n", ",", "é", "鏡", "🎞"),
    maxLength: 12
  }),
  { minLength: 1, maxLength: 40 }
)

const withFile = <A, E, R>(text: string, use: (path: string) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* fs.makeTempFileScoped()
    yield* fs.writeFileString(path, text)
    return yield* use(path)
  }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer))

describe("a plan's source", () => {
  it.effect.prop(
    "is read the same through a buffer of any size that is used again and again",
    [names, FastCheck.integer({ min: 0, max: 300 }), FastCheck.boolean(), FastCheck.boolean()],
    ([texts, chunkBytes, asCsv, ended]) =>
      Effect.gen(function* () {
        const lines = texts.map((name, n) =>
          asCsv
            ? `${id(0)},${id(n + 1)},"${name.replaceAll('"', '""')}"`
            : JSON.stringify({ asset_id: id(0), next_asset_id: id(n + 1), name })
        )
        const text = `${[...(asCsv ? ["asset_id,next_asset_id,name"] : []), ...lines].join("\n")}${ended ? "\n" : ""}`
        const whole = yield* VersionPlan.fromString(text)
        const read = yield* withFile(text, (path) => VersionPlan.fromBytes(PlanSource.file(path, { chunkBytes })))
        assert.deepStrictEqual(read, whole)
        assert.deepStrictEqual(
          read.chains[0]?.links.map(({ fields }) => fields?.name),
          texts
        )
      })
  )

  it.effect("gives every byte once, in one buffer", () =>
    Effect.gen(function* () {
      const seen = yield* withFile("0123456789", (path) =>
        PlanSource.file(path, { chunkBytes: 4 }).pipe(
          Stream.map((chunk) => ({ text: new TextDecoder().decode(chunk), buffer: chunk.buffer })),
          Stream.runCollect,
          Effect.map(Chunk.toReadonlyArray)
        )
      )
      assert.deepStrictEqual(
        seen.map(({ text }) => text),
        ["0123", "4567", "89"]
      )
      assert.lengthOf([...new Set(seen.map(({ buffer }) => buffer))], 1)
    })
  )

  it.effect("says which file it cannot open", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Stream.runDrain(PlanSource.file("/no/such/plan.csv")))
      assert.include(error.message, "/no/such/plan.csv")
    }).pipe(Effect.provide(NodeFileSystem.layer))
  )
})
