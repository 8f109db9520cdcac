import { networkInterfaces } from "node:os"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { run } from "./run.js"

const hasIPv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"))

/** Runs a fake until it has said all, and asks it meanwhile. */
const started = (args: ReadonlyArray<string>, ask: (err: string) => Promise<void> = async () => {}) => {
  let err = ""
  return run(["fake", "--shots", "1", ...args], {
    onErr: (text, interrupt) => {
      err += text
      return text.includes("Ctrl-C ends it")
        ? Effect.andThen(
            Effect.promise(() => ask(err)),
            interrupt
          )
        : Effect.void
    }
  })
}

describe("frameio fake", () => {
  it.live("says how V4 is reached, by a call that works", () =>
    Effect.gen(function* () {
      let listed: ReadonlyArray<{ readonly type: string }> = []
      const { code, err } = yield* started([], async (err) => {
        const [, url = ""] = /^curl .* (http\S+)$/m.exec(err) ?? []
        const headers = [...err.matchAll(/-H "([^:]+): ([^"]+)"/g)].map(([, name = "", value = ""]) => [name, value])
        const response = await fetch(url, { headers: Object.fromEntries(headers) })
        listed = (await response.json()).data
      })
      assert.strictEqual(code, 0, err)
      assert.isAbove(listed.length, 0)
      assert.match(err, /account [0-9a-f-]{36}, root folder [0-9a-f-]{36}/)
      assert.include(err, "x-frameio-legacy-token-auth: true")
    })
  )

  it.live("listens where it is told to, without a warning where that is this machine alone", () =>
    Effect.gen(function* () {
      const plain = yield* started([])
      assert.match(plain.out, /^export FRAMEIO_BASE_URL=http:\/\/127\.0\.0\.1:\d+$/m)
      const told = yield* started(["--host", "127.0.0.2"])
      assert.match(told.out, /^export FRAMEIO_BASE_URL=http:\/\/127\.0\.0\.2:\d+$/m)
      for (const { code, err } of [plain, told]) {
        assert.strictEqual(code, 0, err)
        assert.notInclude(err, "not for this machine alone")
      }
    })
  )

  if (!hasIPv6) console.warn("!!! this machine has no IPv6: THE TEST OF THE WARNING OF frameio fake IS SKIPPED !!!")
  it.live.skipIf(!hasIPv6)("warns once, in plain words, where others may reach it", () =>
    Effect.gen(function* () {
      // Loopback in truth, but nothing that a client knows as such.
      const { code, err } = yield* started(["--host", "::ffff:127.0.0.1"])
      assert.strictEqual(code, 0, err)
      assert.lengthOf(err.match(/not for this machine alone/g) ?? [], 1)
      assert.match(err, /^Warning: The fake listens on ::ffff:127\.0\.0\.1/m)
    })
  )

  it.live("refuses a host that is none, or none of this machine's", () =>
    Effect.gen(function* () {
      const none = yield* run(["fake", "--host", ""])
      assert.strictEqual(none.code, 2)
      assert.include(none.err, "--host is empty")
      const other = yield* run(["fake", "--host", "192.0.2.1"])
      assert.strictEqual(other.code, 2)
      assert.include(other.err, "192.0.2.1")
    })
  )
})
