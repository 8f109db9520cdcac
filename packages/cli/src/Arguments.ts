/**
 * Options may stand anywhere, as everywhere else; `@effect/cli` wants them ahead of the arguments. Pure.
 *
 * @since 0.1.0
 */

/**
 * The commands, each with those below it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tree {
  readonly [name: string]: Tree
}

/**
 * Moves the options of the innermost command ahead of its arguments. What follows `--` stays where it is; so does an
 * option that nobody knows, which is then blamed by name.
 *
 * @since 0.1.0
 * @category combinators
 */
export const optionsFirst = (
  args: ReadonlyArray<string>,
  commands: Tree,
  options: {
    /** Those that take the next word as their value. */
    readonly valued: ReadonlySet<string>
    /** Those that stand alone. */
    readonly plain: ReadonlySet<string>
  }
): ReadonlyArray<string> => {
  let at = 0
  let level: Tree | undefined = commands
  for (; at < args.length; at++) {
    const word: string | undefined = args[at]
    const below: Tree | undefined = word !== undefined && Object.hasOwn(level, word) ? level[word] : undefined
    if (below === undefined) break
    level = below
  }
  const path = args.slice(0, at)
  const front: Array<string> = []
  const rest: Array<string> = []
  for (; at < args.length; at++) {
    const word = args[at]
    if (word === undefined) break
    if (word === "--") {
      rest.push(...args.slice(at))
      break
    }
    const [name = word] = word.split("=", 1)
    if (options.plain.has(word) || (name !== word && options.valued.has(name))) front.push(word)
    else if (options.valued.has(word)) {
      front.push(word)
      const value = args[at + 1]
      if (value !== undefined) {
        front.push(value)
        at += 1
      }
    } else rest.push(word)
  }
  return [...path, ...front, ...rest]
}
