/**
 * A CSV cell, the same in every file for a spreadsheet. Pure.
 */

/** Leading characters that make a spreadsheet run a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/

/**
 * Quoted if necessary, with an apostrophe before anything a spreadsheet would run. Text that begins with apostrophes
 * and goes on like a formula gets one too, so that removing one always gives the text back.
 */
export const encode = (text: string): string => {
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return /[",;\t\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** The text of a cell that is already split off and unquoted. */
export const decode = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell)
