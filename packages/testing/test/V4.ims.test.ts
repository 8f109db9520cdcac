import { createHash } from "node:crypto"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio, type V4Unknowns } from "@effect-frameio/testing"
import { Effect } from "effect"
import { at, call, withFake } from "./support/v4.js"

const TOKEN = "https://ims-na1.adobelogin.com/ims/token/v3"

const post = (form: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}, url = TOKEN) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const answer = yield* client.execute(
      HttpClientRequest.post(url).pipe(HttpClientRequest.bodyUrlParams(form), HttpClientRequest.setHeaders(headers))
    )
    const text = yield* answer.text
    const body: unknown = text === "" ? undefined : JSON.parse(text)
    return { status: answer.status, body }
  }).pipe(Effect.orDie)

const me = (token: unknown) =>
  Effect.map(call("GET", "/v4/me", undefined, { authorization: `Bearer ${token}` }), ({ status }) => status)

const SERVICE = { grant_type: "client_credentials", client_id: "studio", client_secret: "made-up" }
const SCOPES = "openid,AdobeID,frame.s2s.all"

/** What the browser is sent back with. */
const login = (query: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const answer = yield* client.get("https://ims-na1.adobelogin.com/ims/authorize/v2", {
      urlParams: { client_id: "studio", response_type: "code", state: "abc", ...query }
    })
    const back = answer.headers.location
    return { status: answer.status, back: back === undefined ? undefined : new URL(back) }
  }).pipe(Effect.orDie)

describe("the fake's identity management", () => {
  it.effect("gives a service a token for its secret, in the body or by Basic, and none without", () =>
    Effect.gen(function* () {
      const inBody = yield* post({ ...SERVICE, scope: SCOPES })
      assert.deepInclude(inBody.body, { token_type: "bearer", expires_in: 86_399 })
      assert.isUndefined(at(inBody.body, "refresh_token"))
      assert.strictEqual(yield* me(at(inBody.body, "access_token")), 200)
      const basic = yield* post(
        { grant_type: "client_credentials", scope: SCOPES },
        { authorization: `Basic ${Buffer.from("studio:made-up").toString("base64")}` }
      )
      assert.strictEqual(basic.status, 200)
      const { client_secret: _, ...open } = SERVICE
      assert.strictEqual((yield* post({ ...open, scope: SCOPES })).status, 400)
    }).pipe(withFake())
  )

  for (const [missingScope, status] of [
    [undefined, 401],
    ["ignore", 200]
  ] as const satisfies ReadonlyArray<readonly [V4Unknowns.Options["missingScope"], number]>) {
    it.effect(`missingScope: a valid token without AdobeID gets ${status} from Frame.io`, () =>
      Effect.gen(function* () {
        const service = yield* post({ ...SERVICE, scope: "openid,frame.s2s.all" })
        assert.strictEqual(yield* me(at(service.body, "access_token")), status)
        // Whoever repeats the scope in the exchange narrows the token to what it names.
        const narrowed = yield* post({
          grant_type: "authorization_code",
          client_id: "studio",
          code: "elsewhere",
          scope: "openid"
        })
        assert.strictEqual(yield* me(at(narrowed.body, "access_token")), status)
        const again = yield* post({
          grant_type: "refresh_token",
          client_id: "studio",
          refresh_token: String(at(narrowed.body, "refresh_token"))
        })
        assert.strictEqual(yield* me(at(again.body, "access_token")), status)
      }).pipe(withFake({ missingScope }))
    )
  }

  it.effect("sends a browser back with a code, which is good once, for who has the verifier", () =>
    Effect.gen(function* () {
      const verifier = "v".repeat(43)
      const pkce = {
        redirect_uri: "https://localhost:8080/callback",
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256"
      }
      const { back, status } = yield* login(pkce)
      assert.deepStrictEqual(
        [status, back?.origin, back?.searchParams.get("state")],
        [302, "https://localhost:8080", "abc"]
      )
      const grant = {
        grant_type: "authorization_code",
        client_id: "studio",
        code: back?.searchParams.get("code") ?? "",
        code_verifier: verifier
      }
      const given = yield* post(grant)
      assert.strictEqual(yield* me(at(given.body, "access_token")), 200)
      assert.isString(at(given.body, "refresh_token"))
      assert.deepStrictEqual(yield* post(grant), { status: 400, body: { error: "invalid_grant" } })
      const other = yield* login(pkce)
      const stolen = { ...grant, code: other.back?.searchParams.get("code") ?? "", code_verifier: "w".repeat(43) }
      assert.strictEqual((yield* post(stolen)).status, 400)
      assert.strictEqual((yield* login({ redirect_uri: "http://localhost:8080/callback" })).status, 400)
    }).pipe(withFake())
  )

  it.effect("ends a token that is revoked, and a refresh token that was used", () =>
    Effect.gen(function* () {
      const given = yield* post({ grant_type: "authorization_code", client_id: "studio", code: "elsewhere" })
      const token = String(at(given.body, "access_token"))
      const refresh = {
        grant_type: "refresh_token",
        client_id: "studio",
        refresh_token: String(at(given.body, "refresh_token"))
      }
      assert.strictEqual((yield* post({ token }, {}, TOKEN.replace("token/v3", "revoke"))).status, 200)
      assert.strictEqual(yield* me(token), 401)
      assert.strictEqual((yield* post(refresh)).status, 200)
      assert.strictEqual((yield* post(refresh)).status, 400)
    }).pipe(withFake())
  )

  it.effect("refreshRotation: the same refresh token goes on", () =>
    Effect.gen(function* () {
      const given = yield* post({ grant_type: "authorization_code", client_id: "studio", code: "elsewhere" })
      const refresh_token = String(at(given.body, "refresh_token"))
      const refresh = { grant_type: "refresh_token", client_id: "studio", refresh_token }
      for (const _ of [1, 2]) assert.strictEqual((yield* post(refresh)).status, 200)
    }).pipe(withFake({ refreshRotation: "same" }))
  )

  it.effect("publicRefresh: a client without a secret gets none where that is chosen", () =>
    Effect.gen(function* () {
      const given = yield* post({ grant_type: "authorization_code", client_id: "studio", code: "elsewhere" })
      assert.isString(at(given.body, "access_token"))
      assert.isUndefined(at(given.body, "refresh_token"))
    }).pipe(withFake({ publicRefresh: false }))
  )

  it.effect("gives out nothing that v2 takes", () =>
    Effect.gen(function* () {
      const { world } = yield* FakeFrameio.FakeFrameio
      const given = yield* post({ ...SERVICE, scope: SCOPES })
      const headers = { authorization: `Bearer ${at(given.body, "access_token")}` }
      const asked = yield* call("GET", `/v2/assets/${world.projects[0]?.rootId}`, undefined, headers)
      assert.strictEqual(asked.status, 401)
    }).pipe(withFake())
  )
})
