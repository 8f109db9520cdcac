/**
 * Durations for people. Pure.
 *
 * @since 0.1.0
 */

/**
 * A duration as `1:05` or `2:03:04`, rounded up to whole seconds.
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

/**
 * How long something took: `4.2 s`, and from a minute on `1:05`.
 *
 * @since 0.1.0
 * @category printing
 */
export const elapsed = (millis: number): string => (millis < 59_950 ? `${(millis / 1000).toFixed(1)} s` : clock(millis))
