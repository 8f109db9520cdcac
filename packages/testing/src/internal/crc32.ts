/**
 * The checksum of zip and gzip. That of a whole follows from those of its parts, in whatever order they were computed.
 */

const POLYNOMIAL = 0xedb88320

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ POLYNOMIAL : c >>> 1
  return c
})

/** Continues the checksum of what came before; 0 at the beginning. */
export const update = (crc: number, bytes: Uint8Array): number => {
  let c = ~crc
  for (const byte of bytes) c = (TABLE[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8)
  return ~c >>> 0
}

/** The product of two polynomials modulo that of the checksum. */
const multiply = (a: number, b: number): number => {
  let product = 0
  let factor = b
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= factor
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1
  }
  return product >>> 0
}

/** The checksum of one piece followed by another of `length` bytes. */
export const combine = (first: number, second: number, length: number): number => {
  // Appending a byte multiplies a checksum by x^8; squared for each bit of the length.
  let power = 0x00800000
  let moved = first
  for (let rest = length; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) moved = multiply(power, moved)
    power = multiply(power, power)
  }
  return (moved ^ second) >>> 0
}
