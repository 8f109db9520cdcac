/**
 * Times: local for people, UTC for machines. Pure.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"

const LOCAL = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" })

const ZONE = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" })

/**
 * A time in the reader's zone, such as `2026-11-27 18:04:12 CET`.
 *
 * @since 0.1.0
 * @category printing
 */
export const local = (time: DateTime.DateTime.Input): string => {
  const date = DateTime.toDateUtc(DateTime.unsafeMake(time))
  const zone = ZONE.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? ""
  return `${LOCAL.format(date)} ${zone}`
}

/**
 * A time in UTC, in ISO 8601.
 *
 * @since 0.1.0
 * @category printing
 */
export const iso = (time: DateTime.DateTime.Input): string => DateTime.formatIso(DateTime.unsafeMake(time))
