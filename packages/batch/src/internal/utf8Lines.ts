/**
 * Bytes in any chunks to whole lines of checked UTF-8. Pure: nothing of Effect in here.
 *
 * A line feed is never part of a longer UTF-8 sequence, so a cut after one never cuts a character.
 */

export type Piece =
  | {
      readonly _tag: "Lines"
      readonly bytes: Uint8Array
      readonly text: string
      readonly firstLine: number
    }
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "TooLong"; readonly line: number }
  | {
      readonly _tag: "NotUtf8"
      readonly line: number
      readonly column: number | undefined
      readonly message: string
    }

const NOTHING: Piece = { _tag: "Nothing" }

const LINE_FEED = 0x0a

const count = (bytes: Uint8Array): number => {
  let lines = 0
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1
  return lines
}

const UTF16 = "The input is UTF-16 and not UTF-8. Save it as UTF-8 (in Excel: the type “CSV UTF-8”)."

export class Utf8Lines {
  readonly #decoder = new TextDecoder("utf-8", {
    fatal: true,
    ignoreBOM: true
  })
  readonly #maxLineBytes: number
  #tail: Array<Uint8Array> = []
  #tailBytes = 0
  #line = 1
  #started = false

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** The lines that are whole now, if any. */
  push(chunk: Uint8Array): Piece {
    const cut = chunk.lastIndexOf(LINE_FEED)
    if (cut === -1) {
      if (chunk.length === 0) return NOTHING
      this.#tail.push(chunk)
      this.#tailBytes += chunk.length
      return this.#tailBytes > this.#maxLineBytes ? { _tag: "TooLong", line: this.#line } : NOTHING
    }
    if (this.#tailBytes + chunk.indexOf(LINE_FEED) > this.#maxLineBytes) return { _tag: "TooLong", line: this.#line }
    const whole = this.#joined(chunk.subarray(0, cut + 1))
    const rest = chunk.subarray(cut + 1)
    this.#tail = rest.length === 0 ? [] : [rest]
    this.#tailBytes = rest.length
    return this.#decode(whole)
  }

  /** The last line, when no line feed ended it. */
  end(): Piece {
    if (this.#tailBytes === 0) return NOTHING
    const last = this.#joined(new Uint8Array(0))
    this.#tail = []
    this.#tailBytes = 0
    return this.#decode(last)
  }

  #joined(chunk: Uint8Array): Uint8Array {
    if (this.#tail.length === 0) return chunk
    const whole = new Uint8Array(this.#tailBytes + chunk.length)
    let at = 0
    for (const part of this.#tail) {
      whole.set(part, at)
      at += part.length
    }
    whole.set(chunk, at)
    return whole
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
    try {
      const text = this.#decoder.decode(bytes)
      this.#line += count(bytes)
      return { _tag: "Lines", bytes, text, firstLine }
    } catch {
      return this.#locate(bytes, firstLine)
    }
  }

  #locate(bytes: Uint8Array, firstLine: number): Piece {
    let line = firstLine
    let from = 0
    while (from < bytes.length) {
      const feed = bytes.indexOf(LINE_FEED, from)
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

  /** The column of the first character that cannot be decoded: where a forgiving decoder first says U+FFFD. */
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
