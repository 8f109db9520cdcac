import * as Either from "effect/Either"

/** Far deeper than any asset, and shallow enough for whatever walks the value by recursion. */
const MAX_DEPTH = 500

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** The end of the string that begins at `start`. */
const stringEnd = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes++
    if (slashes % 2 === 0) return end
  }
  return text.length
}

/** Nesting is judged in the text, because a value of millions of levels is costly to make, too. */
const isTooDeep = (text: string): boolean => {
  if (text.length < MAX_DEPTH * 2) return false
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === QUOTE) i = stringEnd(text, i)
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > MAX_DEPTH) return true
    } else if (char === 0x5d || char === 0x7d) depth--
  }
  return false
}

/**
 * Parses the body of an answer. Not every `HttpClient` takes the byte order mark away.
 *
 * @internal
 */
export const parse = (body: string): Either.Either<unknown, "not JSON" | "too deep"> => {
  const text = body.startsWith("\ufeff") ? body.slice(1) : body
  if (isTooDeep(text)) return Either.left("too deep")
  return Either.try({ try: (): unknown => JSON.parse(text), catch: () => "not JSON" })
}
