/**
 * MD5 of four messages at once, as a WebAssembly module: RFC 1321 with a message in each lane of a vector. A single message
 * cannot be hashed faster than its chain of steps allows, about 0.6 GB/s; parts are many, and four take as long as one.
 */

/** Unsigned LEB128. */
const u = (value: number): ReadonlyArray<number> =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...u(Math.floor(value / 0x80))]

/** Signed LEB128. */
const s = (value: number): ReadonlyArray<number> =>
  value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...s(value >> 7)]

type Code = ReadonlyArray<number>

const get = (local: number): Code => [0x20, ...u(local)]
const set = (local: number): Code => [0x21, ...u(local)]
const i32 = (value: number): Code => [0x41, ...s(value)]
const simd = (opcode: number): Code => [0xfd, ...u(opcode)]
const load = (address: Code, offset: number): Code => [...address, ...simd(0x00), 0x00, ...u(offset)]
const store = (address: Code, value: Code, offset: number): Code => [
  ...address,
  ...value,
  ...simd(0x0b),
  0x00,
  ...u(offset)
]
/** Words of two vectors, by number: 0 to 3 of the first, 4 to 7 of the second. */
const shuffle = (first: Code, second: Code, words: ReadonlyArray<number>): Code => [
  ...first,
  ...second,
  ...simd(0x0d),
  ...words.flatMap((word) => [word * 4, word * 4 + 1, word * 4 + 2, word * 4 + 3])
]
const both =
  (opcode: number) =>
  (first: Code, second: Code): Code => [...first, ...second, ...simd(opcode)]
const and = both(0x4e)
const andNot = both(0x4f)
const or = both(0x50)
const xor = both(0x51)
const add = both(0xae)
const not = (value: Code): Code => [...value, ...simd(0x4d)]
const shiftLeft = (value: Code, by: number): Code => [...value, ...i32(by), ...simd(0xab)]
const shiftRight = (value: Code, by: number): Code => [...value, ...i32(by), ...simd(0xad)]

/** Parameters: where each message goes on, where its state is, and how many blocks of 64 bytes. */
const [DATA, STATE, BLOCKS] = [0, 4, 8]
/** Locals: the state, the state before a block, the words of a block, and a scratch. */
const [NOW, BEFORE, WORDS, SCRATCH] = [9, 13, 17, 33]

/** Four vectors of four messages to four vectors of one word each, or back. */
const transposed = (sources: ReadonlyArray<Code>, to: number): Code => {
  const [r0 = [], r1 = [], r2 = [], r3 = []] = sources
  const at = (n: number): Code => get(SCRATCH + n)
  return [
    ...[...shuffle(r0, r1, [0, 4, 1, 5]), ...set(SCRATCH)],
    ...[...shuffle(r2, r3, [0, 4, 1, 5]), ...set(SCRATCH + 1)],
    ...[...shuffle(r0, r1, [2, 6, 3, 7]), ...set(SCRATCH + 2)],
    ...[...shuffle(r2, r3, [2, 6, 3, 7]), ...set(SCRATCH + 3)],
    ...[...shuffle(at(0), at(1), [0, 1, 4, 5]), ...set(to)],
    ...[...shuffle(at(0), at(1), [2, 3, 6, 7]), ...set(to + 1)],
    ...[...shuffle(at(2), at(3), [0, 1, 4, 5]), ...set(to + 2)],
    ...[...shuffle(at(2), at(3), [2, 3, 6, 7]), ...set(to + 3)]
  ]
}

const LANES = [0, 1, 2, 3]
const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21]
] as const
const WORD = [
  (i: number): number => i,
  (i: number): number => (5 * i + 1) % 16,
  (i: number): number => (3 * i + 5) % 16,
  (i: number): number => (7 * i) % 16
] as const

/** What a round mixes; what hangs on the step before comes last. */
const mixed = [
  (sum: Code, b: Code, c: Code, d: Code) => add(sum, xor(d, and(b, xor(c, d)))),
  (sum: Code, b: Code, c: Code, d: Code) => add(add(sum, andNot(c, d)), and(d, b)),
  (sum: Code, b: Code, c: Code, d: Code) => add(sum, xor(b, xor(c, d))),
  (sum: Code, b: Code, c: Code, d: Code) => add(sum, xor(c, or(b, not(d))))
] as const

const step = (i: number): Code => {
  const round = Math.floor(i / 16) as 0 | 1 | 2 | 3
  const [a, b, c, d] = LANES.map((n) => NOW + ((n + 64 - i) % 4)) as [number, number, number, number]
  const by = SHIFTS[round][(i % 4) as 0 | 1 | 2 | 3]
  const known = add(get(a), add(load(i32(0), i * 16), get(WORDS + WORD[round](i))))
  return [
    ...mixed[round](known, get(b), get(c), get(d)),
    ...set(a),
    ...add(get(b), or(shiftLeft(get(a), by), shiftRight(get(a), 32 - by))),
    ...set(a)
  ]
}

const block: Code = [
  ...LANES.flatMap((n) => [...get(NOW + n), ...set(BEFORE + n)]),
  ...LANES.flatMap((group) =>
    transposed(
      LANES.map((lane) => load(get(DATA + lane), group * 16)),
      WORDS + group * 4
    )
  ),
  ...Array.from({ length: 64 }, (_, i) => step(i)).flat(),
  ...LANES.flatMap((n) => [...add(get(NOW + n), get(BEFORE + n)), ...set(NOW + n)]),
  ...LANES.flatMap((lane) => [...get(DATA + lane), ...i32(64), 0x6a, ...set(DATA + lane)])
]

const body: Code = [
  ...transposed(
    LANES.map((lane) => load(get(STATE + lane), 0)),
    NOW
  ),
  // loop { block; if (--blocks) again }
  ...[0x03, 0x40, ...block, ...get(BLOCKS), ...i32(1), 0x6b, 0x22, ...u(BLOCKS), 0x0d, 0x00, 0x0b],
  ...transposed(
    LANES.map((n) => get(NOW + n)),
    WORDS
  ),
  ...LANES.flatMap((lane) => store(get(STATE + lane), get(WORDS + lane), 0))
]

const section = (id: number, content: Code): Code => [id, ...u(content.length), ...content]
const name = (text: string): Code => [...u(text.length), ...Array.from(text, (char) => char.charCodeAt(0))]

/**
 * The module. Imports the shared memory `m.m`, with {@link table} at its beginning; exports `compress`, which takes the
 * addresses of four messages, of their four states, and the number of blocks, at least 1.
 *
 * @internal
 */
export const module = (mostPages: number): Uint8Array<ArrayBuffer> => {
  const locals = [...u(1), ...u(28), 0x7b]
  const code = [...locals, ...body, 0x0b]
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 9, ...Array.from({ length: 9 }, () => 0x7f), 0]),
    ...section(2, [1, ...name("m"), ...name("m"), 0x02, 0x03, ...u(1), ...u(mostPages)]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...name("compress"), 0x00, 0]),
    ...section(10, [1, ...u(code.length), ...code])
  ])
}

/**
 * The constants of the 64 steps, each once for each lane.
 *
 * @internal
 */
export const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, i) =>
  Math.floor(Math.abs(Math.sin((i >> 2) + 1)) * 2 ** 32)
)
