/**
 * Reads the words of a command line: a request for help or the version, a command with its options, or the problems,
 * each blamed on the right word. Pure.
 *
 * @since 0.1.0
 */
import * as CommandLine from "./CommandLine.js"
import * as Commands from "./Commands.js"

/**
 * A problem with a line that cannot be understood.
 *
 * @since 0.1.0
 * @category models
 */
export interface Problem {
  /** The problem. */
  readonly what: string
  /** The word that was probably meant. */
  readonly meant?: string | undefined
}

/**
 * The options that every command takes.
 *
 * @since 0.1.0
 * @category models
 */
export type Globals = CommandLine.Given<typeof Commands.globals>

/**
 * The request of a line.
 *
 * @since 0.1.0
 * @category models
 */
export type Asked =
  | { readonly _tag: "Help"; readonly path: ReadonlyArray<string> }
  | { readonly _tag: "Version" }
  | {
      readonly _tag: "Wrong"
      /** The named command, as far as it exists. */
      readonly path: ReadonlyArray<string>
      readonly problems: readonly [Problem, ...ReadonlyArray<Problem>]
    }
  | {
      readonly _tag: "Run"
      readonly command: CommandLine.Command
      readonly globals: Globals
      /** The options, in their long form and each followed by its value, then `--`, then the arguments. */
      readonly words: ReadonlyArray<string>
    }

/** How many letters must be changed, removed, added or swapped. */
const distance = (from: string, to: string): number => {
  let before: ReadonlyArray<number> = []
  let row: ReadonlyArray<number> = Array.from({ length: to.length + 1 }, (_, n) => n)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
        )
      )
    }
    before = row
    row = next
  }
  return row[to.length] ?? 0
}

/** The word that was probably meant, if there is one. */
const nearest = (word: string, known: Iterable<string>): string | undefined => {
  const wanted = word.toLowerCase()
  let best: { readonly name: string; readonly off: number } | undefined
  for (const name of known) {
    const off = name.startsWith(wanted) && wanted.length > 1 ? 0.5 : distance(wanted, name)
    if (off <= Math.max(1, Math.floor(name.length / 3)) && (best === undefined || off < best.off)) best = { name, off }
  }
  return best?.name
}

const starts = (path: ReadonlyArray<string>, by: ReadonlyArray<string>): boolean =>
  by.every((word, n) => path[n] === word)

/**
 * The command at a path, if there is one.
 *
 * @since 0.1.0
 * @category getters
 */
export const commandAt = (path: ReadonlyArray<string>): CommandLine.Command | undefined =>
  Commands.all.find((one) => one.path.length === path.length && starts(one.path, path))

/** The words that continue a path. */
const below = (path: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(
    Commands.all
      .filter((one) => one.path.length > path.length && starts(one.path, path))
      .map((one) => one.path[path.length] ?? "")
  )

const globalFlags: ReadonlyArray<CommandLine.Flag<unknown>> = Object.values(Commands.globals)

const words = (path: ReadonlyArray<string>): string => ["frameio", ...path].join(" ")

const unknownCommand = (path: ReadonlyArray<string>, word: string): Problem => {
  const near = nearest(word, below(path))
  const elsewhere = Commands.all.find((one) => one.path.at(-1) === word)
  return {
    what: `${word} is not a command of ${words(path)}.`,
    meant: near !== undefined ? words([...path, near]) : elsewhere === undefined ? undefined : words(elsewhere.path)
  }
}

interface Split {
  readonly flags: Map<string, Array<string>>
  readonly rest: Array<string>
  readonly problems: Array<Problem>
  /** Options without the value they need. */
  readonly empty: Set<string>
}

/** The options of a line, and the other words. */
const split = (
  line: ReadonlyArray<string>,
  known: ReadonlyArray<CommandLine.Flag<unknown>>,
  path: ReadonlyArray<string>
): Split => {
  const found: Split = { flags: new Map(), rest: [], problems: [], empty: new Set() }
  const add = (flag: CommandLine.Flag<unknown>, value: string): void => {
    found.flags.set(flag.name, [...(found.flags.get(flag.name) ?? []), value])
  }
  const one = (
    spelt: string,
    flag: CommandLine.Flag<unknown> | undefined,
    value: string | undefined,
    at: number
  ): number => {
    if (flag === undefined) {
      const near = nearest(
        spelt.replace(/^-+/, ""),
        known.map(({ name }) => name)
      )
      found.problems.push({
        what: `${spelt} is not an option of ${words(path)}.`,
        meant: near === undefined ? undefined : `--${near}`
      })
    } else if (flag.value === undefined) {
      if (value === undefined) add(flag, "")
      else found.problems.push({ what: `${spelt} takes no value, but has ${JSON.stringify(value)}.` })
    } else if (value !== undefined) add(flag, value)
    else {
      const next = line[at + 1]
      // A word that looks like an option is no value; after an equals sign it can still be given.
      if (next === undefined || /^--|^-[a-zA-Z]/.test(next)) {
        found.empty.add(flag.name)
        found.problems.push({ what: `${spelt} needs a value: ${spelt} <${flag.value.label}>.` })
      } else {
        add(flag, next)
        return at + 1
      }
    }
    return at
  }
  for (let at = 0; at < line.length; at++) {
    const word = line[at] ?? ""
    if (word === "--") {
      found.rest.push(...line.slice(at + 1))
      break
    }
    if (word.startsWith("--")) {
      const equals = word.indexOf("=")
      const spelt = equals < 0 ? word : word.slice(0, equals)
      const flag = known.find(({ name }) => `--${name}` === spelt)
      at = one(spelt, flag, equals < 0 ? undefined : word.slice(equals + 1), at)
    } else if (/^-[a-zA-Z]/.test(word)) {
      for (const letter of word.slice(1)) {
        at = one(
          `-${letter}`,
          known.find((flag) => flag.letter === letter),
          undefined,
          at
        )
      }
    } else found.rest.push(word)
  }
  return found
}

/** The leading words that name commands, and the words after them. Global options may stand between. */
const route = (line: ReadonlyArray<string>): { readonly path: Array<string>; readonly rest: Array<string> } => {
  const path: Array<string> = []
  const rest: Array<string> = []
  for (let at = 0; at < line.length; at++) {
    const word = line[at] ?? ""
    if (commandAt(path) !== undefined || word === "--") return { path, rest: [...rest, ...line.slice(at)] }
    if (word.startsWith("-")) {
      rest.push(word)
      const flag = globalFlags.find(({ name }) => `--${name}` === word)
      const value = line[at + 1]
      if (flag?.value !== undefined && value !== undefined) {
        rest.push(value)
        at += 1
      }
    } else if (below(path).has(word)) path.push(word)
    else return { path, rest: [...rest, ...line.slice(at)] }
  }
  return { path, rest }
}

const hasHelp = (line: ReadonlyArray<string>): boolean => {
  const end = line.indexOf("--")
  return (end < 0 ? line : line.slice(0, end)).some((word) => word === "--help" || word === "-h")
}

const wrong = (path: ReadonlyArray<string>, first: Problem, ...rest: ReadonlyArray<Problem>): Asked => ({
  _tag: "Wrong",
  path,
  problems: [first, ...rest]
})

/**
 * Reads a line without the program's name.
 *
 * @since 0.1.0
 * @category combinators
 */
export const read = (line: ReadonlyArray<string>): Asked => {
  if (line[0] === "help") {
    const { path, rest } = route(line.slice(1))
    const unknown = rest.find((word) => !word.startsWith("-"))
    return unknown === undefined ? { _tag: "Help", path } : wrong(path, unknownCommand(path, unknown))
  }
  const { path, rest } = route(line)
  const command = commandAt(path)
  if (hasHelp(rest)) return { _tag: "Help", path }
  const known = [...(command === undefined ? [] : CommandLine.flagsOf(command)), ...globalFlags]
  const { empty, flags, problems, rest: others } = split(rest, known, path)
  if (flags.has("version")) return { _tag: "Version" }
  if (command === undefined) {
    const [word] = others
    const all = [...(word === undefined ? [] : [unknownCommand(path, word)]), ...problems]
    const [first, ...more] = word === undefined ? problems : all.slice(0, 1)
    return first === undefined ? { _tag: "Help", path } : wrong(path, first, ...more)
  }
  const places = CommandLine.argumentsOf(command)
  const tooMany = places.some(({ many }) => many) ? [] : others.slice(places.length)
  const own = CommandLine.decode(command.parameters, { flags, words: others })
  const globals = CommandLine.decode(Commands.globals, { flags, words: [] })
  const said = [own, globals]
    .flatMap((one) => (one.ok ? [] : one.problems))
    .filter(({ parameter }) => !empty.has(parameter))
  const all: ReadonlyArray<Problem> = [
    ...problems,
    ...said.map(({ problem }) => ({ what: problem })),
    ...(tooMany.length === 0
      ? []
      : [
          {
            what: `${tooMany.map((word) => JSON.stringify(word)).join(" ")} ${tooMany.length === 1 ? "is" : "are"} more than ${words(path)} takes.`
          }
        ])
  ]
  const [first, ...more] = all
  if (first !== undefined || !globals.ok) return wrong(path, first ?? { what: "" }, ...more)
  return {
    _tag: "Run",
    command,
    globals: globals.value,
    words: [
      ...CommandLine.flagsOf(command).flatMap((flag) => {
        const given = flags.get(flag.name)
        if (given === undefined) return []
        return flag.value === undefined ? [`--${flag.name}`] : given.flatMap((value) => [`--${flag.name}`, value])
      }),
      "--",
      ...others
    ]
  }
}
