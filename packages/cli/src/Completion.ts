/**
 * Completions for shells, made from the commands' declarations. Pure.
 *
 * @since 0.1.0
 */
import * as CommandLine from "./CommandLine.js"
import * as Commands from "./Commands.js"

/**
 * The shells with completions.
 *
 * @since 0.1.0
 * @category constants
 */
export const shells = ["bash", "zsh", "fish"] as const

/**
 * A shell with completions.
 *
 * @since 0.1.0
 * @category models
 */
export type Shell = (typeof shells)[number]

const globals = Object.values(Commands.globals)

const flagsOf = (command: CommandLine.Command): ReadonlyArray<CommandLine.Flag<unknown>> => [
  ...CommandLine.flagsOf(command),
  ...Commands.globalsOf(command)
]

/** The words that continue, with their meanings, by the words before them. */
const branches = (): ReadonlyMap<string, ReadonlyMap<string, string>> => {
  const all = new Map<string, Map<string, string>>()
  for (const { path, summary } of Commands.all) {
    path.forEach((word, depth) => {
      const before = path.slice(0, depth).join(" ")
      const below = all.get(before) ?? new Map<string, string>()
      const group = Commands.groups.find((one) => one.path.join(" ") === path.slice(0, depth + 1).join(" "))
      below.set(word, group?.summary ?? summary)
      all.set(before, below)
    })
  }
  return all
}

const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

// -----------------------------------------------------------------------------
// bash
// -----------------------------------------------------------------------------

const bashKind = (kind: CommandLine.Kind<unknown>): string => {
  if (kind.completes === "file") return `_frameio_files "$cur"`
  return kind.completes === "nothing" ? ":" : `_frameio_words "$cur" ${single(kind.completes.join(" "))}`
}

const bash = (): string => {
  const values = (command: CommandLine.Command): ReadonlyArray<string> =>
    flagsOf(command).flatMap((flag) =>
      flag.value === undefined ? [] : [`        --${flag.name}) ${bashKind(flag.value)}; return ;;`]
    )
  const one = (command: CommandLine.Command): ReadonlyArray<string> => [
    `    ${single(command.path.join(" "))})`,
    `      case "$prev" in`,
    ...values(command),
    "      esac",
    `      if [[ "$cur" == -* ]]; then _frameio_words "$cur" ${single(
      flagsOf(command)
        .map(({ name }) => `--${name}`)
        .join(" ")
    )}; return; fi`,
    ...CommandLine.argumentsOf(command)
      .slice(0, 1)
      .map(({ kind }) => `      ${bashKind(kind)}`),
    "      ;;"
  ]
  return `# Completions of frameio for bash.
_frameio_words() { local IFS=$' \\n'; COMPREPLY=($(compgen -W "$2" -- "$1")); }
_frameio_files() { local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$1")); compopt -o filenames 2>/dev/null; }
_frameio() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${[...branches()]
  .flatMap(([before, below]) =>
    [...below.keys()].map(
      (word) => `      ${single(`${before} ${word}`)}) path=${single(`${before} ${word}`.trim())} ;;`
    )
  )
  .join("\n")}
    esac
  done
  case "$path" in
${Commands.all.flatMap(one).join("\n")}
${[...branches()]
  .map(
    ([before, below]) =>
      `    ${single(before)}) _frameio_words "$cur" ${single([...below.keys(), ...globals.map(({ name }) => `--${name}`)].join(" "))} ;;`
  )
  .join("\n")}
  esac
}
complete -F _frameio frameio
`
}

// -----------------------------------------------------------------------------
// zsh
// -----------------------------------------------------------------------------

const zshText = (text: string): string => text.replace(/[\\[\]:]/g, (sign) => `\\${sign}`)

const zshKind = (kind: CommandLine.Kind<unknown>): string => {
  if (kind.completes === "file") return ":file:_files"
  return kind.completes === "nothing"
    ? `:${zshText(kind.label)}: `
    : `:${zshText(kind.label)}:(${kind.completes.join(" ")})`
}

const zsh = (): string => {
  const option = (flag: CommandLine.Flag<unknown>): ReadonlyArray<string> => {
    const rest = `[${zshText(flag.description)}]${flag.value === undefined ? "" : zshKind(flag.value)}`
    return [single(`--${flag.name}${rest}`), ...(flag.letter === undefined ? [] : [single(`-${flag.letter}${rest}`)])]
  }
  const name = (path: ReadonlyArray<string>): string => ["_frameio", ...path].join("_")
  const one = (command: CommandLine.Command): string => {
    const places = CommandLine.argumentsOf(command).map((one, n) =>
      single(`${one.many ? "*" : n + 1}${zshKind(one.kind)}`)
    )
    return `${name(command.path)}() {\n  _arguments -s ${[...flagsOf(command).flatMap(option), ...places].join(" \\\n    ")}\n}`
  }
  const group = ([before, below]: readonly [string, ReadonlyMap<string, string>]): string => {
    const path = before === "" ? [] : before.split(" ")
    return `${name(path)}() {
  local state line
  _arguments -C ${globals.flatMap(option).join(" \\\n    ")} \\
    '1: :->command' '*:: :->rest'
  case "$state" in
    command)
      local -a commands=(${[...below].map(([word, what]) => single(`${zshText(word)}:${zshText(what)}`)).join(" ")})
      _describe command commands ;;
    rest)
      case "$line[1]" in
${[...below.keys()].map((word) => `        ${word}) ${name([...path, word])} ;;`).join("\n")}
      esac ;;
  esac
}`
  }
  return `#compdef frameio
# Completions of frameio for zsh.
${Commands.all.map(one).join("\n")}
${[...branches()].map(group).join("\n")}
if [ "$funcstack[1]" = "_frameio" ]; then _frameio "$@"; else compdef _frameio frameio; fi
`
}

// -----------------------------------------------------------------------------
// fish
// -----------------------------------------------------------------------------

const fishText = (text: string): string => `'${text.replace(/[\\']/g, (sign) => `\\${sign}`)}'`

const fish = (): string => {
  const seen = (path: ReadonlyArray<string>): string =>
    path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ")
  /** An empty description behind each word: fish would repeat the option's. */
  const flagLine = (flag: CommandLine.Flag<unknown>, when: string): string => {
    const value = flag.value
    const takes =
      value === undefined
        ? ""
        : value.completes === "file"
          ? " -r -F"
          : value.completes === "nothing"
            ? " -x"
            : ` -x -a ${fishText(value.completes.map((word) => `${word}\\t`).join(" "))}`
    return `complete -c frameio${when} -l ${flag.name}${flag.letter === undefined ? "" : ` -s ${flag.letter}`}${takes} -d ${fishText(flag.description)}`
  }
  const commands = [...branches()].flatMap(([before, below]) => {
    const words = [...below.keys()].join(" ")
    const when =
      before === ""
        ? "__fish_use_subcommand"
        : `${seen(before.split(" "))}; and not __fish_seen_subcommand_from ${words}`
    return [...below].map(([word, what]) => `complete -c frameio -n ${fishText(when)} -a ${word} -d ${fishText(what)}`)
  })
  const options = Commands.all.flatMap((command) => {
    const when = ` -n ${fishText(seen(command.path))}`
    return [
      ...CommandLine.flagsOf(command).map((flag) => flagLine(flag, when)),
      ...CommandLine.argumentsOf(command)
        .slice(0, 1)
        .flatMap(({ kind }) => {
          if (kind.completes === "file") return [`complete -c frameio${when} -F`]
          return kind.completes === "nothing"
            ? []
            : [`complete -c frameio${when} -a ${fishText(kind.completes.join(" "))}`]
        })
    ]
  })
  return `# Completions of frameio for fish.
complete -c frameio -f
${[...globals.map((flag) => flagLine(flag, "")), ...commands, ...options].join("\n")}
`
}

/**
 * The script that a shell reads.
 *
 * @since 0.1.0
 * @category printing
 */
export const script = (shell: Shell): string => {
  switch (shell) {
    case "bash":
      return bash()
    case "zsh":
      return zsh()
    case "fish":
      return fish()
  }
}
