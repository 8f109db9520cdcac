// A command is an entry point.
// @effect-diagnostics strictEffectProvide:off
/**
 * `frameio doctor`: finds what may be in the way of the other commands.
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as Path from "@effect/platform/Path"
import * as FrameioApi from "@effect-frameio/core/FrameioApi"
import * as FrameioConfig from "@effect-frameio/core/FrameioConfig"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import * as V4Api from "@effect-frameio/core/V4Api"
import * as Transport from "@effect-frameio/ratelimit/Transport"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { CliError, orInterrupted } from "./CliError.js"
import * as Credentials from "./Credentials.js"
import * as Failure from "./Failure.js"
import * as Identity from "./Identity.js"
import * as LedgerFile from "./LedgerFile.js"
import * as LimitFile from "./LimitFile.js"
import * as LocalTime from "./LocalTime.js"
import * as Environment from "./Proxy.js"
import { Stdio } from "./Stdio.js"
import * as Text from "./Text.js"
import * as Version from "./Version.js"

/**
 * The result of one check.
 *
 * @since 0.1.0
 * @category models
 */
export interface Check {
  readonly name: string
  readonly state: "ok" | "warn" | "fail"
  readonly what: string
  /** What to do about it. */
  readonly todo: ReadonlyArray<string>
}

const ok = (name: string, what: string): Check => ({ name, state: "ok", what, todo: [] })
const warn = (name: string, what: string, ...todo: ReadonlyArray<string>): Check => ({
  name,
  state: "warn",
  what,
  todo
})
const fail = (name: string, what: string, ...todo: ReadonlyArray<string>): Check => ({
  name,
  state: "fail",
  what,
  todo
})

const ofError = (name: string, error: CliError): Check => fail(name, error.message, ...(error.todo ?? []))

const numbers = (version: string): ReadonlyArray<number> =>
  version
    .replace(/[^\d.]/g, "")
    .split(".")
    .map(Number)

/** Whether this program is tested on a version of Node. */
const isOldEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = numbers(version)
  const [least = 0, leastMinor = 0] = numbers(Version.node)
  return major > least || (major === least && minor >= leastMinor)
}

const node: Effect.Effect<Check> = Effect.sync(() =>
  isOldEnough(process.version)
    ? ok("Node", `${process.version} on ${process.platform} ${process.arch}`)
    : fail("Node", `${process.version}; ${Version.node} is needed.`, "https://nodejs.org/en/download has a newer one.")
)

const proxy: Effect.Effect<Check> = Effect.map(Environment.settings, ({ http, https, no }) =>
  https === "" && http === ""
    ? ok("Proxy", "none")
    : ok("Proxy", [`${Environment.withoutSecrets(https || http)}`, ...(no === "" ? [] : [`not for ${no}`])].join(", "))
)

/** A clock that is off by more than this many seconds breaks signed addresses. */
const OFF_SECONDS = 60

const PATIENCE = "15 seconds"

const clockOf = (date: string | undefined, now: number): Check => {
  // HTTP's form of a date, in GMT, which DateTime does not read.
  const there = Date.parse(date ?? "")
  if (Number.isNaN(there)) return warn("Clock", "The server did not give its time.")
  const off = Math.round((now - there) / 1000)
  if (Math.abs(off) <= OFF_SECONDS) return ok("Clock", `${LocalTime.local(now)}, the same as the server's`)
  return warn(
    "Clock",
    `This machine is ${Math.abs(off)} s ${off > 0 ? "ahead of" : "behind"} the server.`,
    "Set its clock by a time server: upload addresses expire by the clock."
  )
}

/** The connection and its clock. Sends no token. */
const network = (baseUrl: URL): Effect.Effect<ReadonlyArray<Check>, never, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const began = yield* Clock.currentTimeNanos
    const request = HttpClientRequest.get(baseUrl).pipe(HttpClientRequest.setHeader("user-agent", "effect-frameio"))
    const answer = yield* http
      .execute(request)
      .pipe(Effect.timeout(PATIENCE), Effect.withTracerEnabled(false), Effect.either)
    const millis = Number((yield* Clock.currentTimeNanos) - began) / 1e6
    if (answer._tag === "Left") {
      const { code, detail } = Transport.diagnose(answer.left)
      const error = new FrameioError.TransportError({ reason: "NotSent", outcome: "not-applied", code, detail })
      const timedOut = answer.left._tag === "TimeoutException"
      return [
        fail(
          "Network",
          timedOut
            ? `No answer from ${baseUrl.host} within ${PATIENCE}.`
            : `${baseUrl.host}: ${FrameioError.reasonOf(error)}`,
          ...Failure.advice(error).filter((line) => !line.includes("frameio doctor")),
          "If the network needs a proxy: HTTPS_PROXY=http://<host>:<port>"
        )
      ]
    }
    return [
      ok("Network", `${baseUrl.host} answers in ${millis.toFixed(0)} ms`),
      clockOf(answer.right.headers.date, yield* Clock.currentTimeMillis)
    ]
  }).pipe(Effect.scoped)

const token: Effect.Effect<Check, CliError, HttpClient.HttpClient | FileSystem.FileSystem | Path.Path> = Effect.gen(
  function* () {
    const { from, kind, login } = yield* Credentials.TokenOrigin
    const { accounts, api, user } = yield* Effect.mapError(Identity.ask(kind), (error) => Failure.toCliError(error))
    const who = user === undefined ? "" : `, as ${Identity.nameOf(user)}`
    const what = `accepted over ${api === "v4" ? "V4" : api}${who} (${from})`
    const ends =
      login === undefined || login.kind !== "person" || login.refreshToken !== undefined ? undefined : login.expiresAt
    if (ends !== undefined) {
      return warn(
        "Token",
        `${what}, until ${LocalTime.local(ends)} and not renewed`,
        "Then log in again: frameio auth login"
      )
    }
    return api === "v4" && accounts.length === 0
      ? warn("Token", `${what}, and reaches no account`, "Ask an administrator to add this user to an account.")
      : ok("Token", what)
  }
).pipe(Effect.provide(Credentials.layer))

/** The limits that earlier commands have learnt, for this user and host. */
const limits = (
  baseUrl: URL
): Effect.Effect<Check, CliError, HttpClient.HttpClient | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const { credentials } = yield* FrameioConfig.FrameioConfig
    const owner = yield* Effect.option(credentials.owner)
    const memory = yield* LimitFile.open(baseUrl.hostname)
    if (Option.isNone(owner) || Option.isNone(memory)) return ok("Limits", "none seen yet")
    const seen = [...FrameioApi.endpoints, ...V4Api.endpoints].flatMap(([name, { route }]) => {
      const rule = memory.value.recall({ owner: owner.value, route })
      return rule === undefined ? [] : [`${name} ${rule.limit} in ${rule.windowMillis / 1000} s`]
    })
    return ok("Limits", seen.length === 0 ? "none seen yet" : seen.join(", "))
  }).pipe(Effect.provide(Credentials.layer))

const sqlite: Effect.Effect<Check> = Effect.tryPromise(() => import("libsql")).pipe(
  Effect.as(ok("SQLite", "its library is installed")),
  Effect.orElseSucceed(() =>
    warn(
      "SQLite",
      "Its library for this platform is not installed, so no job can have a ledger.",
      "Install again without --omit=optional."
    )
  )
)

const ledger = (file: string): Effect.Effect<Check, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const ledger = yield* LedgerFile.open(file, "read")
    const { counts, inUse, job } = yield* Effect.mapError(
      Effect.all({ job: ledger.job, counts: ledger.counts, inUse: ledger.inUse }),
      LedgerFile.toCliError
    )
    const open = counts.planned + counts.sent
    const what = `${job.name}, ${counts.confirmed} of ${Text.plural(job.links, "version")} in place, ${counts.failed} failed, ${open} left${inUse ? "; a run is at work on it" : ""}`
    return counts.failed > 0 ? warn(file, what, `frameio batch report --ledger ${file} says why.`) : ok(file, what)
  }).pipe(
    Effect.scoped,
    Effect.catchAll((error) => Effect.succeed(ofError(file, error)))
  )

const caught = <R>(name: string, check: Effect.Effect<Check, CliError, R>): Effect.Effect<Check, never, R> =>
  Effect.catchAll(check, (error) => Effect.succeed(ofError(name, error)))

const all = (ledgers: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const first = [yield* node, yield* proxy]
    const last = [yield* sqlite, ...(yield* Effect.forEach(ledgers, ledger))]
    const config = yield* Effect.either(Credentials.withoutToken)
    if (config._tag === "Left") return [...first, ofError("Settings", config.left), ...last]
    const { baseUrl } = config.right
    const way = yield* network(baseUrl)
    const isReached = way.every(({ state }) => state !== "fail")
    const online = isReached
      ? [yield* caught("Token", token), yield* caught("Limits", limits(baseUrl))]
      : [warn("Token", `Not checked, because ${baseUrl.host} cannot be reached.`)]
    return [...first, ...way, ...online, ...last]
  })

const COLOURS = { ok: "green", warn: "yellow", fail: "red" } as const

/** The longest name of a check, to which ledgers add their paths; further lines are indented to it. */
const MOST = 24

const lines = (checks: ReadonlyArray<Check>, columns: number): string => {
  const widest = Math.min(MOST, Math.max(...checks.map(({ name }) => Text.width(name))))
  const indent = " ".repeat(widest + 8)
  return checks
    .flatMap(({ name, state, todo, what }) => {
      const head = `${Text.styled(COLOURS[state], state.padEnd(4))}  ${Text.padded(Text.shortened(name, widest), widest)}  `
      return [what, ...todo]
        .flatMap((text) => text.split("\n").flatMap((line) => Text.wrapped(line, columns - indent.length)))
        .map((line, index) => `${index === 0 ? head : indent}${line}\n`)
    })
    .join("")
}

/**
 * Checks everything, and fails if something is in the way.
 *
 * @since 0.1.0
 * @category handlers
 */
export const handle = Effect.fn("Cli.doctor")(
  function* (args: { readonly ledgers: ReadonlyArray<string>; readonly json: boolean }) {
    const stdio = yield* Stdio
    const checks = yield* all(args.ledgers)
    yield* args.json || !stdio.outIsTerminal
      ? stdio.out(`${JSON.stringify({ checks })}\n`)
      : stdio.say(lines(checks, yield* stdio.columns))
    if (checks.some(({ state }) => state === "fail")) return yield* CliError.failed()
  },
  (effect) => orInterrupted("")(effect)
)
