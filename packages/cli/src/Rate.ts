/**
 * How fast something has gone recently. Pure.
 *
 * @since 0.1.0
 */

/**
 * How much was done at the latest times, oldest first, at most {@link SAMPLES} of them.
 *
 * @since 0.1.0
 * @category models
 */
export type Rate = ReadonlyArray<{ readonly at: number; readonly done: number }>

/**
 * Over how many times the rate is taken: at least 10 s, because they are 200 ms apart or more.
 *
 * @since 0.1.0
 * @category constants
 */
export const SAMPLES = 50

const APART_MILLIS = 200

/**
 * Starts at a time in ms, with so much done.
 *
 * @since 0.1.0
 * @category constructors
 */
export const begin = (now: number, done: number): Rate => [{ at: now, done }]

/**
 * Adds how much is done at a time in ms.
 *
 * @since 0.1.0
 * @category combinators
 */
export const add = (rate: Rate, now: number, done: number): Rate => {
  const last = rate.at(-1)
  return last !== undefined && now - last.at < APART_MILLIS ? rate : [...rate.slice(-SAMPLES + 1), { at: now, done }]
}

/**
 * The recent rate per second; nothing while nothing is done or it is too early to say.
 *
 * @since 0.1.0
 * @category getters
 */
export const perSecond = (rate: Rate, now: number, done: number): number | undefined => {
  const first = rate[0]
  if (first === undefined || now - first.at < 2 * APART_MILLIS || done <= first.done) return undefined
  return ((done - first.done) / (now - first.at)) * 1000
}

/**
 * A rate limit in words: `20/s`, `10 a minute`.
 *
 * @since 0.1.0
 * @category printing
 */
export const said = ({ limit, windowMillis }: { readonly limit: number; readonly windowMillis: number }): string => {
  const perSecond = (limit / windowMillis) * 1000
  return windowMillis < 60_000 && perSecond >= 1
    ? `${Number(perSecond.toFixed(1))}/s`
    : `${Number((perSecond * 60).toFixed(1))} a minute`
}
