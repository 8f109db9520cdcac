/**
 * Where a text stops being JSON. The engine's own message names no place in half of the cases. Pure.
 */

export interface JsonFault {
  /** 1 for the first character. */
  readonly column: number
  readonly message: string
}

const SPACE = /[ \t\n\r]/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const ESCAPE = /["\\/bfnrt]/
const HEX4 = /[0-9a-fA-F]{4}/y

class Fault {
  readonly at: number
  readonly expected: string

  constructor(at: number, expected: string) {
    this.at = at
    this.expected = expected
  }
}

/**
 * The first fault of a text as JSON, or nothing when it is sound.
 */
export const find = (text: string): JsonFault | undefined => {
  let at = 0

  const space = (): void => {
    while (at < text.length && SPACE.test(text.charAt(at))) at += 1
  }

  const string = (what: string): Fault | undefined => {
    if (text[at] !== '"') return new Fault(at, what)
    at += 1
    while (at < text.length) {
      const char = text.charAt(at)
      if (char === '"') {
        at += 1
        return undefined
      }
      if (char < " ") return new Fault(at, "an escape such as \\n in place of a bare control character")
      if (char === "\\") {
        at += 1
        if (text[at] === "u") {
          HEX4.lastIndex = at + 1
          if (!HEX4.test(text)) return new Fault(at, "four hexadecimal digits after \\u")
          at += 5
          continue
        }
        if (at < text.length && !ESCAPE.test(text.charAt(at)))
          return new Fault(at, "a known escape after the backslash")
      }
      at += 1
    }
    return new Fault(text.length, 'a closing "')
  }

  const word = (literal: string): Fault | undefined => {
    for (const char of literal) {
      if (text[at] !== char) return new Fault(at, literal)
      at += 1
    }
    return undefined
  }

  // Depth is kept in a list, not on the call stack: a line may nest as deep as it is long.
  const open: Array<"{" | "["> = []
  let state: "value" | "first" | "after" = "value"

  const key = (): Fault | undefined => {
    const fault = string('a name in "')
    if (fault !== undefined) return fault
    space()
    if (text[at] !== ":") return new Fault(at, 'a ":"')
    at += 1
    return undefined
  }

  const scan = (): Fault | undefined => {
    for (;;) {
      space()
      const char = text[at]
      if (state === "first") {
        const inside = open[open.length - 1]
        if (char === (inside === "{" ? "}" : "]")) {
          at += 1
          open.pop()
          state = "after"
          continue
        }
        if (inside === "{") {
          const fault = key()
          if (fault !== undefined) return fault
        }
        state = "value"
        continue
      }
      if (state === "after") {
        const inside = open[open.length - 1]
        if (inside === undefined) return at < text.length ? new Fault(at, "the end of the line") : undefined
        if (char === ",") {
          at += 1
          space()
          if (inside === "{") {
            const fault = key()
            if (fault !== undefined) return fault
          }
          state = "value"
          continue
        }
        if (char === (inside === "{" ? "}" : "]")) {
          at += 1
          open.pop()
          continue
        }
        return new Fault(at, inside === "{" ? 'a "," or a "}"' : 'a "," or a "]"')
      }
      if (char === "{" || char === "[") {
        open.push(char)
        at += 1
        state = "first"
        continue
      }
      state = "after"
      let fault: Fault | undefined
      if (char === '"') fault = string("a value")
      else if (char === "t") fault = word("true")
      else if (char === "f") fault = word("false")
      else if (char === "n") fault = word("null")
      else {
        NUMBER.lastIndex = at
        const match = NUMBER.exec(text)
        if (match === null) fault = new Fault(at, "a value")
        else at += match[0].length
      }
      if (fault !== undefined) return fault
    }
  }

  const fault = scan()
  if (fault === undefined) return undefined
  const found = fault.at >= text.length ? "the line ends" : `found ${JSON.stringify(text.charAt(fault.at))}`
  return {
    column: fault.at + 1,
    message: `expected ${fault.expected}, ${found}`
  }
}
