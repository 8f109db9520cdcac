/** Every endpoint of the Assets group on the wire: what is sent, what is understood, and what each refusal becomes. */
import { readFileSync } from "node:fs"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Asset, Bulk, FrameioApi, FrameioClient, FrameioError, NewAsset, UploadPart } from "@effect-frameio/core"
import { Effect, FastCheck, Layer, Redacted, Schema, TestClock } from "effect"

const id = Asset.AssetId.make("9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f")
const other = Asset.AssetId.make("2a3b4c5d-6e7f-8a9b-0c1d-2e3f4a5b6c7d")
const third = Asset.AssetId.make("00000000-0000-0000-0000-000000000003")
const MIB_5 = 5_242_880

const fixture = (name: string): object =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"))

const file = fixture("asset-file-created")
const folder = fixture("asset-folder-project-root")

interface Sent {
  readonly method: string
  readonly target: string
  readonly body: unknown
}

const limits = { "x-ratelimit-limit": "1000", "x-ratelimit-window": "1000", "x-ratelimit-remaining": "999" }

/** A wire that answers each request with the next of these, and the last for ever. */
const wireOf = (...replies: ReadonlyArray<{ readonly status?: number; readonly body: unknown }>) => {
  const sent: Array<Sent> = []
  const http = HttpClient.make((request, url) =>
    Effect.sync(() => {
      const reply = replies[Math.min(sent.length, replies.length - 1)]
      const { body } = request
      sent.push({
        method: request.method,
        target: url.pathname + url.search,
        body: body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(body.body)) : undefined
      })
      return HttpClientResponse.fromWeb(
        request,
        new Response(JSON.stringify(reply?.body), { status: reply?.status ?? 200, headers: limits })
      )
    })
  )
  return { sent, http }
}

const over = <A, E>(
  http: HttpClient.HttpClient,
  call: (client: FrameioClient.Service) => Effect.Effect<A, E>,
  options?: FrameioClient.LayerOptions
): Effect.Effect<A, E> =>
  Effect.provide(
    Effect.flatMap(FrameioClient.FrameioClient, call),
    FrameioClient.layer({ token: Redacted.make("token"), ...options }).pipe(
      Layer.orDie,
      Layer.provide(Layer.succeed(HttpClient.HttpClient, http))
    )
  )

interface Case {
  readonly endpoint: string
  readonly call: (client: FrameioClient.Service) => Effect.Effect<object, FrameioError.FrameioError>
  readonly sends: Sent
  /** What the server says to it, and what the call answers where that is not the same. */
  readonly answer: unknown
  readonly gives?: unknown
}

const page = (items: unknown) => ({
  items,
  page: undefined,
  perPage: undefined,
  total: undefined,
  totalPages: undefined,
  hasNext: undefined
})

const cases: ReadonlyArray<Case> = [
  {
    endpoint: "assets.version",
    call: (c) => c.version({ assetId: id, nextAssetId: other }),
    sends: { method: "POST", target: `/v2/assets/${id}/version`, body: { next_asset_id: other } },
    answer: fixture("asset-docs-version-example")
  },
  {
    endpoint: "assets.unversion",
    call: (c) => c.unversion({ assetId: id }),
    sends: { method: "DELETE", target: `/v2/assets/${id}/unversion`, body: undefined },
    answer: file
  },
  {
    endpoint: "assets.get",
    call: (c) => c.get({ assetId: id }),
    sends: { method: "GET", target: `/v2/assets/${id}`, body: undefined },
    answer: folder
  },
  {
    endpoint: "assets.children",
    call: (c) => c.children({ assetId: id, include: "presentation" }),
    sends: { method: "GET", target: `/v2/assets/${id}/children?include=presentation`, body: undefined },
    answer: [file, folder],
    gives: page([file, folder])
  },
  {
    endpoint: "assets.children",
    call: (c) =>
      c.slimChildren({
        assetId: id,
        include: ["children", "creator"],
        onlyFields: ["a.name", "u.name"],
        dropIncludes: ["a.transcodes"],
        hardDropFields: ["a.source", "a.checksums"]
      }),
    sends: {
      method: "GET",
      target: `/v2/assets/${id}/children?include=children%2Ccreator&only_fields=a.name%2Cu.name&drop_includes=a.transcodes&hard_drop_fields=a.source%2Ca.checksums`,
      body: undefined
    },
    answer: [fixture("asset-fragment-sdk-regular"), { name: "no id at all" }],
    gives: page([fixture("asset-fragment-sdk-regular"), { name: "no id at all" }])
  },
  {
    endpoint: "assets.create",
    call: (c) =>
      c.create({
        parentId: id,
        type: "file",
        name: "a.mov",
        filesize: 0,
        filetype: "video/quicktime",
        description: "first",
        properties: { shot: 7, "": null },
        autoVersionId: other
      }),
    sends: {
      method: "POST",
      target: `/v2/assets/${id}/children`,
      body: {
        type: "file",
        name: "a.mov",
        filesize: 0,
        filetype: "video/quicktime",
        description: "first",
        properties: { shot: 7, "": null },
        auto_version_id: other
      }
    },
    answer: { ...file, upload_urls: ["https://storage.example/1", "https://storage.example/2"], invented: [1] }
  },
  {
    endpoint: "assets.create",
    call: (c) => c.create({ parentId: id, type: "folder", name: "Dailies" }),
    sends: { method: "POST", target: `/v2/assets/${id}/children`, body: { type: "folder", name: "Dailies" } },
    answer: folder
  },
  {
    endpoint: "assets.create",
    call: (c) => c.create({ parentId: id, type: "file", name: "a.mov", source: { url: "https://x.example/a.mov" } }),
    sends: {
      method: "POST",
      target: `/v2/assets/${id}/children`,
      body: { type: "file", name: "a.mov", source: { url: "https://x.example/a.mov" } }
    },
    answer: file
  },
  {
    endpoint: "assets.create",
    call: (c) =>
      c.create({ parentId: id, type: "file", isRealtimeUpload: true, extension: "mov", filetype: "video/quicktime" }),
    sends: {
      method: "POST",
      target: `/v2/assets/${id}/children`,
      body: { type: "file", is_realtime_upload: true, extension: ".mov", filetype: "video/quicktime" }
    },
    answer: { id: other, name: "[new file].mov" }
  },
  {
    endpoint: "assets.update",
    call: (c) =>
      c.update({ assetId: id, name: "b.mov", properties: { take: 2 }, fields: { label: "approved", name: "no" } }),
    sends: {
      method: "PUT",
      target: `/v2/assets/${id}`,
      body: { name: "b.mov", properties: { take: 2 }, label: "approved" }
    },
    answer: file
  },
  {
    endpoint: "assets.delete",
    call: (c) => c.delete({ assetId: id }),
    sends: { method: "DELETE", target: `/v2/assets/${id}`, body: undefined },
    answer: { ...file, deleted_at: "2024-01-01T00:00:00.000000Z" }
  },
  {
    endpoint: "assets.copy",
    call: (c) => c.copy({ assetId: id, destinationId: other }),
    sends: { method: "POST", target: `/v2/assets/${other}/copy`, body: { id } },
    answer: file
  },
  {
    endpoint: "assets.move",
    call: (c) => c.move({ assetId: id, destinationId: other }),
    sends: { method: "POST", target: `/v2/assets/${other}/move`, body: { id } },
    answer: file
  },
  {
    endpoint: "assets.bulkCopy",
    call: (c) => c.bulkCopy({ assetIds: [id, third], destinationId: other, copyComments: "none" }),
    sends: {
      method: "POST",
      target: `/v2/batch/assets/${other}/copy`,
      body: { batch: [{ id }, { id: third }], copy_comments: "none" }
    },
    answer: { error: { [third]: { code: 404 } }, success: { [id]: file }, succes_test: null, "": null },
    gives: {
      copied: [{ key: id, value: file, asset: file }],
      errors: [{ key: third, value: { code: 404 } }],
      raw: { error: { [third]: { code: 404 } }, success: { [id]: file }, succes_test: null, "": null }
    }
  },
  {
    endpoint: "assets.bulkDelete",
    call: (c) => c.bulkDelete({ assetIds: [id, other] }),
    sends: { method: "DELETE", target: "/v2/batch/assets", body: { asset_ids: [id, other] } },
    answer: { error: { [other]: "gone" }, more: 1 },
    gives: { errors: [{ key: other, value: "gone" }], raw: { error: { [other]: "gone" }, more: 1 } }
  },
  {
    endpoint: "assets.audio",
    call: (c) => c.audio({ assetId: id }),
    sends: { method: "GET", target: `/v2/assets/${id}/audio`, body: undefined },
    answer: { _type: "asset_audio", id, audio_tracks: ["en"], more: {} }
  },
  {
    endpoint: "assets.subtitles",
    call: (c) => c.subtitles({ assetId: id }),
    sends: { method: "GET", target: `/v2/assets/${id}/subtitles`, body: undefined },
    answer: { _type: "asset_subtitle", id, subtitle_tracks: null }
  },
  {
    endpoint: "assets.realtimeParts",
    call: (c) =>
      c.realtimeParts({
        assetId: id,
        parts: [
          { number: 3, size: MIB_5, isFinal: false },
          { number: 10_000, size: 1, isFinal: true }
        ],
        assetName: "a.mov",
        assetFilesize: MIB_5 + 1
      }),
    sends: {
      method: "POST",
      target: `/v2/assets/${id}/realtime_upload/parts`,
      body: {
        parts: [
          { number: 3, size: MIB_5, is_final: false },
          { number: 10_000, size: 1, is_final: true }
        ],
        asset_name: "a.mov",
        asset_filesize: MIB_5 + 1
      }
    },
    answer: { upload_urls: ["https://storage.example/3", "https://storage.example/10000"], more: true }
  },
  {
    endpoint: "assets.search",
    call: (c) =>
      c.search({
        method: "GET",
        projectId: id,
        teamId: [other, third],
        sharedProjects: true,
        q: "a b",
        type: "file",
        include: "cover_asset",
        page: 2
      }),
    sends: {
      method: "GET",
      target: `/v2/search/assets?page=2&q=a+b&include=cover_asset&project_id=${id}&shared_projects=true&team_id=${other}&team_id=${third}&type=file`,
      body: undefined
    },
    answer: [file],
    gives: page([file])
  },
  {
    endpoint: "assets.searchPost",
    call: (c) =>
      c.search({ accountId: id, teamId: { any: [1] }, properties: { shot: 7 }, pageSize: 50, includeDeleted: true }),
    sends: {
      method: "POST",
      target: "/v2/search/assets",
      body: { account_id: id, team_id: { any: [1] }, properties: { shot: 7 }, page_size: 50, include_deleted: true }
    },
    answer: [file, folder],
    gives: page([file, folder])
  },
  {
    endpoint: "assets.librarySearch",
    call: (c) => c.librarySearch({ method: "GET", accountId: id, query: "x", sort: "-inserted_at" }),
    sends: {
      method: "GET",
      target: `/v2/search/library?account_id=${id}&query=x&sort=-inserted_at`,
      body: undefined
    },
    answer: [],
    gives: page([])
  },
  {
    endpoint: "assets.librarySearchPost",
    call: (c) =>
      c.librarySearch({
        accountId: id,
        filter: {
          label: { op: "eq", value: "approved" },
          inserted_at: [
            { op: "gte", value: "2024-01-01" },
            { op: "lte", value: "2024-02-01" }
          ]
        },
        opts: { anything: true },
        q: "comp",
        page: 1
      }),
    sends: {
      method: "POST",
      target: "/v2/search/library",
      body: {
        account_id: id,
        filter: {
          label: { op: "eq", value: "approved" },
          inserted_at: [
            { op: "gte", value: "2024-01-01" },
            { op: "lte", value: "2024-02-01" }
          ]
        },
        opts: { anything: true },
        q: "comp",
        page: 1
      }
    },
    answer: [file],
    gives: page([file])
  }
]

/** Runs to the end, letting virtual time pass. */
const throughTime = <A, E>(program: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(program)
    yield* TestClock.adjust("5 minutes")
    return yield* fiber
  })

const documented = (status: number) => ({
  code: status,
  message: "no",
  errors: [{ code: status, status, title: "no", detail: "because" }]
})

describe("every endpoint", () => {
  it("is one of these", () => {
    assert.deepStrictEqual(
      [...new Set(cases.map((one) => one.endpoint))].sort(),
      [...FrameioApi.endpoints.keys()].sort()
    )
    assert.strictEqual(FrameioApi.endpoints.size, 18)
  })

  for (const { answer, call, endpoint, gives, sends } of cases) {
    describe(`${endpoint}: ${sends.method} ${sends.target.slice(0, 60)}`, () => {
      it.effect("sends what is documented, and loses nothing of the answer", () =>
        Effect.gen(function* () {
          const wire = wireOf({ body: answer })
          const given = yield* over(wire.http, call)
          assert.deepStrictEqual(wire.sent, [sends])
          assert.deepStrictEqual(given, gives ?? answer)
          const [path = ""] = sends.target.split("?")
          assert.strictEqual(FrameioApi.endpointOf({ method: sends.method, url: path })?.name, endpoint)
        })
      )

      it.effect("tells every refusal apart", () =>
        Effect.gen(function* () {
          const reads = FrameioApi.endpoints.get(endpoint)?.reads === true
          const tags: Record<number, string> = {
            400: endpoint === "assets.realtimeParts" ? "FrameioBadRequest" : "FrameioUnexpectedResponse",
            401: "FrameioUnauthorized",
            402: "FrameioUsageExceeded",
            403: "FrameioForbidden",
            404: "FrameioNotFound",
            409: reads ? "FrameioUnexpectedResponse" : "FrameioConflict",
            422: "FrameioInvalidArguments",
            429: "FrameioRateLimited",
            500: "FrameioServerError"
          }
          for (const [status, tag] of Object.entries(tags)) {
            const wire = wireOf({ status: Number(status), body: documented(Number(status)) })
            const error = yield* Effect.flip(
              over(wire.http, call, { retry: { refusedRetries: 0, notSentRetries: 0, readRetries: 0 } })
            )
            assert.strictEqual(error._tag, tag, status)
            assert.include(error.message, status)
            // What the server says of its limit is nothing that a person could act on.
            if (tag !== "FrameioRateLimited") assert.include(error.message, "because")
            assert.strictEqual(
              FrameioError.outcomeOf(error),
              status === "500" && !reads ? "unknown" : "not-applied",
              status
            )
            // An error can be stored and read back.
            const stored = Schema.encodeSync(FrameioError.FrameioError)(error)
            assert.deepStrictEqual(Schema.decodeUnknownSync(FrameioError.FrameioError)(stored), error)
          }
        })
      )

      it.effect("is sent again after a 429; after a 500 only if it changes nothing", () =>
        Effect.gen(function* () {
          const reads = FrameioApi.endpoints.get(endpoint)?.reads === true
          const refused = wireOf({ status: 429, body: documented(429) }, { body: answer })
          yield* throughTime(over(refused.http, call))
          assert.deepStrictEqual(refused.sent, [sends, sends])
          const failed = wireOf({ status: 500, body: documented(500) }, { body: answer })
          const result = yield* throughTime(Effect.either(over(failed.http, call)))
          assert.strictEqual(result._tag, reads ? "Right" : "Left")
          assert.strictEqual(failed.sent.length, reads ? 2 : 1)
        })
      )

      it.effect("does not take another answer for its own", () =>
        Effect.gen(function* () {
          for (const body of ["text", 7, null, true]) {
            const error = yield* Effect.flip(over(wireOf({ body }).http, call))
            assert.strictEqual(error._tag, "FrameioDecodeError", JSON.stringify(body))
          }
        })
      )
    })
  }
})

const refusal = (call: Case["call"]) =>
  Effect.gen(function* () {
    const wire = wireOf({ body: file })
    const error = yield* Effect.flip(over(wire.http, call))
    assert.deepStrictEqual(wire.sent, [])
    assert.strictEqual(error._tag, "FrameioInvalidRequest")
    return error._tag === "FrameioInvalidRequest" ? error.problems.map((problem) => problem.path) : []
  })

/** From a caller whom the types do not bind. */
const anyhow = <A>(value: unknown): A => value as A

const circle: Record<string, unknown> = {}
circle.itself = circle

describe("what cannot be right", () => {
  const refused: ReadonlyArray<readonly [string, Case["call"], ReadonlyArray<string>]> = [
    [
      "a file without anything, at once",
      (c) => c.create(anyhow({ parentId: "x", type: "file" })),
      ["parentId", "name", "filesize"]
    ],
    ["a folder without a name", (c) => c.create(anyhow({ parentId: id, type: "folder" })), ["name"]],
    [
      "a folder as a realtime upload, at once",
      (c) => c.create(anyhow({ parentId: id, type: "folder", isRealtimeUpload: true })),
      ["isRealtimeUpload", "filetype", "name"]
    ],
    [
      "a realtime upload whose extension is not that of its name",
      (c) =>
        c.create({
          parentId: id,
          type: "file",
          isRealtimeUpload: true,
          filetype: "video/mp4",
          name: "a.mov",
          extension: "mp4"
        }),
      ["extension"]
    ],
    [
      "fields of the wrong type beside what is missing, at once",
      (c) => c.create(anyhow({ parentId: id, type: "file", filesize: -1, description: 7, autoVersionId: "y" })),
      ["description", "filesize", "autoVersionId", "name"]
    ],
    ["another kind of thing", (c) => c.create(anyhow({ parentId: id, type: "stack", name: "x" })), ["type"]],
    ["an update that changes nothing", (c) => c.update({ assetId: id }), ["fields"]],
    [
      "properties that no JSON can hold, at once",
      (c) => c.update({ assetId: id, properties: { bytes: 10n }, fields: { label: "ok", circle } }),
      ["properties", "circle"]
    ],
    ["a new name that is none", (c) => c.update({ assetId: id, name: anyhow(7) }), ["name"]],
    [
      "a copy of nothing to nowhere, at once",
      (c) => c.copy({ assetId: anyhow("x"), destinationId: anyhow("y") }),
      ["destinationId", "assetId"]
    ],
    [
      "a move of nothing to nowhere, at once",
      (c) => c.move({ assetId: anyhow("x"), destinationId: anyhow("y") }),
      ["destinationId", "assetId"]
    ],
    [
      "a bulk copy of nothing to nowhere, at once",
      (c) => c.bulkCopy({ assetIds: [], destinationId: anyhow("y") }),
      ["destinationId", "assetIds"]
    ],
    ["a bulk copy of no list", (c) => c.bulkCopy({ assetIds: anyhow(undefined), destinationId: id }), ["assetIds"]],
    [
      "ids that are none in a bulk copy",
      (c) => c.bulkCopy({ assetIds: [id, anyhow("x")], destinationId: id, copyComments: anyhow("some") }),
      ["assetIds[1]", "copyComments"]
    ],
    ["a bulk delete of nothing", (c) => c.bulkDelete({ assetIds: [] }), ["assetIds"]],
    [
      "ids that are none in a bulk delete",
      (c) => c.bulkDelete({ assetIds: [anyhow("x"), id, anyhow("y")] }),
      ["assetIds[0]", "assetIds[2]"]
    ],
    ["no parts", (c) => c.realtimeParts({ assetId: id, parts: [] }), ["parts"]],
    ["no list of parts", (c) => c.realtimeParts(anyhow({ assetId: id })), ["parts"]],
    [
      "parts that are too small, or have a number that none can have, at once",
      (c) =>
        c.realtimeParts({
          assetId: anyhow("x"),
          parts: [
            { number: 0, size: MIB_5 - 1, isFinal: false },
            { number: 10_001, size: 1.5, isFinal: true }
          ],
          assetName: "none"
        }),
      ["assetId", "parts[0].number", "parts[1].number", "parts[1].size", "assetName", "parts[0].size", "assetFilesize"]
    ],
    [
      "a file of more than 5 TiB",
      (c) =>
        c.realtimeParts({
          assetId: id,
          parts: [{ number: 1, size: 1, isFinal: true }],
          assetFilesize: 5 * 2 ** 40 + 1
        }),
      ["assetFilesize"]
    ],
    [
      "objects in a query, at once",
      (c) =>
        c.search({
          method: "GET",
          filter: { type: { op: "eq", value: "file" } },
          opts: {},
          properties: {},
          teamId: {},
          projectId: "x",
          page: 0
        }),
      ["page", "projectId", "teamId", "filter", "opts", "properties"]
    ],
    ["another method", (c) => c.librarySearch({ method: anyhow("PUT") }), ["method"]],
    [
      "a filter that is none",
      (c) => c.librarySearch({ accountId: "x", filter: { inserted_at: anyhow({ value: 1 }) }, pageSize: 0 }),
      ["accountId", "filter.inserted_at.op", "pageSize"]
    ]
  ]
  for (const [what, call, paths] of refused) {
    it.effect(`refuses ${what}`, () =>
      Effect.gen(function* () {
        assert.sameMembers([...(yield* refusal(call))], [...paths])
      })
    )
  }
})

describe("what a refusal says", () => {
  const says: ReadonlyArray<readonly [Case["call"], string]> = [
    [
      (c) => c.bulkCopy({ assetIds: [anyhow("x")], destinationId: id, copyComments: anyhow("some") }),
      'assetIds[0]: "x" is not an asset id; it must be a UUID such as 9f8e7d6c-5b4a-3c2d-1e0f-9a8b7c6d5e4f; copyComments: Expected "all", actual "some".'
    ],
    [
      (c) => c.create(anyhow({ parentId: id, type: "stack", name: "x", filesize: 1.5 })),
      'type: must be "file" or "folder"; stacks are made by version, out of files; filesize: must be a whole number of bytes.'
    ],
    [
      (c) => c.create(anyhow({ parentId: id, type: "file", name: "x" })),
      "filesize: is missing; how many bytes will be uploaded?"
    ],
    [
      (c) =>
        c.realtimeParts({
          assetId: id,
          parts: [{ number: 0, size: 7, isFinal: false }],
          assetName: "x",
          assetFilesize: 0
        }),
      `parts[0].number: must be a whole number from 1 to 10000; assetName: must end with an extension, such as a.mov; assetFilesize: must be a whole number of bytes from 1 to ${5 * 2 ** 40}; parts[0].size: is 7 bytes; all but the final part have at least ${MIB_5}.`
    ],
    [
      (c) => c.search({ method: "GET", opts: {} }),
      "opts: is an object, and how one is written in a query is not documented; search by POST."
    ],
    [
      (c) => c.move({ assetId: Asset.AssetId.make("adobe:urn:aaid:sc:EU:1f|2"), destinationId: id }),
      'assetId: "adobe:urn:aaid:sc:EU:1f|2" is an Adobe id, which the v2 API does not know; use the asset\'s UUID, or the V4 API.'
    ],
    [(c) => c.update({ assetId: id }), "fields: is empty, and neither name nor properties are given."]
  ]
  for (const [call, words] of says) {
    it.effect(words.slice(0, 60), () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(over(wireOf({ body: file }).http, call))
        assert.include(error.message, `nothing was sent. ${words}`)
      })
    )
  }
})

const present = <A>(arbitrary: FastCheck.Arbitrary<A>) => FastCheck.option(arbitrary, { nil: undefined })

describe("create: its rules, over all there is to ask for", () => {
  const payload = FastCheck.record({
    type: FastCheck.constantFrom<"file" | "folder">("file", "folder"),
    name: present(FastCheck.constantFrom("", "a.mov", "a.MOV", "a", "a.b.mp4")),
    extension: present(FastCheck.constantFrom("", "mov", ".mov", "mp4")),
    filetype: FastCheck.constantFrom(undefined, null, "", "video/quicktime"),
    filesize: FastCheck.constantFrom(undefined, null, 0, 7),
    is_realtime_upload: FastCheck.constantFrom(undefined, false, true),
    source: FastCheck.constantFrom(undefined, null, { url: "https://x.example/a" })
  })
  const accepts = Schema.is(NewAsset.Payload)
  const has = (value: unknown) => value !== undefined && value !== null && value !== ""

  /** The documentation's table, column by column. */
  const expected = (one: NewAsset.Payload): ReadonlyArray<string> => {
    const realtime = one.is_realtime_upload === true
    return [
      ...(realtime && one.type === "folder" ? ["is_realtime_upload"] : []),
      ...(realtime && !has(one.filetype) ? ["filetype"] : []),
      ...(!has(one.name) && !(realtime && has(one.extension)) ? ["name"] : []),
      ...(realtime &&
      has(one.name) &&
      has(one.extension) &&
      !one.name?.toLowerCase().endsWith(`.${one.extension?.replace(".", "")}`)
        ? ["extension"]
        : []),
      ...(!realtime && one.type === "file" && !has(one.filesize) && !has(one.source) ? ["filesize"] : [])
    ]
  }

  it.prop("are those of the documentation, all broken ones at once", [payload], ([one]) => {
    const problems = NewAsset.problemsOf(one).map((problem) => problem.path)
    assert.sameMembers([...problems], [...expected(one)])
    assert.strictEqual(accepts(one), problems.length === 0)
  })

  it.effect.prop("refuse before anything is sent, or let through as it is", [payload], ([one]) =>
    Effect.gen(function* () {
      const wire = wireOf({ body: { id, name: "x" } })
      const { is_realtime_upload, ...rest } = one
      const result = yield* Effect.either(
        over(wire.http, (c) => c.create(anyhow({ parentId: id, ...rest, isRealtimeUpload: is_realtime_upload })))
      )
      const broken = expected(one)
      assert.strictEqual(result._tag, broken.length === 0 ? "Right" : "Left")
      assert.lengthOf(wire.sent, broken.length === 0 ? 1 : 0)
      if (result._tag === "Left" && result.left._tag === "FrameioInvalidRequest") {
        assert.lengthOf(result.left.problems, broken.length)
      }
    })
  )
})

describe("realtime parts: their rules", () => {
  const part = FastCheck.record({
    number: FastCheck.oneof(FastCheck.integer({ min: 1, max: 10_000 }), FastCheck.constantFrom(0, -1, 10_001, 1.5)),
    size: FastCheck.oneof(
      FastCheck.integer({ min: MIB_5 - 2, max: MIB_5 + 2 }),
      FastCheck.constantFrom(0, 1, -1, MIB_5, 2 ** 33)
    ),
    isFinal: FastCheck.boolean()
  })
  const args = FastCheck.record({
    parts: FastCheck.array(part, { maxLength: 4 }),
    assetName: FastCheck.constantFrom(undefined, "a.mov", ".mov", "mov", "a."),
    assetFilesize: FastCheck.constantFrom(undefined, 0, 1, 2 ** 33, 5_497_558_138_880, 5_497_558_138_881)
  })

  it.effect.prop("are those of the documentation, all broken ones at once", [args], ([one]) =>
    Effect.gen(function* () {
      const wire = wireOf({ body: { upload_urls: ["https://storage.example/1"] } })
      const result = yield* Effect.either(over(wire.http, (c) => c.realtimeParts({ assetId: id, ...one })))
      const broken = [
        ...(one.parts.length === 0 ? ["parts"] : []),
        ...one.parts.flatMap(({ isFinal, number, size }, n) => [
          ...(Number.isInteger(number) && number >= 1 && number <= 10_000 ? [] : [`parts[${n}].number`]),
          ...(size < 0 || (!isFinal && size < MIB_5) ? [`parts[${n}].size`] : [])
        ]),
        ...(one.assetName === undefined || /\../.test(one.assetName) ? [] : ["assetName"]),
        ...(one.assetFilesize === undefined
          ? one.parts.some((part) => part.isFinal)
            ? ["assetFilesize"]
            : []
          : one.assetFilesize >= 1 && one.assetFilesize <= 5_497_558_138_880
            ? []
            : ["assetFilesize"])
      ]
      assert.lengthOf(wire.sent, broken.length === 0 ? 1 : 0)
      if (result._tag === "Left" && result.left._tag === "FrameioInvalidRequest") {
        const paths = result.left.problems.map((problem) => problem.path)
        // An error lists ten problems of fields at most.
        if (broken.length <= 10) assert.sameMembers([...paths], broken)
      } else {
        assert.deepStrictEqual(broken, [])
      }
    })
  )

  it("know the bounds of the documentation", () => {
    assert.deepStrictEqual(
      [UploadPart.MIN_SIZE, UploadPart.MAX_NUMBER, UploadPart.MAX_FILESIZE],
      [5 * 2 ** 20, 10_000, 5 * 2 ** 40]
    )
  })
})

describe("a bulk answer", () => {
  const asset: Asset.Asset = { id, type: "file" }

  it("is read whatever its inner form, and nothing of it is lost", () => {
    const read = (raw: Record<string, unknown>) => {
      const { copied, errors, raw: kept } = Bulk.fromCopyAnswer(raw)
      assert.strictEqual(kept, raw)
      return { copied: copied.map((one) => [one.key, one.asset]), errors: errors.map((one) => [one.key, one.value]) }
    }
    assert.deepStrictEqual(read({}), { copied: [], errors: [] })
    assert.deepStrictEqual(read({ error: null, success: null }), { copied: [], errors: [] })
    assert.deepStrictEqual(read({ success: { [id]: asset, [other]: 7 } }), {
      copied: [
        [id, asset],
        [other, undefined]
      ],
      errors: []
    })
    // The specification, read to the letter: one asset under the name `id`; or the asset itself; or a list.
    assert.deepStrictEqual(read({ success: { id: asset } }).copied, [["id", asset]])
    assert.deepStrictEqual(read({ success: asset }).copied, [["", asset]])
    assert.deepStrictEqual(read({ success: [asset] }).copied, [["0", asset]])
    assert.deepStrictEqual(read({ error: { [id]: ["a", "b"] } }).errors, [[id, ["a", "b"]]])
    assert.deepStrictEqual(read({ error: "all of it" }).errors, [["", "all of it"]])
    assert.deepStrictEqual(read({ error: {} }).errors, [])
    assert.deepStrictEqual(Bulk.fromDeleteAnswer({ error: { [id]: 404 } }).errors, [{ key: id, value: 404 }])
  })
})

describe("what was created", () => {
  it("says where its parts go, and needs a kind or a name", () => {
    const is = Schema.is(Asset.CreatedAsset)
    assert.isTrue(is({ id, name: "[new file].mov" }))
    assert.isTrue(is({ id, type: "folder" }))
    assert.isFalse(is({ id }))
    assert.isFalse(is({ name: "x" }))
    // Odd, and no reason to forget what was created.
    assert.deepStrictEqual(
      Asset.uploadUrls(Schema.decodeUnknownSync(Asset.CreatedAsset)({ id, type: "file", upload_urls: [1] })),
      []
    )
    assert.deepStrictEqual(Asset.uploadUrls({ upload_urls: ["https://x.example/1"] }), ["https://x.example/1"])
    assert.deepStrictEqual(Asset.uploadUrls({ upload_urls: null }), [])
    assert.deepStrictEqual(Asset.uploadUrls({}), [])
  })
})
