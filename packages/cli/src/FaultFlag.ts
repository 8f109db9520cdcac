/**
 * What goes wrong in a fake, as it is said on a command line: `503=5%@assets.version`. Pure.
 *
 * @since 0.1.0
 */
import type * as FaultPlan from "@effect-frameio/testing/FaultPlan"
import type * as CommandLine from "./CommandLine.js"

/**
 * One thing that goes wrong.
 *
 * @since 0.1.0
 * @category models
 */
export interface FaultFlag {
  /** What becomes of a request. */
  readonly fate: FaultPlan.Fate
  /** Of how many requests, from 0 to 1. */
  readonly share: number
  /** Of which call; of all where it is absent. */
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

/** The words for what can go wrong, for help. */
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
 * A fault on a command line: what, then `=` and how often, then `@` and of which call.
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
      return { ok: false, problem: `${said}; how often must be such as 5% or 1/20, and more than none` }
    }
    return { ok: true, value: { fate, share, endpoint } }
  }
}
