/** Times as Frame.io sends them. Pure. */

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`)

/** ISO 8601 in UTC with microseconds, from ms since 1970. */
export const iso = (millis: number): string => {
  const whole = Math.floor(millis)
  const day = Math.floor(whole / 86_400_000)
  const rest = whole - day * 86_400_000
  // From days to a date of the Gregorian calendar, in eras of 400 years that begin in March.
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const date = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const hours = Math.floor(rest / 3_600_000)
  const minutes = Math.floor(rest / 60_000) % 60
  const seconds = Math.floor(rest / 1000) % 60
  const ms = String(rest % 1000).padStart(3, "0")
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(date)}T${two(hours)}:${two(minutes)}:${two(seconds)}.${ms}000Z`
}
