/**
 * Facts that `JSON.parse` does not report: where a text stops being JSON, and which name an object has twice. Pure.
 */
import { type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser"

export interface JsonFault {
  /** 1 for the first character. */
  readonly column: number
  readonly message: string
}

const STRICT = { disallowComments: true }

/** `CommaExpected` in words. */
const words = (code: ParseErrorCode): string =>
  printParseErrorCode(code)
    .replace("EndOfFile", "EndOfLine")
    .replace(/(?!^)[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase()

/**
 * The first fault of a text that is not JSON; nothing if it is nested too deep to examine.
 */
export const find = (text: string): JsonFault | undefined => {
  let first: JsonFault | undefined
  try {
    visit(
      text,
      {
        onError: (code, offset) => {
          const found = offset >= text.length ? "the line ends" : `found ${JSON.stringify(text.charAt(offset))}`
          first ??= { column: offset + 1, message: `${words(code)}, ${found}` }
        }
      },
      STRICT
    )
  } catch {
    // The visitor descends on the call stack.
  }
  return first
}

/** The number of names in all objects of a value, however deep it is nested. */
const countNames = (value: unknown): number => {
  let names = 0
  const open: Array<unknown> = [value]
  while (open.length > 0) {
    const one = open.pop()
    if (typeof one !== "object" || one === null) continue
    const values = Object.values(one)
    if (!Array.isArray(one)) names += values.length
    for (const inner of values) if (typeof inner === "object") open.push(inner)
  }
  return names
}

const countMarks = (text: string): number => {
  let marks = 0
  for (const _ of text.matchAll(/"\s*:/g)) marks += 1
  return marks
}

/**
 * The first name that an object of a valid text has twice; `JSON.parse` keeps the last.
 */
export const nameTwice = (
  text: string,
  value: unknown
): { readonly name: string; readonly column: number } | undefined => {
  // A colon follows each name, so there are at least as many marks as names: if the numbers are equal, no name is lost.
  if (countMarks(text) === countNames(value)) return undefined
  const open: Array<Set<string>> = []
  let twice: { readonly name: string; readonly column: number } | undefined
  try {
    visit(
      text,
      {
        onObjectBegin: () => {
          open.push(new Set())
        },
        onObjectEnd: () => {
          open.pop()
        },
        onObjectProperty: (name, offset) => {
          const names = open.at(-1)
          if (names?.has(name) === true) twice ??= { name, column: offset + 1 }
          names?.add(name)
        }
      },
      STRICT
    )
  } catch {
    // As above.
  }
  return twice
}
