/**
 * Names without the details that people and systems write inconsistently. Pure.
 */

const PLAIN = /^[\x20-\x7e]*$/

/**
 * The composed form of Unicode (NFC).
 *
 * @internal
 */
export const composed = (text: string): string => (PLAIN.test(text) ? text : text.normalize("NFC"))

const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu
const SEPARATORS = /[\s._\p{Pd}\p{Zs}]+/gu
const PLAIN_SEPARATORS = /[ ._-]+/g

/**
 * Differences between names that may mean the same.
 *
 * @internal
 */
export type Trait = "case" | "separators" | "characters"

/**
 * A text without differences of case, of kind and number of separators, and of invisible and compatibility characters;
 * `keep` keeps one of them. Two separated digits stay apart.
 *
 * @internal
 */
export const folded = (text: string, keep?: Trait): string => {
  const plain = PLAIN.test(text)
  const seen = plain || keep === "characters" ? text : text.normalize("NFKC").replace(INVISIBLE, "")
  const spread = keep === "separators" ? seen : seen.replace(plain ? PLAIN_SEPARATORS : SEPARATORS, " ").trim()
  return keep === "case" ? spread : plain ? spread.toLowerCase() : spread.toUpperCase().toLowerCase()
}
