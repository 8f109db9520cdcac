/**
 * Which bytes of a file go to which upload URL. Pure, without Effect.
 *
 * The rule is that of Frame.io's own SDK: every part has `ceil(filesize / count)` bytes, and the last what is left.
 */

/** One part of a file. */
export interface Part {
  /** From 1, in the order of the URLs. */
  readonly number: number
  /** Its offset in the file, in bytes. */
  readonly offset: number
  /** Bytes. 0 where the parts before it took everything: its URL then gets an empty body, as from Frame.io's SDK. */
  readonly length: number
}

/**
 * Divides a file among so many URLs: the parts follow one another and cover the file exactly once.
 *
 * @param filesize bytes, a whole number of at least 0
 * @param count how many URLs there are, at least 1
 */
export const split = (filesize: number, count: number): ReadonlyArray<Part> => {
  const rest = filesize % count
  // Not `ceil(filesize / count)`: the quotient may be rounded, and this one is exact.
  const size = (filesize - rest) / count + (rest === 0 ? 0 : 1)
  return Array.from({ length: count }, (_, index) => {
    const offset = Math.min(index * size, filesize)
    return { number: index + 1, offset, length: Math.min(size, filesize - offset) }
  })
}

/**
 * The parts of these sizes, one behind the other.
 *
 * @param sizes bytes of each part
 */
export const ofSizes = (sizes: ReadonlyArray<number>): ReadonlyArray<Part> => {
  let end = 0
  return sizes.map((length, index) => {
    const offset = end
    end += length
    return { number: index + 1, offset, length }
  })
}
