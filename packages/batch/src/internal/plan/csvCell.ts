/**
 * A cell of CSV, as every file for a spreadsheet has it. Pure.
 */

/** Leading characters that make a spreadsheet run a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const FORMULA = /^'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/

/**
 * Quoted where it has to be, with an apostrophe before what a spreadsheet would run. So has what begins with apostrophes
 * and goes on like a formula: taking one away always gives the text back.
 */
export const encode = (text: string): string => {
  const harmless = FORMULA.test(text) ? `'${text}` : text
  return /[",;\t\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** The text of a cell that was split off and unquoted already. */
export const decode = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell)
