/**
 * What V4's clients send, as far as it is known: the n8n node, the official SDKs (made by Fern), and the scripts of people
 * who told what they ran into. None of their code is here.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio, type FakeFrameioServer } from "@effect-frameio/testing"
import { Effect } from "effect"
import { type Answer, at, json, list, type Sent, text, withFake } from "./wire.js"

type Send = (sent: Sent) => Effect.Effect<Answer>

const FORM = { "Content-Type": "application/x-www-form-urlencoded" }

const folderWith = (fake: FakeFrameioServer.Service, names: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const folder = yield* fake.addFolder({ name: "shots" })
    const files = yield* Effect.forEach(names, (name) => fake.addFile({ name, parentId: folder }))
    return { folder, files, account: `/v4/accounts/${fake.world.accounts[0]}` }
  })

describe("the n8n node", () => {
  /** A service's token, then JSON with it. */
  const loggedIn = (send: Send) =>
    Effect.gen(function* () {
      const form = new URLSearchParams({
        grant_type: "client_credentials",
        client_id: "n8n",
        client_secret: "made-up",
        scope: "openid,AdobeID,frame.s2s.all"
      })
      const token = yield* send({ method: "POST", url: "/ims/token/v3", headers: FORM, body: form.toString() })
      const headers = { Accept: "application/json", Authorization: `Bearer ${text(at(json(token), "access_token"))}` }
      const call = (method: string, url: string, body?: unknown) =>
        send({
          method,
          url,
          headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
          body: body === undefined ? undefined : JSON.stringify(body)
        })
      return { call }
    })

  it.live("finds its way from the accounts to a folder, and reads all of it with the first query again", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const names = Array.from({ length: 7 }, (_, n) => `shot_${n}.mov`)
        const { account, folder } = yield* folderWith(fake, names)
        const { call } = yield* loggedIn(send)
        const accounts = yield* call("GET", "/v4/accounts")
        assert.strictEqual(at(json(accounts), "data", 0, "id"), fake.world.accounts[0])
        const workspace = at(json(yield* call("GET", `${account}/workspaces`)), "data", 0, "id")
        const projects = yield* call("GET", `${account}/workspaces/${workspace}/projects`)
        assert.strictEqual(at(json(projects), "data", 0, "root_folder_id"), fake.world.projects[0]?.rootId)

        const query = "page_size=3&include=creator,metadata&type=file"
        const found: Array<unknown> = []
        let after: string | null = ""
        while (after !== null) {
          const more: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`
          const page = json(yield* call("GET", `${account}/folders/${folder}/children?${query}${more}`))
          for (const one of list(at(page, "data"))) {
            found.push(at(one, "name"))
            assert.strictEqual(at(one, "creator", "id"), fake.userId)
            assert.deepStrictEqual(at(one, "metadata"), [])
          }
          const next = at(page, "links", "next")
          after = next === null ? null : new URL(text(next), "https://api.frame.io").searchParams.get("after")
        }
        assert.sameMembers(found, names)
      })
    )
  )

  it.live("uploads a file in parts, stacks it, and takes it out again", () =>
    withFake({ v4: { partSize: 400_000 } }, (fake, send) =>
      Effect.gen(function* () {
        const { account, files, folder } = yield* folderWith(fake, ["shot_v1.mov"])
        const { call } = yield* loggedIn(send)
        const bytes = new Uint8Array(1_000_000).fill(7)
        const made = yield* call("POST", `${account}/folders/${folder}/files/local_upload`, {
          data: { name: "shot_v2.mov", file_size: bytes.length }
        })
        assert.strictEqual(made.status, 201)
        const id = text(at(json(made), "data", "id"))
        const type = text(at(json(made), "data", "media_type"))
        let start = 0
        for (const part of list(at(json(made), "data", "upload_urls"))) {
          const size = Number(at(part, "size"))
          const put = yield* send({
            method: "PUT",
            url: text(at(part, "url")),
            headers: { "Content-Type": type, "x-amz-acl": "private" },
            body: bytes.subarray(start, start + size)
          })
          assert.strictEqual(put.status, 200)
          assert.isDefined(put.headers.etag)
          start += size
        }
        assert.strictEqual(start, bytes.length)
        const status = yield* call("GET", `${account}/files/${id}/status`)
        assert.strictEqual(at(json(status), "data", "upload_complete"), true)
        const stacked = yield* call("POST", `${account}/folders/${folder}/version_stacks`, {
          data: { file_ids: [files[0], id] }
        })
        assert.strictEqual(at(json(stacked), "data", "head_version", "id"), id)
        const out = yield* call("PATCH", `${account}/files/${id}/move`, { data: { parent_id: folder } })
        assert.strictEqual(at(json(out), "data", "parent_id"), folder)
      })
    )
  )

  it.live("has a file fetched from a URL, and asks its status by the link of the answer", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const { account, folder } = yield* folderWith(fake, [])
        const { call } = yield* loggedIn(send)
        const made = yield* call("POST", `${account}/folders/${folder}/files/remote_upload`, {
          data: { name: "a.mov", source_url: "https://studio.example/a.mov" }
        })
        assert.strictEqual(made.status, 202)
        const status = yield* call("GET", text(at(json(made), "links", "status")))
        assert.deepStrictEqual([at(json(status), "data", "upload_failed")], [false])
      })
    )
  )
})

describe("the official SDKs", () => {
  const HEADERS = {
    Authorization: `Bearer ${FakeFrameio.token}`,
    "x-frameio-legacy-token-auth": "true",
    "User-Agent": "frameio/4.2.6",
    "X-Fern-Language": "JavaScript",
    "X-Fern-SDK-Name": "frameio",
    "X-Fern-SDK-Version": "4.2.6",
    "X-Fern-Runtime": "node",
    "X-Fern-Runtime-Version": "20.19.0"
  }

  const call = (send: Send, method: string, url: string, body?: unknown) =>
    send({
      method,
      url,
      headers: { ...HEADERS, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body)
    })

  it.live("are answered with their headers on, where a default user agent is filtered", () =>
    withFake({ v4: { userAgentFilter: true } }, (_, send) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* call(send, "GET", "/v4/me")).status, 200)
        const { "User-Agent": _, ...anonymous } = HEADERS
        const refused = yield* send({ method: "GET", url: "/v4/me", headers: anonymous })
        assert.strictEqual(refused.status, 403)
        const urllib = { ...HEADERS, "User-Agent": "Python-urllib/3.12" }
        assert.strictEqual((yield* send({ method: "GET", url: "/v4/me", headers: urllib })).status, 403)
      })
    )
  )

  it.live("get a 404 for their own next page, whose question mark they encode, and page one for ever by number", () =>
    withFake({ v4: { unknownQuery: "ignore" } }, (fake, send) =>
      Effect.gen(function* () {
        const { account, folder } = yield* folderWith(fake, ["1.mov", "2.mov", "3.mov"])
        const url = `${account}/folders/${folder}/children`
        const first = json(yield* call(send, "GET", `${url}?page_size=2`))
        const next = text(at(first, "links", "next"))
        assert.strictEqual((yield* call(send, "GET", next.replace("?", "%3F"))).status, 404)
        const second = json(yield* call(send, "GET", `${url}?page_size=2&page=2`))
        assert.deepStrictEqual(at(second, "data"), at(first, "data"))
      })
    )
  )

  it.live("bring along only the first of a list of includes, and nothing that is not there", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const { account, files } = yield* folderWith(fake, ["1.mov"])
        const url = `${account}/files/${files[0]}`
        const both = json(yield* call(send, "GET", `${url}?include=media_links.original,creator`))
        assert.isString(at(both, "data", "media_links", "original", "download_url"))
        assert.strictEqual(at(both, "data", "creator", "id"), fake.userId)
        const repeated = yield* call(send, "GET", `${url}?include=creator&include=metadata`)
        assert.include(repeated.text, `"creator"`)
        assert.notInclude(repeated.text, `"metadata"`)
        const none = yield* call(send, "GET", `${url}?include=transcript`)
        assert.deepStrictEqual(
          [none.status, at(json(none), "errors", 0, "detail")],
          [422, "Unexpected field: transcript"]
        )
      })
    )
  )

  it.live("try a refused create twice more, blindly, and make nothing twice", () =>
    withFake(
      { limits: { "versionStacks.create": { limit: 1, windowMillis: 60_000 }, "*": "unlimited" } },
      (fake, send) =>
        Effect.gen(function* () {
          const { account, files, folder } = yield* folderWith(fake, ["a1.mov", "a2.mov", "b1.mov", "b2.mov"])
          const create = (ids: ReadonlyArray<string>) =>
            call(send, "POST", `${account}/folders/${folder}/version_stacks`, { data: { file_ids: ids } })
          assert.strictEqual((yield* create(files.slice(0, 2))).status, 201)
          for (let tries = 0; tries < 3; tries++) {
            const refused = yield* create(files.slice(2))
            assert.strictEqual(refused.status, 429)
            assert.strictEqual(at(json(refused), "errors", 0, "detail"), "Too many requests")
          }
          assert.isUndefined(fake.world.stackOf(files[2] ?? ""))
        })
    )
  )
})

describe("people's scripts", () => {
  const call = (send: Send, method: string, url: string, body?: unknown) =>
    send({
      method,
      url,
      headers: {
        Authorization: `Bearer ${FakeFrameio.token}`,
        "x-frameio-legacy-token-auth": "true",
        "User-Agent": "python-requests/2.31.0",
        ...(body === undefined ? {} : { "Content-Type": "application/json" })
      },
      body: body === undefined ? undefined : JSON.stringify(body)
    })

  it.live("put a file on a stack and look whether it is the newest, as a bot does", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const { account, files, folder } = yield* folderWith(fake, ["a1.mov", "a2.mov", "a3.mov"])
        const made = yield* call(send, "POST", `${account}/folders/${folder}/version_stacks`, {
          data: { file_ids: files.slice(0, 2) }
        })
        const stack = text(at(json(made), "data", "id"))
        yield* call(send, "PATCH", `${account}/files/${files[2]}/move`, { data: { parent_id: stack } })
        const shown = json(yield* call(send, "GET", `${account}/version_stacks/${stack}`))
        assert.strictEqual(at(shown, "data", "head_version", "id"), files[2])
      })
    )
  )

  it.live("cannot upload straight into a stack, nor read a stack as a file", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const { account, files, folder } = yield* folderWith(fake, ["a1.mov", "a2.mov"])
        const made = yield* call(send, "POST", `${account}/folders/${folder}/version_stacks`, {
          data: { file_ids: files }
        })
        const stack = text(at(json(made), "data", "id"))
        const upload = yield* call(send, "POST", `${account}/folders/${stack}/files/local_upload`, {
          data: { name: "a3.mov", file_size: 5 }
        })
        assert.strictEqual(upload.status, 404)
        const asFile = yield* call(send, "GET", `${account}/files/${stack}`)
        assert.deepStrictEqual([asFile.status, at(json(asFile), "errors", 0, "detail")], [422, "is not a file"])
      })
    )
  )

  it.live("swap a file in a share before they stack it, for afterwards the whole entry goes", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const { account, files } = yield* folderWith(fake, ["a1.mov", "a2.mov"])
        const [old = "", next = ""] = files
        const share = fake.addShare({ name: "Client", assetIds: [old] })
        const added = yield* call(send, "POST", `${account}/shares/${share}/assets`, { data: { asset_id: next } })
        assert.deepStrictEqual([added.status, at(json(added), "data", "asset_added")], [200, next])
        const removed = yield* call(send, "DELETE", `${account}/shares/${share}/assets/${old}`)
        assert.deepStrictEqual([removed.status, at(json(removed), "data", "asset_removed")], [200, old])
        assert.deepStrictEqual(fake.shareAssets(share), [next])
      })
    )
  )
})
