/** UUIDs from a seed and a number. Pure. */
import { hash, mix } from "./random.js"

const hex = (word: number): string => word.toString(16).padStart(8, "0")

/** A UUID with the form of version 4; every number from 0 to 2^32 - 1 has its own. */
export const toUuid = (seed: number, n: number): string => {
  // Spread over all bits, because small seeds and numbers would give an id of zeros.
  const a = hex(mix(n ^ mix(seed ^ 0x9e3779b9)))
  const b = hex(((hash(seed, n, 1) & 0xffff0fff) | 0x4000) >>> 0)
  const c = hex(((hash(seed, n, 2) & 0x3fffffff) | 0x80000000) >>> 0)
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${hex(hash(seed, n, 3))}`
}
