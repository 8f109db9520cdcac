/**
 * Errors for a person: the fault, its place, and the remedy. Pure.
 *
 * @since 0.1.0
 */
import type * as Arguments from "./Arguments.js"
import * as Text from "./Text.js"

/**
 * The text of an error.
 *
 * @since 0.1.0
 * @category models
 */
export interface Said {
  /** What is wrong, one line for each fault; indented lines belong to the one above. */
  readonly message: string
  /** What to do about it, in sentences or lines to copy. */
  readonly todo?: ReadonlyArray<string> | undefined
}

/**
 * An error as lines for a terminal.
 *
 * @since 0.1.0
 * @category printing
 */
export const render = ({ message, todo = [] }: Said, columns: number): string => {
  const text = [`${Text.styled("red", "Error:")} ${message}`, ...todo.map((line) => `  ${line}`)]
  return `${Text.folded(text.join("\n"), columns)}\n`
}

/**
 * A line that could not be understood.
 *
 * @since 0.1.0
 * @category printing
 */
export const ofLine = (wrong: Extract<Arguments.Asked, { readonly _tag: "Wrong" }>, columns: number): string =>
  render(
    {
      message: wrong.problems
        .map(({ meant, what }) => (meant === undefined ? what : `${what} Did you mean ${meant}?`))
        .join("\n"),
      todo: [`${["frameio", "help", ...wrong.path].join(" ")} lists what there is.`]
    },
    columns
  )
