/**
 * The report's tables, and writing them into a document. Pure.
 *
 * @since 0.1.0
 */

/**
 * A Markdown table. Cells are inserted unchanged.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n")

/**
 * A number with so many decimals; `–` if it could not be measured.
 *
 * @since 0.1.0
 * @category rendering
 */
export const fixed = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : "–")

/**
 * A whole number in groups of three.
 *
 * @since 0.1.0
 * @category rendering
 */
export const grouped = (value: number): string =>
  Number.isFinite(value) ? String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, " ") : "–"

const opening = (id: string): string => `<!-- bench:${id} -->`
const closing = (id: string): string => `<!-- /bench:${id} -->`

/**
 * Replaces the text between the markers of `id`; adds both at the end if the document has none.
 *
 * @since 0.1.0
 * @category documents
 */
export const replaceSection = (document: string, id: string, content: string): string => {
  const section = `${opening(id)}\n\n${content.trim()}\n\n${closing(id)}`
  const from = document.indexOf(opening(id))
  const to = document.indexOf(closing(id))
  if (from === -1 || to < from) return `${document.trimEnd()}\n\n${section}\n`
  return document.slice(0, from) + section + document.slice(to + closing(id).length)
}
