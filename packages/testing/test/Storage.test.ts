import { crc32 } from "node:zlib"
import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { FrameioClient } from "@effect-frameio/core"
import { FakeFrameio, FakeFrameioServer, FaultPlan, Storage } from "@effect-frameio/testing"
import { Effect, FastCheck, Layer, Redacted, Stream } from "effect"

const options = { limits: { "*": "unlimited" }, unknowns: { partSize: 100 } } as const

const inProcess = (more?: FakeFrameio.Options) => FakeFrameio.layerClient({ ...options, ...more })

const onPort = (more?: FakeFrameio.Options) => {
  const server = FakeFrameioServer.layer({ ...options, ...more })
  const client = Layer.unwrapEffect(
    Effect.map(FakeFrameioServer.FakeFrameioServer, ({ baseUrl }) =>
      FrameioClient.layer({ token: Redacted.make(FakeFrameio.token), baseUrl })
    )
  )
  return Layer.orDie(client).pipe(
    Layer.provideMerge(NodeHttpClient.layerUndici),
    Layer.provideMerge(server),
    Layer.orDie
  )
}

/** A file that is expected, and where its parts go. */
const expected = (filesize: number) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const client = yield* FrameioClient.FrameioClient
    const parentId = fake.world.projects[0]?.rootId
    if (parentId === undefined) throw new Error("no project")
    const asset = yield* client.create({
      parentId,
      type: "file",
      name: "shot.mov",
      filesize,
      filetype: "video/quicktime"
    })
    return { fake, client, asset, urls: asset.upload_urls ?? [] }
  })

const signed = { "content-type": "video/quicktime", "x-amz-acl": "private" }

const put = (url: string | undefined, bytes: Uint8Array, headers: Record<string, string> = signed) =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const request = HttpClientRequest.put(url ?? "", {
      body: HttpBody.stream(Stream.make(bytes), headers["content-type"], bytes.length)
    })
    const response = yield* http.execute(HttpClientRequest.setHeaders(request, headers))
    return { status: response.status, body: yield* response.text, headers: response.headers }
  })

const part = new Uint8Array(100).fill(7)

for (const [skin, layer] of [
  ["in process", inProcess],
  ["on a port", onPort]
] as const) {
  describe(`the storage host, ${skin}`, () => {
    it.effect("takes the parts in any order, and the file is processed when all are there", () =>
      Effect.gen(function* () {
        const { asset, client, fake, urls } = yield* expected(250)
        assert.strictEqual(urls.length, 3)
        const bytes = Uint8Array.from({ length: 250 }, (_, at) => at)
        const parts = [bytes.subarray(0, 84), bytes.subarray(84, 168), bytes.subarray(168)]
        for (const index of [2, 0]) {
          const answer = yield* put(urls[index], parts[index] ?? part)
          assert.strictEqual(answer.status, 200)
          assert.match(answer.headers.etag ?? "", /^"[0-9a-f]{32}"$/)
        }
        const before = yield* client.get({ assetId: asset.id })
        assert.isNull(before.upload_completed_at)
        assert.isNull(before.asset_type)
        yield* put(urls[1], parts[1] ?? part)
        const after = yield* client.get({ assetId: asset.id })
        assert.isString(after.upload_completed_at)
        assert.strictEqual(after.asset_type, "stream")
        assert.strictEqual(fake.storage.content(asset.id).crc32, crc32(bytes))
        assert.strictEqual((yield* fake.counts(Storage.ENDPOINT)).applied, 3)
      }).pipe(Effect.provide(layer()))
    )

    for (const [what, headers, status, code] of [
      ["an Authorization header", { ...signed, authorization: "Bearer x" }, 400, "InvalidArgument"],
      ["another content type", { ...signed, "content-type": "text/plain" }, 403, "SignatureDoesNotMatch"],
      ["no ACL", { "content-type": "video/quicktime" }, 403, "SignatureDoesNotMatch"]
    ] as const) {
      it.effect(`refuses ${what}`, () =>
        Effect.gen(function* () {
          const { asset, fake, urls } = yield* expected(100)
          const answer = yield* put(urls[0], part, headers)
          assert.strictEqual(answer.status, status)
          assert.include(answer.body, `<Code>${code}</Code>`)
          assert.strictEqual(fake.storage.content(asset.id).size, 0)
        }).pipe(Effect.provide(layer()))
      )
    }

    it.effect("refuses a URL that was not signed, a part of another size, and another method", () =>
      Effect.gen(function* () {
        const { urls } = yield* expected(100)
        const [url = ""] = urls
        assert.strictEqual((yield* put(url.replace(/signature=.*/, "signature=1"), part)).status, 403)
        assert.strictEqual((yield* put(url.replace("/1?", "/2?"), part)).status, 404)
        assert.include((yield* put(url, new Uint8Array(99))).body, "This part has 100 bytes, not 99.")
        const http = yield* HttpClient.HttpClient
        assert.strictEqual((yield* http.get(url)).status, 405)
      }).pipe(Effect.provide(layer()))
    )

    it.effect("has the faults of a plan", () =>
      Effect.gen(function* () {
        const { asset, fake, urls } = yield* expected(100)
        const tried: Array<string | number> = []
        for (let count = 0; count < 7; count++) {
          const answer = yield* Effect.either(put(urls[0], part))
          tried.push(answer._tag === "Right" ? answer.right.status : answer.left._tag)
        }
        assert.deepStrictEqual(tried, ["RequestError", 503, 403, "RequestError", "RequestError", 500, 200])
        const stored = fake.journal.of(Storage.ENDPOINT).map((entry) => entry.applied)
        assert.deepStrictEqual(stored, [false, false, false, false, true, true, true])
        assert.strictEqual(fake.storage.content(asset.id).crc32, crc32(part))
      }).pipe(
        Effect.provide(
          layer({
            faults: FaultPlan.combine(
              FaultPlan.nth(Storage.ENDPOINT, 0, { _tag: "ConnectionRefused" }),
              FaultPlan.nth(Storage.ENDPOINT, 1, { _tag: "ErrorBefore" }),
              FaultPlan.nth(Storage.ENDPOINT, 2, { _tag: "UrlExpired" }),
              FaultPlan.nth(Storage.ENDPOINT, 3, { _tag: "BrokenMidway" }),
              FaultPlan.nth(Storage.ENDPOINT, 4, { _tag: "AnswerLost" }),
              FaultPlan.nth(Storage.ENDPOINT, 5, { _tag: "ErrorAfter" })
            )
          })
        )
      )
    )
  })
}

it.effect("wants to know the length beforehand, as S3 does", () =>
  Effect.gen(function* () {
    const { urls } = yield* expected(100)
    const response = yield* Effect.promise(() =>
      fetch(urls[0] ?? "", {
        method: "PUT",
        headers: signed,
        body: new Blob([part]).stream(),
        ...{ duplex: "half" }
      })
    )
    assert.strictEqual(response.status, 501)
    assert.include(yield* Effect.promise(() => response.text()), "<Code>NotImplemented</Code>")
  }).pipe(Effect.provide(onPort()))
)

it.prop(
  "the checksum of a content is that of its bytes, in whatever parts and order they came",
  [FastCheck.array(FastCheck.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 8 }), FastCheck.integer()],
  ([pieces, seed]) => {
    const storage = Storage.make()
    const order = pieces.map((_, index) => index).sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5))
    for (const index of order) {
      const bytes = pieces[index] ?? new Uint8Array(0)
      storage.put("a", { number: index + 1, size: bytes.length, crc32: crc32(bytes) })
    }
    assert.strictEqual(storage.content("a").crc32, crc32(Buffer.concat(pieces)))
  }
)
