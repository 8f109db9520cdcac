/**
 * Numbers that look random and are the same for the same seed.
 *
 * @since 0.1.0
 */

/**
 * A generator of numbers in [0, 1), 32 bits wide, by the mulberry32 recipe.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
