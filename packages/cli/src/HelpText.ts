/**
 * Help, as wide as the terminal. Pure.
 *
 * @since 0.1.0
 */
import * as CommandLine from "./CommandLine.js"
import * as Commands from "./Commands.js"
import * as Text from "./Text.js"

/** Longer lines are hard to read. */
const WIDEST = 100

const heading = (text: string): string => Text.styled("bold", text)

const termOf = (flag: CommandLine.Flag<unknown>): string =>
  `${flag.letter === undefined ? "    " : `-${flag.letter}, `}--${flag.name}${flag.value === undefined ? "" : ` <${flag.value.label}>`}`

const meaningOf = (flag: CommandLine.Flag<unknown>): string => {
  const words = flag.value?.completes
  const choices =
    Array.isArray(words) && words.some((word: string) => !flag.description.includes(word))
      ? ` One of ${words.join(", ")}.`
      : ""
  return `${flag.description}${choices}${flag.fallback === undefined ? "" : ` Default: ${flag.fallback}.`}`
}

const placeOf = (one: CommandLine.Argument<unknown>): string =>
  `${one.required ? `<${one.name}>` : `[${one.name}]`}${one.many ? "..." : ""}`

const usageLines = (text: string, room: number): ReadonlyArray<string> =>
  Text.wrapped(text, room - 7).map((line, index) => `${index === 0 ? `${heading("Usage")}  ` : "       "}${line}`)

/**
 * How a command is called, on one line.
 *
 * @since 0.1.0
 * @category printing
 */
const usage = (command: CommandLine.Command): string =>
  [
    "frameio",
    ...command.path,
    ...CommandLine.argumentsOf(command).map(placeOf),
    ...CommandLine.flagsOf(command)
      .filter(({ required }) => required)
      .map((flag) => `--${flag.name} <${flag.value?.label ?? ""}>`),
    "[options]"
  ].join(" ")

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", heading(title), ...lines]

const globals = Object.values(Commands.globals)

/** Only the names, and only of options with a letter: the program's page has to be short. */
const globalsInShort = globals
  .flatMap(({ letter, name }) => (letter === undefined ? [] : [`-${letter} --${name}`]))
  .join(", ")

/**
 * The help of one command.
 *
 * @since 0.1.0
 * @category printing
 */
export const ofCommand = (command: CommandLine.Command, columns: number): string => {
  const room = Math.min(columns, WIDEST)
  const own = CommandLine.flagsOf(command)
  const exits = new Map([...Commands.exits, ...(command.exits ?? [])])
  return [
    ...Text.wrapped(`${command.summary}.`, room),
    "",
    ...usageLines(usage(command), room),
    ...command.about.flatMap((paragraph) => ["", ...Text.wrapped(paragraph, room)]),
    ...section(
      "Arguments",
      Text.rows(
        CommandLine.argumentsOf(command).map((one) => [placeOf(one), one.description]),
        room
      )
    ),
    ...section(
      "Options",
      Text.rows(
        own.map((flag) => [termOf(flag), meaningOf(flag)]),
        room
      )
    ),
    ...section(
      "Options of every command",
      Text.rows(
        Commands.globalsOf(command).map((flag) => [termOf(flag), meaningOf(flag)]),
        room
      )
    ),
    ...(command.sections ?? []).flatMap(({ rows, title }) => section(title, Text.rows(rows, room))),
    ...(command.sends === "to-frameio" ? section("Environment", Text.rows(Commands.environment, room)) : []),
    ...section(
      "Exit codes",
      Text.rows(
        [...exits].sort(([left], [right]) => left - right).map(([code, meaning]) => [String(code), meaning]),
        room
      )
    ),
    ...section(
      "Examples",
      command.examples.flatMap(({ does, line }) => [
        `  ${line}`,
        ...(does === undefined ? [] : Text.wrapped(does, room - 4).map((text) => `    ${text}`))
      ])
    ),
    ""
  ].join("\n")
}

/** The first words of the commands below a group, each once, in order. */
const heads = (path: ReadonlyArray<string>): ReadonlyArray<readonly [string, string]> => {
  const seen = new Map<string, string>()
  for (const command of Commands.all) {
    if (!path.every((word, n) => command.path[n] === word)) continue
    const below = command.path.slice(path.length)
    const name = ["frameio", ...path, below[0]].join(" ")
    const subcommands = Commands.all.filter(({ path: [first] }) => first === command.path[0])
    seen.set(
      path.length === 0 ? (below[0] ?? "") : name,
      below.length === 1
        ? command.summary
        : `${groupNamed(command.path.slice(0, -1))?.summary ?? ""}: ${subcommands.map((one) => one.path.at(-1)).join(", ")}`
    )
  }
  return [...seen]
}

const groupNamed = (path: ReadonlyArray<string>) => Commands.groups.find((one) => one.path.join(" ") === path.join(" "))

/**
 * The help of a group of commands; of the program itself for the empty path, which fits 80 × 24.
 *
 * @since 0.1.0
 * @category printing
 */
export const ofGroup = (path: ReadonlyArray<string>, columns: number): string => {
  const room = Math.min(columns, WIDEST)
  const top = path.length === 0
  return [
    ...Text.wrapped(`${groupNamed(path)?.summary ?? ""}.`, room),
    ...(top ? [] : [""]),
    ...usageLines(["frameio", ...path, "<command>", "[options]"].join(" "), room),
    ...Text.wrapped(`of every command: ${globalsInShort}`, room - 7).map((line) => `       ${line}`),
    ...section("Commands", Text.rows(heads(path), room)),
    ...(top
      ? ["", ...Text.wrapped("FRAMEIO_TOKEN or auth login; try frameio demo; more: frameio help <command>.", room)]
      : ["", ...Text.wrapped(`More: frameio help ${path.join(" ")} <command>.`, room)]),
    ""
  ].join("\n")
}
