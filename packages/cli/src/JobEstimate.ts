/**
 * What a job asks of Frame.io, and how long that takes at the limits, for a person.
 *
 * @since 0.1.0
 */
import * as BatchEstimate from "@effect-frameio/batch/BatchEstimate"
import type { Chain } from "@effect-frameio/batch/VersionPlan"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import type { RateLimitRule } from "@effect-frameio/ratelimit/RateLimitRule"
import * as StackSteps from "@effect-frameio/stacks/StackSteps"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as Rate from "./Rate.js"
import { plural } from "./Text.js"

/** "At most 100 a minute for creating": https://developer.frame.io/platform/v2/rate-limits.md */
const CHANGES: RateLimitRule = { limit: 100, windowMillis: 60_000 }

/** "5 per second" for one asset, by the same page. */
const LOOKS: RateLimitRule = { limit: 5, windowMillis: 1000 }

/**
 * The limits of v2's calls, as far as known.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  /** Of version calls. */
  readonly grow: RateLimitRule | undefined
  /** Of looking up an asset. */
  readonly look: RateLimitRule | undefined
}

/**
 * No limit was seen.
 *
 * @since 0.1.0
 * @category constants
 */
export const unseen: Limits = { grow: undefined, look: undefined }

/**
 * A shortest duration.
 *
 * @since 0.1.0
 * @category printing
 */
export const least = (millis: number): string =>
  millis < 1000 ? "less than a second" : `${DurationText.words(millis)} at least`

/**
 * The calls that chains take over v2, and the shortest time for them. Limits that were not seen are Frame.io's rules of
 * thumb.
 *
 * @since 0.1.0
 * @category printing
 */
export const overV2 = <E, R>(
  chains: Stream.Stream<Pick<Chain, "expected" | "links" | "resumed">, E, R>,
  limits: Limits,
  options?: { readonly lookFirst?: boolean | undefined }
): Effect.Effect<string, E, R> =>
  Effect.map(
    Stream.runFold(chains, { calls: 0, looks: 0 }, ({ calls, looks }, chain) => ({
      calls: calls + chain.links.filter(({ isConfirmed }) => isConfirmed !== true).length,
      looks: looks + BatchEstimate.readsOf(chain, { blind: true, filesPerStack: 1, ...options }).files
    })),
    ({ calls, looks }) => {
      if (calls === 0) return "There is nothing left to send."
      const rules = new Map([
        ["calls", limits.grow ?? CHANGES],
        ["looks", limits.look ?? LOOKS]
      ])
      const of = (count: number, word: string, rule: RateLimitRule | undefined, thumb: RateLimitRule): string =>
        `${plural(count, word)} (${Rate.said(rule ?? thumb)}${rule === undefined ? " by Frame.io's rule of thumb" : ""})`
      const counts = new Map([
        ["calls", calls],
        ["looks", looks]
      ])
      return (
        of(calls, "version call", limits.grow, CHANGES) +
        (looks === 0 ? "" : ` and ${of(looks, "look-up", limits.look, LOOKS)}`) +
        `: ${least(StackSteps.shortestMillis(counts, (name) => rules.get(name)))}.`
      )
    }
  )
