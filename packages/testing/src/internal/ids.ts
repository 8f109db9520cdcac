/**
 * UUIDs out of a seed and a number, and the number back out of the UUID: a million assets need no index by id. Pure.
 */
import { hash, mix, unmix } from "./random.js"

/** Two digits of every byte. */
const PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"))

const hex4 = (n: number): string => `${PAIRS[(n >>> 8) & 255]}${PAIRS[n & 255]}`

/** A UUID of version 4 in form; every number from 0 to 2^32 - 1 has its own. */
export const toUuid = (seed: number, n: number): string => {
  const a = mix(n ^ seed)
  const b = (hash(seed, n, 1) & 0xffff0fff) | 0x4000
  const c = (hash(seed, n, 2) & 0x3fffffff) | 0x80000000
  const d = hash(seed, n, 3)
  return `${hex4(a >>> 16)}${hex4(a)}-${hex4(b >>> 16)}-${hex4(b)}-${hex4(c >>> 16)}-${hex4(c)}${hex4(d >>> 16)}${hex4(d)}`
}

/** The number of a UUID of this seed below `size`, or -1. Letters of either case are read. */
export const fromUuid = (seed: number, size: number, uuid: string): number => {
  if (uuid.length !== 36) return -1
  const n = (unmix(Number.parseInt(uuid.slice(0, 8), 16)) ^ seed) >>> 0
  if (!(n < size)) return -1
  const expected = toUuid(seed, n)
  return expected === uuid || expected === uuid.toLowerCase() ? n : -1
}
