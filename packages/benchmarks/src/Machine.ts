/** The machine of a measurement, and its day, for the reports. */
import * as Os from "node:os"
import * as DateTime from "effect/DateTime"

export const words = (): string =>
  `Node ${process.version}, ${Os.cpus().length} × ${Os.cpus()[0]?.model.trim() ?? "unknown"}`

/** The UTC date, such as 2026-11-28. */
export const today = (): string => DateTime.formatIsoDateUtc(DateTime.unsafeNow())
