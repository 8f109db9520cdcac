import { assert, describe, it } from "@effect/vitest"
import * as Batch from "@effect-frameio/batch"
import * as Core from "@effect-frameio/core"
import * as Stacks from "@effect-frameio/stacks"
import { Arbitrary, FastCheck, Schema } from "effect"
import * as ErrorText from "../src/ErrorText.js"
import * as Failure from "../src/Failure.js"

const { Asset, FrameioError } = Core
const { LinkError } = Batch
const { UploadError, VersionStackError } = Stacks

const id = Asset.AssetId.make("0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10")
const call = { endpoint: "assets.get", assetIds: [id] }

const noConnection = (code: string) =>
  new FrameioError.TransportError({ ...call, reason: "NotSent", outcome: "not-applied", code })

describe("Failure", () => {
  it("says what to do by the kind of the error, after what the error says", () => {
    for (const [error, todo] of [
      [new FrameioError.Unauthorized(call), "frameio auth login"],
      [new FrameioError.CredentialsError({ ...call, detail: "nobody has logged in" }), "frameio auth login"],
      [new FrameioError.NotFound(call), "frameio ls"],
      [noConnection("SELF_SIGNED_CERT_IN_CHAIN"), "NODE_EXTRA_CA_CERTS=<file>.pem"],
      [noConnection("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "NODE_EXTRA_CA_CERTS=<file>.pem"],
      [noConnection("CERT_HAS_EXPIRED"), "the clock"],
      [noConnection("ENOTFOUND"), "frameio doctor"]
    ] as const) {
      const said = Failure.said(error)
      assert.strictEqual(said.message.toLowerCase().indexOf(FrameioError.reasonOf(error).toLowerCase()), 0)
      assert.include(said.todo?.join("\n"), todo)
      assert.include(ErrorText.render(said, 80), todo)
    }
  })

  it("begins with what went wrong, and ends with the call and those ids that it is about", () => {
    const gone = Failure.said(new FrameioError.NotFound(call)).message
    assert.match(gone, /^Not found \(404\): .*\. \(assets\.get 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10\)$/s)
    assert.match(
      Failure.said(new FrameioError.Unauthorized(call)).message,
      /^Frame\.io does not accept the token \(401\): .*\. \(assets\.get\)$/s
    )
    assert.match(Failure.said(noConnection("ENOTFOUND")).message, /^No connection \(ENOTFOUND\).*\. \(assets\.get\)$/s)
    const many = Failure.said(new FrameioError.NotFound({ ...call, assetIds: [id, id, id, id, id] })).message
    assert.match(many, / and 2 more\)$/)
  })

  it("goes by the code and not by the words", () => {
    const error = new FrameioError.TransportError({
      ...call,
      reason: "AnswerLost",
      detail: "a self-signed certificate"
    })
    assert.deepStrictEqual(Failure.advice(error), [])
    assert.deepStrictEqual(Failure.advice(noConnection("ERR_TLS_CERT_ALTNAME_INVALID")), [])
  })

  it("names no module and no option of the library, whatever the error", () => {
    const errors = Arbitrary.make(
      Schema.typeSchema(Schema.Union(LinkError.LinkError, VersionStackError.VersionStackError, UploadError.UploadError))
    )
    const modules = [Batch, Core, Stacks].flatMap((library) => Object.keys(library))
    const names = new RegExp(
      `\\b(?:${modules.join("|")})\\.[a-z]|retry policy|maxWait|queueLimit|whenStoreIsAway|partSize|Timeout\\.`
    )
    for (const error of FastCheck.sample(errors, 500)) {
      assert.notMatch([error.message, ...Failure.advice(error)].join("\n"), names)
    }
  })

  it("reads the failure inside another", () => {
    const error = new UploadError.NotVersioned({ assetId: id, onto: id, error: new FrameioError.Unauthorized(call) })
    assert.include(Failure.advice(error).join(), "frameio auth login")
  })

  it("takes credentials that are not accepted for bad input, and more where a command says so", () => {
    assert.strictEqual(Failure.toCliError(new FrameioError.Unauthorized(call)).exitCode, 2)
    assert.strictEqual(Failure.toCliError(new FrameioError.CredentialsError({ detail: "" })).exitCode, 2)
    assert.strictEqual(Failure.toCliError(new FrameioError.NotFound(call)).exitCode, 1)
    const named = Failure.toCliError(new FrameioError.NotFound(call), { badInput: ["FrameioNotFound"] })
    assert.strictEqual(named.exitCode, 2)
  })
})
