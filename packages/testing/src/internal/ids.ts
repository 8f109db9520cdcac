/**
 * UUIDs out of a seed and a number, and the number back out of the UUID: a million assets need no index by id. Pure.
 */
import { hash, mix, unmix } from "./random.js"

const DIGITS = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0))
const DASH = 45

const digit = (word: number, shift: number): number => DIGITS[(word >>> shift) & 15] ?? 0

/** Spread over all bits: small seeds and small numbers would give an id of zeros. */
const keyOf = (seed: number): number => mix(seed ^ 0x9e3779b9)

/** A UUID of version 4 in form; every number from 0 to 2^32 - 1 has its own. */
export const toUuid = (seed: number, n: number): string => {
  const a = mix(n ^ keyOf(seed))
  const b = (hash(seed, n, 1) & 0xffff0fff) | 0x4000
  const c = (hash(seed, n, 2) & 0x3fffffff) | 0x80000000
  const d = hash(seed, n, 3)
  // In one piece: put together with + it would be a rope of 470 bytes instead of 66, and there are a million of them.
  // biome-ignore format: eight digits a line
  return String.fromCharCode(
    digit(a, 28), digit(a, 24), digit(a, 20), digit(a, 16), digit(a, 12), digit(a, 8), digit(a, 4), digit(a, 0), DASH,
    digit(b, 28), digit(b, 24), digit(b, 20), digit(b, 16), DASH, digit(b, 12), digit(b, 8), digit(b, 4), digit(b, 0), DASH,
    digit(c, 28), digit(c, 24), digit(c, 20), digit(c, 16), DASH, digit(c, 12), digit(c, 8), digit(c, 4), digit(c, 0),
    digit(d, 28), digit(d, 24), digit(d, 20), digit(d, 16), digit(d, 12), digit(d, 8), digit(d, 4), digit(d, 0)
  )
}

/** The number of a UUID of this seed below `size`, or -1. Letters of either case are read. */
export const fromUuid = (seed: number, size: number, uuid: string): number => {
  if (uuid.length !== 36) return -1
  const n = (unmix(Number.parseInt(uuid.slice(0, 8), 16)) ^ keyOf(seed)) >>> 0
  if (!(n < size)) return -1
  const expected = toUuid(seed, n)
  return expected === uuid || expected === uuid.toLowerCase() ? n : -1
}
