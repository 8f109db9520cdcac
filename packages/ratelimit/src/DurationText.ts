/**
 * Durations as people read them; pure.
 *
 * @since 0.1.0
 */

/** With at most one digit after the point. */
const tenths = (value: number): string => String(Math.round(value * 10) / 10)

/**
 * How long something took or will take, in its two largest units: `250 ms`, `12.3 s`, `8 min 12 s`, `8 h 12 min`,
 * `3 d 4 h`.
 *
 * @example
 * ```ts
 * const said = DurationText.words(Duration.toMillis("90 minutes")) // "1 h 30 min"
 * ```
 *
 * @since 0.1.0
 * @category printing
 */
export const words = (millis: number): string => {
  if (millis < 999.5) return `${Math.round(millis)} ms`
  if (millis < 59_950) return `${tenths(millis / 1000)} s`
  const pair = (big: number, small: number, bigName: string, smallName: string): string => {
    const units = Math.round(millis / small)
    const whole = Math.floor(units / (big / small))
    const rest = units % (big / small)
    return rest === 0 ? `${whole} ${bigName}` : `${whole} ${bigName} ${rest} ${smallName}`
  }
  if (millis < 3_600_000 - 500) return pair(60_000, 1000, "min", "s")
  if (millis < 86_400_000 - 30_000) return pair(3_600_000, 60_000, "h", "min")
  return pair(86_400_000, 3_600_000, "d", "h")
}

/**
 * The rest, as a countdown shows it: `1:05` or `2:03:04`, rounded up to whole seconds.
 *
 * @since 0.1.0
 * @category printing
 */
export const clock = (millis: number): string => {
  const seconds = Math.ceil(Math.max(millis, 0) / 1000)
  const two = (value: number): string => String(value).padStart(2, "0")
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor(seconds / 60) % 60
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}
