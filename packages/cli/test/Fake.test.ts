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

  it.live("says with --api v4 how to begin: what it prints for curl and for PowerShell are calls that work", () =>
    Effect.gen(function* () {
      const answers: Array<{ readonly status: number; readonly type: string | undefined }> = []
      const { code, err, out } = yield* started(["--api", "v4", "--versions", "3"], async (err) => {
        const calls = err.split("\n").flatMap((line) => {
          const [, url] = /(http:\/\/\S+?)"?(?: |$)/.exec(line) ?? []
          if (url === undefined || !/^(?:curl|Invoke-RestMethod) /.test(line)) return []
          const headers = [...line.matchAll(/"(Authorization|x-frameio-legacy-token-auth)(?:: |" = ")([^"]+)"/g)].map(
            ([, name = "", value = ""]) => [name, value]
          )
          const [, body] = /(?:-d|-Body) '([^']+)'/.exec(line) ?? []
          return [{ url, headers: Object.fromEntries(headers), body }]
        })
        for (const { body, headers, url } of calls) {
          const response = await fetch(url, {
            headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
            method: body === undefined ? "GET" : "POST",
            ...(body === undefined ? {} : { body })
          })
          const answer = await response.json()
          answers.push({ status: response.status, type: answer.data?.type })
        }
      })
      assert.strictEqual(code, 0, err)
      assert.match(
        out,
        /^export FRAMEIO_BASE_URL=http:\/\/127\.0\.0\.1:\d+\nexport FRAMEIO_TOKEN=\S+\nexport FRAMEIO_API=v4\nexport FOLDER=[0-9a-f-]{36}\n$/
      )
      // The stack is there once, so the second of the same call finds its files gone from the folder.
      assert.deepStrictEqual(answers, [
        { status: 200, type: undefined },
        { status: 200, type: undefined },
        { status: 201, type: "version_stack" },
        { status: 422, type: undefined }
      ])
      assert.match(err, /10 new stacks and 100 moves a minute/)
      assert.match(err, /^account {6}[0-9a-f-]{36}$/m)
      assert.match(err, /^root folder {2}[0-9a-f-]{36}$/m)
      assert.match(err, /It saw 2 new stacks and moves, and answered 0 of them with 429/)
    })
  )

  it.live("shows with --stale over V4 what was before a change", () =>
    Effect.gen(function* () {
      const seen: Array<number> = []
      const { code, err } = yield* started(["--api", "v4", "--stale", "1h"], async (err) => {
        const [, list = ""] = /^curl .* (http\S+\/children)$/m.exec(err) ?? []
        const [, body = "", stack = ""] = /^curl .* -d '([^']+)' (http\S+)$/m.exec(err) ?? []
        const [, token = ""] = /FRAMEIO_TOKEN = "(.*)"/.exec(err) ?? []
        const headers = { authorization: `Bearer ${token}`, "x-frameio-legacy-token-auth": "true" }
        const folder = stack.replace("version_stacks", "children")
        const count = async () => (await (await fetch(folder, { headers })).json()).data.length
        seen.push(await count())
        const made = await fetch(stack, {
          method: "POST",
          body,
          headers: { ...headers, "content-type": "application/json" }
        })
        assert.strictEqual(made.status, 201, list)
        seen.push(await count())
      })
      assert.strictEqual(code, 0, err)
      assert.strictEqual(seen[0], seen[1])
    })
  )

  it.live("allows over V4 what --limit says", () =>
    Effect.gen(function* () {
      const { code, err } = yield* started(["--api", "v4", "--limit", "50"])
      assert.strictEqual(code, 0, err)
      assert.include(err, "allows 50 new stacks and 50 moves per second")
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
        assert.notInclude(err, "beyond this machine")
      }
    })
  )

  if (!hasIPv6) console.warn("!!! this machine has no IPv6: THE TEST OF THE WARNING OF frameio fake IS SKIPPED !!!")
  it.live.skipIf(!hasIPv6)("warns once, in plain words, where others may reach it", () =>
    Effect.gen(function* () {
      // Loopback in truth, but nothing that a client knows as such.
      const { code, err } = yield* started(["--host", "::ffff:127.0.0.1"])
      assert.strictEqual(code, 0, err)
      assert.lengthOf(err.match(/beyond this machine/g) ?? [], 1)
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

  it.live("lets go wrong what it is told to, and nothing else", () =>
    Effect.gen(function* () {
      const statuses: Array<number | string> = []
      const faults = [
        "--fault",
        "503=100%@assets.get",
        "--fault",
        "429=1/1@assets.delete",
        "--fault",
        "lost-answer=100%@assets.children"
      ]
      const { code, err } = yield* started([...faults], async (err) => {
        const [, base = "", token = ""] = /env:FRAMEIO_BASE_URL = "(.*)"\n.*FRAMEIO_TOKEN = "(.*)"/.exec(err) ?? []
        const [, root = ""] = /root folder ([0-9a-f-]{36})/.exec(err) ?? []
        const headers = { authorization: `Bearer ${token}` }
        for (const [method, path] of [
          ["GET", ""],
          ["DELETE", ""],
          ["GET", "/children"],
          ["POST", "/version"]
        ] as const) {
          statuses.push(
            await fetch(`${base}/v2/assets/${root}${path}`, { method, headers }).then(
              (one) => one.status,
              () => "broken"
            )
          )
        }
      })
      assert.strictEqual(code, 0, err)
      assert.deepStrictEqual(statuses, [503, 429, "broken", 400])
    })
  )

  it.live("shows in a browser what is in it", () =>
    Effect.gen(function* () {
      let page = ""
      const { err } = yield* started([], async (err) => {
        const [, url = ""] = /its limits: (\S+)$/m.exec(err) ?? []
        page = await fetch(url).then((response) => response.text())
      })
      const [, account = "none"] = /account ([0-9a-f-]{36})/.exec(err) ?? []
      assert.include(page, account)
      assert.include(page, "AGM delivery", err)
    })
  )

  it.live("refuses a fault that is none and a world that cannot fit, before it makes anything", () =>
    Effect.gen(function* () {
      for (const [args, said] of [
        [["--fault", "505-ish"], '--fault is "505-ish"; it must begin with 429, 503,'],
        [["--fault", "503=0%"], "the frequency must be such as 5% or 1/20"],
        [["--fault", "503=200%"], "the frequency must be such as 5% or 1/20"],
        [["--fault", "503@assets.vresion"], '--fault names "assets.vresion", which is not a call'],
        [
          ["--shots", "50000000", "--versions", "4"],
          "makes 200,000,000 files, which take about 223.5 GiB; this Node holds"
        ]
      ] as const) {
        const { code, err } = yield* run(["fake", ...args])
        assert.strictEqual(code, 2, err)
        assert.include(err.replace(/\s+/g, " "), said)
      }
    })
  )
})
