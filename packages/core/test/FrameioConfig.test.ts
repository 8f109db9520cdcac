import { assert, describe, it } from "@effect/vitest"
import { FrameioConfig } from "@effect-frameio/core"
import { Config, ConfigProvider, Effect, Either, Inspectable, Layer, Redacted } from "effect"

const token = (text: string) => Redacted.make(text)
const make = (options: FrameioConfig.Options) => Effect.runSync(Effect.either(FrameioConfig.make(options)))
const ok = "s3cr3t-t0ken"

const fromEnvironment = (entries: Record<string, string>) =>
  Effect.either(
    FrameioConfig.FrameioConfig.pipe(
      Effect.provide(
        FrameioConfig.layerConfig().pipe(
          Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(entries)))))
        )
      )
    )
  )

describe("FrameioConfig", () => {
  it("has Frame.io's own address by default", () => {
    const config = Either.getOrThrow(make({ token: token(ok) }))
    assert.strictEqual(config.baseUrl.origin, "https://api.frame.io")
    assert.strictEqual(config.clientName, "effect-frameio")
  })

  for (const [what, bad, says] of [
    ["nothing", "", "missing or empty"],
    ["spaces alone", " \t ", "only of spaces"],
    ["a line break at its end", "secret-abc\n", "line break around"],
    ["a blank in it", "secret abc", "cannot be in a header"],
    ["a line break in it", "secret\r\nx: y", "cannot be in a header"],
    ["a letter outside of ASCII", "secret-é", "cannot be in a header"],
    ["the word Bearer before it", "Bearer secret", "Bearer"],
    ["double quotes around it", '"fio-u-secret"', "quotes around"],
    ["single quotes around it", "'fio-u-secret'", "quotes around"],
    ["a variable in its place", "$FRAMEIO_secret", "variable"],
    ["a variable in braces in its place", ["$", "{secret}"].join(""), "variable"],
    ["a pipeline's variable in its place", ["$", "{{secrets.TOKEN}}"].join(""), "variable"],
    ["a template in its place", "{{secret}}", "variable"],
    ["a variable of Windows in its place", "%secret%", "variable"],
    ["a variable of PowerShell in its place", "$env:secret", "variable"],
    ["stars in its place", "***", "placeholder"],
    ["a placeholder in its place", "<your-secret-token>", "placeholder"],
    ["undefined in its place", "undefined", "not set"],
    ["null in its place", "null", "not set"]
  ] as const) {
    it(`refuses a token with ${what}, and does not repeat it`, () => {
      const result = make({ token: token(bad) })
      assert.isTrue(Either.isLeft(result))
      if (Either.isLeft(result)) {
        assert.include(String(result.left), says)
        assert.notInclude(String(result.left) + JSON.stringify(result.left), "secret")
      }
    })
  }

  for (const good of [
    "https://api.frame.io",
    "https://api.frame.io/",
    "https://proxy.example:8443/frameio/",
    "http://127.0.0.1:3000",
    "http://127.8.9.10",
    "http://localhost:8080",
    "http://[::1]:80",
    " https://api.frame.io "
  ]) {
    it(`takes ${JSON.stringify(good)}`, () => {
      const config = Either.getOrThrow(make({ token: token(ok), baseUrl: good }))
      assert.notMatch(config.baseUrl.pathname, /.\/$/)
    })
  }

  for (const [bad, says] of [
    ["http://api.frame.io", "not https"],
    ["http://127.0.0.1.evil.example", "not https"],
    ["http://localhost.evil.example", "not https"],
    ["http://0.0.0.0", "not https"],
    ["ftp://api.frame.io", "not https"],
    ["file:///etc/passwd", "not a URL"],
    ["api.frame.io", "not a URL"],
    ["", "not a URL"],
    ["https://user:pw@api.frame.io", "user name"],
    ["https://api.frame.io?x=1", "query"],
    ["https://api.frame.io#x", "query"],
    ["https://api.frame.io/v2", "/v2"],
    ["https://api.frame.io/v2/", "/v2"]
  ] as const) {
    it(`refuses ${JSON.stringify(bad)}`, () => {
      const result = make({ token: token(ok), baseUrl: bad })
      assert.isTrue(Either.isLeft(result))
      if (Either.isLeft(result)) assert.include(String(result.left), says)
    })
  }

  it.effect("reads the environment", () =>
    Effect.gen(function* () {
      const config = Either.getOrThrow(
        yield* fromEnvironment({ FRAMEIO_TOKEN: ok, FRAMEIO_BASE_URL: "http://127.0.0.1:1" })
      )
      assert.strictEqual(Redacted.value(yield* config.credentials.token), ok)
      assert.strictEqual(config.baseUrl.port, "1")
      assert.notInclude(Inspectable.format(config) + String(yield* config.credentials.token), ok)
    })
  )

  it.effect("takes an empty address in the environment for none", () =>
    Effect.gen(function* () {
      for (const FRAMEIO_BASE_URL of ["", "  "]) {
        const config = Either.getOrThrow(yield* fromEnvironment({ FRAMEIO_TOKEN: ok, FRAMEIO_BASE_URL }))
        assert.strictEqual(config.baseUrl.origin, "https://api.frame.io")
      }
    })
  )

  it.effect("says all that is wrong at once, with the names to set", () =>
    Effect.gen(function* () {
      const result = yield* fromEnvironment({ FRAMEIO_BASE_URL: "http://example.com" })
      assert.isTrue(Either.isLeft(result))
      if (Either.isLeft(result)) {
        const text = String(result.left)
        assert.include(text, "FRAMEIO_TOKEN")
        assert.include(text, "missing or empty")
        assert.include(text, "FRAMEIO_BASE_URL")
        assert.include(text, "not https")
      }
    })
  )

  it.effect("reads other names where it is told to", () =>
    Effect.gen(function* () {
      const config = yield* FrameioConfig.FrameioConfig
      assert.strictEqual(Redacted.value(yield* config.credentials.token), ok)
    }).pipe(
      Effect.provide(FrameioConfig.layerConfig({ token: Config.redacted("OTHER") })),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["OTHER", ok]])))
    )
  )
})
