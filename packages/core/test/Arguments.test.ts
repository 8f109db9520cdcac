import { type HttpApiGroup, HttpClient } from "@effect/platform"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import {
  type Bulk,
  FrameioApi,
  FrameioClient,
  type FrameioError,
  type NewAsset,
  type Search,
  type Tracks,
  type UploadPart,
  V4Api,
  V4Client
} from "@effect-frameio/core"
import { Effect, Layer, Redacted, String as Text } from "effect"
import { id, over, stub } from "./support/wire.js"

type Endpoints = HttpApiGroup.HttpApiGroup.Endpoints<typeof FrameioApi.AssetsGroup>
type Named<Name extends Endpoints["name"]> = Extract<Endpoints, { readonly name: Name }>

/** The arguments by the declaration, but for those whose names differ in more than camel case. */
type Declared<Name extends Endpoints["name"], Others extends object = object> = {
  readonly [Key in keyof V4Client.ArgsOf<Named<Name>> as Key extends keyof Others
    ? Extract<Others[Key], string>
    : Key]: V4Client.ArgsOf<Named<Name>>[Key]
}

type Flat<A> = { readonly [Key in keyof A]: A[Key] }

type KeysOf<A> = A extends unknown ? keyof A : never

type Call = (args: object) => Effect.Effect<object, FrameioError.FrameioError>

/** As a caller from JavaScript sees it. */
const anyhow = <A>(value: unknown): A => value as A

const at = (client: object, name: string): Call =>
  anyhow(name.split(".").reduce<unknown>((value, key) => anyhow<Record<string, unknown>>(value)[key], client))

describe("arguments", () => {
  it("are documented as they are declared", () => {
    expectTypeOf<Flat<FrameioClient.VersionArgs>>().toEqualTypeOf<Declared<"version">>()
    expectTypeOf<Flat<FrameioClient.UnversionArgs>>().toEqualTypeOf<Declared<"unversion">>()
    expectTypeOf<Flat<FrameioClient.GetArgs>>().toEqualTypeOf<Declared<"get">>()
    expectTypeOf<Flat<FrameioClient.DeleteArgs>>().toEqualTypeOf<Declared<"delete">>()
    type Onto = { readonly destinationFolder: "destinationId"; readonly id: "assetId" }
    expectTypeOf<Flat<FrameioClient.CopyArgs>>().toEqualTypeOf<Declared<"copy", Onto>>()
    expectTypeOf<Flat<FrameioClient.MoveArgs>>().toEqualTypeOf<Declared<"move", Onto>>()
    expectTypeOf<Flat<Bulk.BulkDeleteArgs>>().toEqualTypeOf<Declared<"bulkDelete">>()
    expectTypeOf<Flat<Tracks.TracksArgs>>().toEqualTypeOf<Declared<"audio">>()
    expectTypeOf<Flat<Tracks.TracksArgs>>().toEqualTypeOf<Declared<"subtitles">>()
    expectTypeOf<UploadPart.RealtimePartsArgs>().toExtend<Declared<"realtimeParts">>()
    expectTypeOf<Declared<"realtimeParts">>().toExtend<UploadPart.RealtimePartsArgs>()
    expectTypeOf<Omit<Search.SearchArgs, "method">>().toExtend<Declared<"searchPost">>()
    expectTypeOf<Omit<Search.LibrarySearchArgs, "method">>().toExtend<Declared<"librarySearchPost">>()
  })

  it("have the declared names where the interface is narrower than the wire", () => {
    expectTypeOf<keyof FrameioClient.SlimChildrenArgs>().toEqualTypeOf<keyof Declared<"children">>()
    type Parent = { readonly assetId: "parentId" }
    expectTypeOf<KeysOf<NewAsset.CreateArgs>>().toEqualTypeOf<keyof Declared<"create", Parent>>()
    expectTypeOf<keyof Bulk.BulkCopyArgs>().toEqualTypeOf<keyof Declared<"bulkCopy", { readonly batch: "assetIds" }>>()
    for (const name of ["search", "searchPost"] as const) {
      expectTypeOf<Exclude<keyof Search.SearchArgs, "method">>().toEqualTypeOf<keyof Declared<typeof name>>()
    }
    for (const name of ["librarySearch", "librarySearchPost"] as const) {
      expectTypeOf<Exclude<keyof Search.LibrarySearchArgs, "method">>().toEqualTypeOf<keyof Declared<typeof name>>()
    }
  })

  it("go from camel case to the wire and back", () => {
    const endpoints = [...FrameioApi.endpoints.values(), ...V4Api.endpoints.values()]
    for (const [, name = ""] of endpoints.flatMap(({ path }) => [...path.matchAll(/:(\w+)/g)])) {
      assert.strictEqual(Text.camelToSnake(Text.snakeToCamel(name)), name)
    }
  })

  it.effect("leave no parameter of a path out", () =>
    Effect.gen(function* () {
      const { client, sent } = stub([{}])
      const v2 = yield* over(client, FrameioClient.FrameioClient)
      const v4 = yield* Effect.provide(
        V4Client.V4Client,
        V4Client.layer({ token: Redacted.make("token"), accountId: id }).pipe(
          Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
        )
      )
      const clients = { assets: v2, ...v4 }
      for (const { name, path } of [...FrameioApi.endpoints.values(), ...V4Api.endpoints.values()]) {
        if (!path.replace(":account_id", "").includes(":")) continue
        const error = yield* Effect.flip(at(clients, name)({}))
        assert.strictEqual(error._tag, "FrameioInvalidRequest", name)
      }
      assert.lengthOf(sent, 0)
    })
  )

  it.effect("may come from a caller without types, and are refused by name", () =>
    Effect.gen(function* () {
      const { client, sent } = stub([{}])
      const refused = (args: unknown) =>
        over(
          client,
          Effect.flatMap(FrameioClient.FrameioClient, (frameio) => Effect.flip(frameio.move(anyhow(args))))
        )
      for (const args of [undefined, {}, { assetId: undefined, destinationId: null }]) {
        const error = yield* refused(args)
        assert(error._tag === "FrameioInvalidRequest")
        assert.sameMembers(
          error.problems.map(({ path }) => path),
          ["assetId", "destinationId"]
        )
      }
      const one = yield* refused({ assetId: id, destination_folder: id })
      assert.include(one.message, "destinationId: is missing")
      assert.lengthOf(sent, 0)
    })
  )
})
