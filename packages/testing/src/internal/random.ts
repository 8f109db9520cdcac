/** Numbers from a seed, without state, so that the n-th number does not depend on who asked before. Pure. */

/**
 * Mixes 32 bits so that every bit of the input moves every bit of the output. It is a bijection, so ids never collide.
 */
export const mix = (value: number): number => {
  let x = value >>> 0
  x ^= x >>> 16
  x = Math.imul(x, 0x7feb352d)
  x ^= x >>> 15
  x = Math.imul(x, 0x846ca68b)
  x ^= x >>> 16
  return x >>> 0
}

/** 32 bits from a seed, a number and a lane: different lanes give unrelated numbers. */
export const hash = (seed: number, n: number, lane: number): number =>
  mix(mix(mix(seed ^ 0x9e3779b9) + (n >>> 0)) + Math.imul(lane + 1, 0x85ebca6b))

/** A number in [0, 1). */
export const unit = (seed: number, n: number, lane: number): number => hash(seed, n, lane) / 4_294_967_296
