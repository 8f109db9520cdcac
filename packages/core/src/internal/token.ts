const HEADER_TEXT = /^[\x21-\x7e]+$/

/** `$NAME`, `${NAME}`, `${{ secrets.NAME }}`, `{{NAME}}`, `%NAME%`, `$(command)`, `$env:NAME`. */
const VARIABLE = /^(?:\$\w+|\$\{.*\}|\{\{.*\}\}|%\w+%|\$\(.*\)|\$env:\w+)$/i

/**
 * Describes a token's fault without quoting the token.
 *
 * @internal
 */
export const tokenProblem = (token: string): string | undefined => {
  const remedy = "Create a developer token at https://developer.frame.io and put it here as it is."
  if (token === "") return `the token is missing or empty. ${remedy}`
  if (token.trim() === "") return `the token consists only of spaces. ${remedy}`
  if (/^\s*bearer\s/i.test(token))
    return "the token starts with the word Bearer. Leave it out: it is added automatically."
  if (token.trim() !== token) {
    return "there are spaces or a line break around the token. Remove them; files often end with a line break."
  }
  if (!HEADER_TEXT.test(token)) {
    return "the token contains a character that cannot be in a header: a space, a line break, or a character outside ASCII. Copy the token again."
  }
  if (/^(["'`]).*\1$/.test(token)) return "there are quotes around the token. Remove them."
  if (VARIABLE.test(token)) {
    return "the token is the name of a variable that was not replaced by its value. Check how it is passed: single quotes keep a shell from replacing it."
  }
  if (/^(?:\*+|x{3,}|•+|<[^<>]*>)$/i.test(token)) return `the token is a placeholder, or was masked. ${remedy}`
  if (/^(?:undefined|null|none|nil|nan|true|false|\[object object\])$/i.test(token)) {
    return "the token is the word for a value that was not set. Check the program or the settings that it comes from."
  }
  return undefined
}
