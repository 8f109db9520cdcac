/**
 * Splits bytes in any chunks into whole lines of checked UTF-8. Pure: without Effect.
 *
 * A line feed is never part of a longer UTF-8 sequence, so a cut after one never cuts a character.
 *
 * Chunks are copied into two alternating buffers. So a source may reuse its own buffer, and reading leaves no garbage
 * that grows with the input: V8 is slow to collect memory outside its heap.
 */

export type Piece =
  | {
      readonly _tag: "Lines"
      /** Valid until the piece after the next is requested: a parser may look back at the end of the last one. */
      readonly bytes: Uint8Array
      readonly text: string
      readonly firstLine: number
      /** The line feed, alone or after a carriage return. */
      readonly end: "\n" | "\r"
    }
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "TooLong"; readonly line: number }
  | { readonly _tag: "Binary"; readonly message: string }
  | {
      readonly _tag: "NotUtf8"
      readonly line: number
      readonly column: number | undefined
      readonly message: string
    }

const NOTHING: Piece = { _tag: "Nothing" }

const LINE_FEED = 0x0a

const CARRIAGE_RETURN = 0x0d

const count = (bytes: Uint8Array, end: number): number => {
  let lines = 0
  for (let at = bytes.indexOf(end); at !== -1; at = bytes.indexOf(end, at + 1)) lines += 1
  return lines
}

const BINARIES: ReadonlyArray<readonly [start: ReadonlyArray<number>, message: string]> = [
  [
    [0x50, 0x4b, 0x03, 0x04],
    "This is a zip archive, such as an Excel workbook (.xlsx), not text. In Excel, save it as “CSV UTF-8”; in Numbers or Google Sheets, export CSV."
  ],
  [[0xd0, 0xcf, 0x11, 0xe0], "This is an old Excel workbook (.xls), not text. Save it as “CSV UTF-8”."],
  [[0x1f, 0x8b], "This file is compressed. Unpack it first: gunzip -c file.gz | frameio batch run -"]
]

const binaryOf = (bytes: Uint8Array): string | undefined =>
  BINARIES.find(([start]) => start.every((byte, at) => bytes[at] === byte))?.[1]

const UTF16 = "The input is UTF-16, not UTF-8. Save it as UTF-8 (in Excel: the type “CSV UTF-8”)."

export class Utf8Lines {
  readonly #decoder = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true
  })
  readonly #maxLineBytes: number
  #buffer = new Uint8Array(0)
  #other = new Uint8Array(0)
  /** The offset of the unfinished line in the buffer. */
  #from = 0
  #to = 0
  #line = 1
  #started = false
  /** Usually a line feed; a carriage return in files of old Macs and of some current programs. */
  #end: number | undefined
  /** Whether the last byte was a carriage return, which may or may not end a line. */
  #returned = false

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** The lines that are complete now, if any. */
  push(chunk: Uint8Array): Piece {
    if (chunk.length === 0) return NOTHING
    const binary = this.#started || this.#to > 0 ? undefined : binaryOf(chunk)
    if (binary !== undefined) return { _tag: "Binary", message: binary }
    this.#end ??= this.#endIn(chunk)
    const cut = this.#end === undefined ? -1 : chunk.lastIndexOf(this.#end)
    const first = cut === -1 || this.#end === undefined ? chunk.length : chunk.indexOf(this.#end)
    if (this.#to - this.#from + first > this.#maxLineBytes) return { _tag: "TooLong", line: this.#line }
    this.#append(chunk)
    return cut === -1 ? NOTHING : this.#take(this.#to - chunk.length + cut + 1)
  }

  /** The last line, if no line feed ended it. */
  end(): Piece {
    return this.#from === this.#to ? NOTHING : this.#take(this.#to)
  }

  /** The first line's ending, once it is known. */
  #endIn(chunk: Uint8Array): number | undefined {
    if (this.#returned) return chunk[0] === LINE_FEED ? LINE_FEED : CARRIAGE_RETURN
    const feed = chunk.indexOf(LINE_FEED)
    const back = chunk.indexOf(CARRIAGE_RETURN)
    if (back === -1 || (feed !== -1 && feed < back)) return feed === -1 ? undefined : LINE_FEED
    this.#returned = back === chunk.length - 1
    return this.#returned ? undefined : chunk[back + 1] === LINE_FEED ? LINE_FEED : CARRIAGE_RETURN
  }

  #append(chunk: Uint8Array): void {
    const held = this.#to - this.#from
    const size = held + chunk.length
    const lines = this.#buffer
    // The other buffer holds the previous lines: it is free only once those have been handed over.
    if (this.#from > 0) {
      this.#buffer = this.#other
      this.#other = lines
    }
    if (size > this.#buffer.length) this.#buffer = new Uint8Array(2 * size)
    if (this.#buffer !== lines) this.#buffer.set(lines.subarray(this.#from, this.#to))
    this.#from = 0
    this.#to = size
    this.#buffer.set(chunk, held)
  }

  #take(to: number): Piece {
    const from = this.#from
    this.#from = to
    return this.#decode(this.#buffer.subarray(from, to))
  }

  #decode(all: Uint8Array): Piece {
    let bytes = all
    if (!this.#started) {
      this.#started = true
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3)
      const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
      if (utf16 || bytes.subarray(0, 64).includes(0)) {
        return { _tag: "NotUtf8", line: 1, column: undefined, message: UTF16 }
      }
    }
    const firstLine = this.#line
    const end = this.#end ?? LINE_FEED
    try {
      const text = this.#decoder.decode(bytes)
      this.#line += count(bytes, end)
      return { _tag: "Lines", bytes, text, firstLine, end: end === LINE_FEED ? "\n" : "\r" }
    } catch {
      return this.#locate(bytes, firstLine)
    }
  }

  #locate(bytes: Uint8Array, firstLine: number): Piece {
    let line = firstLine
    let from = 0
    while (from < bytes.length) {
      const feed = bytes.indexOf(this.#end ?? LINE_FEED, from)
      const to = feed === -1 ? bytes.length : feed
      const column = this.#firstBad(bytes.subarray(from, to))
      if (column !== undefined) {
        return {
          _tag: "NotUtf8",
          line,
          column,
          message:
            "This line is not UTF-8. Save the file as UTF-8 (in Excel: the type “CSV UTF-8”), or take the broken characters out."
        }
      }
      line += 1
      from = to + 1
    }
    return {
      _tag: "NotUtf8",
      line: firstLine,
      column: undefined,
      message: "The input is not UTF-8. Save it as UTF-8."
    }
  }

  /** The column of the first character that cannot be decoded: where a lenient decoder first gives U+FFFD. */
  #firstBad(bytes: Uint8Array): number | undefined {
    try {
      this.#decoder.decode(bytes)
      return undefined
    } catch {
      const forgiving = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes)
      return Math.max(forgiving.indexOf("\ufffd"), 0) + 1
    }
  }
}
