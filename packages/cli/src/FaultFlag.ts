/**
 * A fault of a fake on a command line: `503=5%@assets.version`. Pure.
 *
 * @since 0.1.0
 */
import type * as FaultPlan from "@effect-frameio/testing/FaultPlan"
import type * as CommandLine from "./CommandLine.js"

/**
 * One fault.
 *
 * @since 0.1.0
 * @category models
 */
export interface FaultFlag {
  /** The fate of a request. */
  readonly fate: FaultPlan.Fate
  /** The fraction of requests, from 0 to 1. */
  readonly share: number
  /** The call; absent for all. */
  readonly endpoint: string | undefined
}

const NAMED: Readonly<Record<string, FaultPlan.Fault>> = {
  refused: { _tag: "ConnectionRefused" },
  "lost-request": { _tag: "RequestLost" },
  "lost-answer": { _tag: "AnswerLost" },
  "no-answer": { _tag: "NoAnswer" },
  html: { _tag: "HtmlBefore" },
  broken: { _tag: "BrokenMidway" }
}

/** The names of faults, for help. */
const WORDS = ["429", "503", "503-after", ...Object.keys(NAMED), "slow:2s"]

const SHARE = 0.05

const fateOf = (word: string): FaultPlan.Fate | undefined => {
  const named = Object.hasOwn(NAMED, word) ? NAMED[word] : undefined
  if (named !== undefined) return { fault: named }
  const [, status, after] = /^(429|5\d\d)(-after)?$/.exec(word) ?? []
  if (status !== undefined) {
    return { fault: { _tag: after === undefined ? "ErrorBefore" : "ErrorAfter", status: Number(status) } }
  }
  const [, count, unit] = /^slow:(\d+(?:\.\d+)?)(ms|s)$/.exec(word) ?? []
  if (count === undefined) return undefined
  const half = (Number(count) * (unit === "s" ? 1000 : 1)) / 2
  return { requestMillis: half, answerMillis: half }
}

const shareOf = (word: string): number | undefined => {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(word) ?? []
  const [, part, whole] = /^(\d+)\/(\d+)$/.exec(word) ?? []
  const share = percent !== undefined ? Number(percent) / 100 : Number(part) / Number(whole)
  return share > 0 && share <= 1 ? share : undefined
}

/**
 * A fault on a command line: its name, then `=` and how often, then `@` and the call.
 *
 * @since 0.1.0
 * @category kinds
 */
export const kind: CommandLine.Kind<FaultFlag> = {
  label: "what=often@call",
  completes: WORDS,
  read: (word) => {
    const [, what = "", often, endpoint] = /^([^=@]*)(?:=([^@]*))?(?:@(.*))?$/.exec(word) ?? []
    const fate = fateOf(what)
    const share = often === undefined ? (what.startsWith("slow:") ? 1 : SHARE) : shareOf(often)
    const said = JSON.stringify(word)
    if (fate === undefined) return { ok: false, problem: `${said}; it must begin with ${WORDS.join(", ")}` }
    if (share === undefined) {
      return { ok: false, problem: `${said}; the frequency must be such as 5% or 1/20, and above 0` }
    }
    return { ok: true, value: { fate, share, endpoint } }
  }
}
