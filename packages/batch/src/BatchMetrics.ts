/**
 * A job in numbers, for whoever collects metrics: fed by the same events as everything else.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { BatchEvent } from "./BatchEvent.js"

/**
 * Links that came to an end, by `end`: `confirmed`, `undone`, `failed`, `skipped`, `unknown`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const links = Metric.counter("frameio_batch_links_total", {
  description: "Links of bulk jobs that came to an end",
  incremental: true
})

/**
 * Calls that went out for bulk jobs, by `call`: `version`, `unversion`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const calls = Metric.counter("frameio_batch_calls_total", {
  description: "Calls that went out for bulk jobs",
  incremental: true
})

const counters: { readonly [K in BatchEvent["_tag"]]?: Metric.Metric.Counter<number> } = {
  Sent: Metric.tagged(calls, "call", "version"),
  Undoing: Metric.tagged(calls, "call", "unversion"),
  Confirmed: Metric.tagged(links, "end", "confirmed"),
  Undone: Metric.tagged(links, "end", "undone"),
  Failed: Metric.tagged(links, "end", "failed"),
  Skipped: Metric.tagged(links, "end", "skipped"),
  Unknown: Metric.tagged(links, "end", "unknown")
}

/**
 * Counts an event. The runner does it for each; a program need not.
 *
 * @since 0.1.0
 * @category combinators
 */
export const observe = (event: BatchEvent): Effect.Effect<void> => {
  const counter = counters[event._tag]
  return counter === undefined ? Effect.void : Metric.increment(counter)
}
