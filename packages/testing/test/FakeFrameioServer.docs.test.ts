import { OpenApi } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FrameioApi } from "@effect-frameio/core"
import { FakeFrameio, FakeFrameioServer } from "@effect-frameio/testing"
import { Effect, Option } from "effect"
import * as Browser from "./support/Browser.js"

const fetched = (url: string) =>
  Effect.gen(function* () {
    const response = yield* Effect.promise(() => fetch(url, { redirect: "manual" }))
    return { response, text: yield* Effect.promise(() => response.text()) }
  })

describe("what a fake on a port has beside the API", () => {
  it.scopedLive("the OpenAPI document, whose server is the fake itself", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameioServer.make()
      const { response, text } = yield* fetched(`${fake.baseUrl}/openapi.json`)
      assert.strictEqual(response.status, 200)
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
      const served: typeof OpenApi.fromApi extends (...args: never) => infer Spec ? Spec : never = JSON.parse(text)
      const derived = OpenApi.fromApi(FrameioApi.FrameioApi)
      assert.deepStrictEqual(served.servers, [{ url: "/", description: "This fake" }])
      assert.deepStrictEqual(served.paths, JSON.parse(JSON.stringify(derived.paths)))
      assert.notDeepEqual(derived.servers, served.servers, "and the declaration's own server is not touched")
    })
  )

  it.scopedLive("the page, without a token, without a limit and without a trace in the journal", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameioServer.make()
      const root = yield* fetched(`${fake.baseUrl}/`)
      assert.strictEqual(root.response.status, 200)
      assert.include(root.text, new URL(fake.docsUrl).pathname)
      const { response, text } = yield* fetched(`${fake.docsUrl}?deep=link`)
      assert.strictEqual(response.status, 200)
      assert.match(response.headers.get("content-type") ?? "", /^text\/html/)
      assert.include(text, "/v2/assets/{asset_id}/version")
      assert.include(text, fake.world.projects[0]?.rootId ?? "no project", "where a person can begin")
      assert.notMatch(text, /<(script|link|img)[^>]+(src|href)="?https?:/, "it asks nobody else for anything")
      assert.strictEqual((yield* fake.counts()).requests, 0)
      const api = yield* fetched(`${fake.baseUrl}/v2/assets`)
      assert.strictEqual(api.response.status, 401)
      const other = yield* Effect.promise(() => fetch(fake.docsUrl, { method: "POST" }))
      assert.strictEqual(other.status, 401, "nothing but GET is for the page")
    })
  )

  it.scopedLive("what is in it, with ids, page after page, and nothing that a name could do", () =>
    Effect.gen(function* () {
      let stackId = ""
      const fake = yield* FakeFrameioServer.make({
        world: (world) => {
          const folderId = world.addFolder({ name: "<script>alert(1)</script>" })
          const many = world.addFolder({ name: "many" })
          for (let n = 0; n < 250; n++) world.addFile({ name: `file_${n}.mov`, parentId: many })
          const [assetId, nextAssetId] = ["a_v1.mov", "a_v2.mov"].map((name) =>
            world.addFile({ name, parentId: folderId })
          )
          const made = world.version({ assetId: assetId ?? "", nextAssetId: nextAssetId ?? "" })
          if (made.ok) stackId = made.value.stackId
        }
      })
      const { response, text } = yield* fetched(fake.baseUrl)
      assert.include(response.headers.get("content-security-policy") ?? "", "default-src 'none'")
      assert.notInclude(text, "<script")
      assert.include(text, "&lt;script&gt;alert(1)")
      assert.include(text, `<code>${fake.world.projects[0]?.rootId}</code>`)
      assert.include(text, `<code>${stackId}</code>`, "what a folder holds shows in it")
      const many = fake.world.children(fake.world.projects[0]?.rootId ?? "").ids[0] ?? ""
      const third = yield* fetched(`${fake.baseUrl}/?in=${many}&page=3`)
      assert.strictEqual(third.text.match(/file_\d+\.mov/g)?.length, 50)
      assert.include(third.text, `frameio plan ${many} --rule vfx`)
      const stack = yield* fetched(`${fake.baseUrl}/?in=${stackId}`)
      assert.isBelow(
        stack.text.indexOf("a_v2.mov</bdi>", stack.text.indexOf("<ul>")),
        stack.text.lastIndexOf("a_v1.mov")
      )
      const none = yield* fetched(`${fake.baseUrl}/?in=%22%3E%3Cb`)
      assert.include(none.text, "There is no such asset")
      assert.notInclude(none.text, '"><b')
      assert.strictEqual((yield* fake.counts()).requests, 0)
    })
  )

  it.scopedLive("how the buckets stand, without a token and at no cost", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameioServer.make({ limits: { "assets.get": { limit: 10, windowMillis: 60_000 } } })
      assert.include((yield* fetched(`${fake.baseUrl}/buckets`)).text, "There were no requests yet.")
      const root = fake.world.projects[0]?.rootId ?? ""
      for (let n = 0; n < 12; n++) {
        yield* Effect.promise(() =>
          fetch(`${fake.baseUrl}/v2/assets/${root}`, { headers: { authorization: `Bearer ${FakeFrameio.token}` } })
        )
      }
      const { text } = yield* fetched(`${fake.baseUrl}/buckets`)
      assert.match(
        text,
        /<td>assets\.get<\/td><td>Synthetic User 1<\/td>.*<td>0 of 10 in 60000 ms<\/td><td>12<\/td><td>2<\/td>/
      )
      assert.include(text, 'http-equiv="refresh"')
    })
  )

  it.scopedLive("answers preflights of every origin, at no cost and without a trace in the journal", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameioServer.make()
      const root = fake.world.projects[0]?.rootId ?? ""
      for (const path of [`/v2/assets/${root}/version`, `/v4/accounts/1/folders`, `/uploads/${root}/1`]) {
        const response = yield* Effect.promise(() =>
          fetch(`${fake.baseUrl}${path}`, {
            method: "OPTIONS",
            headers: {
              origin: "https://app.example.com",
              "access-control-request-method": "PATCH",
              "access-control-request-headers": "authorization,x-frameio-legacy-token-auth"
            }
          })
        )
        assert.strictEqual(response.status, 204)
        assert.strictEqual(response.headers.get("access-control-allow-origin"), "*")
        assert.include(response.headers.get("access-control-allow-methods") ?? "", "PATCH")
        assert.strictEqual(
          response.headers.get("access-control-allow-headers"),
          "authorization,x-frameio-legacy-token-auth"
        )
      }
      assert.strictEqual((yield* fake.counts()).requests, 0)
    })
  )

  it.scopedLive.skipIf(Browser.missing)(
    "a page of another origin calls the API, reads its headers, and puts a part",
    () =>
      Effect.gen(function* () {
        const other = yield* FakeFrameioServer.make()
        const fake = yield* FakeFrameioServer.make()
        const root = fake.world.projects[0]?.rootId ?? ""
        const page = yield* Browser.page
        const seen = yield* Effect.promise(async () => {
          await page.goto(`${other.baseUrl}/openapi.json`)
          return page.evaluate(
            async ([base, root, token]) => {
              const authorization = `Bearer ${token}`
              const url = `${base}/v2/assets/${root}/children`
              const created = await fetch(url, {
                method: "POST",
                headers: { authorization, "content-type": "application/json" },
                body: JSON.stringify({ type: "file", name: "a.txt", filesize: 3, filetype: "text/plain" })
              })
              const { upload_urls } = await created.json()
              const put = await fetch(upload_urls[0], {
                method: "PUT",
                headers: { "content-type": "text/plain", "x-amz-acl": "private" },
                body: "abc"
              })
              const listed = await fetch(url, { headers: { authorization } })
              const refused = await fetch(url)
              const headers = Object.fromEntries(listed.headers.entries())
              return { headers, put: [put.status, put.headers.get("etag")], refused: refused.status }
            },
            [fake.baseUrl, root, FakeFrameio.token] as const
          )
        })
        assert.containsAllKeys(seen.headers, ["x-ratelimit-limit", "x-ratelimit-window", "x-ratelimit-remaining"])
        assert.deepInclude(seen.headers, { "page-number": "1", total: "1", "total-pages": "1" })
        assert.deepStrictEqual(seen.put, [200, '"900150983cd24fb0d6963f7d28e17f72"'])
        assert.strictEqual(seen.refused, 401)
      })
  )

  it.scopedLive.skipIf(Browser.missing)("a person opens the page in a browser and makes a call on it", () =>
    Effect.gen(function* () {
      const fake = yield* FakeFrameioServer.make()
      const first = yield* fake.addFile({ name: "shot_v001.mov" })
      const second = yield* fake.addFile({ name: "shot_v002.mov" })
      const page = yield* Browser.page
      const asked: Array<string> = []
      const failed: Array<string> = []
      page.on("request", (request) => asked.push(request.url()))
      page.on("pageerror", (error) => failed.push(String(error)))
      yield* Effect.promise(async () => {
        await page.goto(fake.docsUrl)
        await page.locator(".opblock").first().waitFor()
      })
      assert.strictEqual(yield* Effect.promise(() => page.locator(".opblock").count()), FrameioApi.endpoints.size)
      const status = yield* Effect.promise(async () => {
        const operation = page.locator(".opblock", {
          has: page.locator('[data-path="/v2/assets/{asset_id}/version"]')
        })
        await operation.locator(".opblock-summary-control").click()
        await operation.locator(".try-out__btn").click()
        await operation.locator("tr[data-param-name=asset_id] input").fill(first)
        await operation.locator("textarea.body-param__text").fill(JSON.stringify({ next_asset_id: second }))
        await operation.locator("button.execute").click()
        const answer = operation.locator(".live-responses-table .response .response-col_status").first()
        await answer.waitFor()
        return answer.textContent()
      })
      assert.match(status ?? "", /^200/)
      assert.isTrue(Option.isSome(yield* fake.stackOf(second)))
      assert.deepStrictEqual(
        (yield* fake.requests).map((one) => [one.endpoint, one.status, one.userId]),
        [["assets.version", 200, fake.userId]]
      )
      assert.isEmpty(failed)
      for (const url of asked.filter((one) => !one.startsWith("data:"))) {
        assert.strictEqual(new URL(url).origin, fake.baseUrl, "no other host is asked")
      }
    })
  )
})
