/** Search terms, and their hits in a text. Pure. */

/** Some file systems store é as two characters. */
export const folded = (text: string): string => text.normalize("NFC").toLowerCase()

/** The words that must all be found. */
export const wordsOf = (query: string): ReadonlyArray<string> =>
  folded(query)
    .split(/\s+/)
    .filter((word) => word !== "")

/** A part of a text, from its first code unit to the one after its last. */
export interface Hit {
  readonly from: number
  readonly to: number
}

/** A letter with its combining marks. */
const LETTERS = /\P{M}\p{M}*|\p{M}+/gu

/** Every place of one of the words in the original text, even if folding has changed its length. */
export const hitsIn = (text: string, words: ReadonlyArray<string>): ReadonlyArray<Hit> => {
  if (words.length === 0) return []
  let plain = ""
  const places: Array<Hit> = []
  for (const { 0: letter, index } of text.matchAll(LETTERS)) {
    const part = folded(letter)
    plain += part
    for (let unit = 0; unit < part.length; unit++) places.push({ from: index, to: index + letter.length })
  }
  const hits: Array<Hit> = []
  for (const word of words) {
    for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + word.length)) {
      const first = places[at]
      const last = places[at + word.length - 1]
      if (first !== undefined && last !== undefined) hits.push({ from: first.from, to: last.to })
    }
  }
  return hits
}

const characters = new Intl.Segmenter("en")

/**
 * Where to cut a name so that its beginning (the shot), the `kept` characters at its end (the version) and the first
 * hit show; its length if it need not be cut.
 */
export const cutOf = (name: string, kept: number, words: ReadonlyArray<string>): number => {
  if (name.length <= kept + 5) return name.length
  const end = name.length - kept
  const hit = hitsIn(name, words).reduce((first, { from }) => Math.min(first, from), end)
  // A hit near the beginning shows with it.
  const wanted = hit < 10 ? end : hit
  return characters.segment(name).containing(wanted)?.index ?? wanted
}

/** The longest context before a hit. */
const BEFORE = 15

/** A part of a long text around its first hit. */
export const excerptOf = (text: string, words: ReadonlyArray<string>): string => {
  const from = hitsIn(text, words)[0]?.from ?? 0
  return from <= BEFORE ? text : `…${text.slice(characters.segment(text).containing(from - BEFORE)?.index ?? 0)}`
}
