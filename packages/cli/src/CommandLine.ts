/**
 * A command line as data: commands, their options and arguments. Help, completions, the check of the words and the
 * parser are all derived from it. Pure, and light enough for `--help`.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"

/**
 * The meaning of the words given for an option or an argument, or the problem with them.
 *
 * @since 0.1.0
 * @category models
 */
export type Read<A> = { readonly ok: true; readonly value: A } | { readonly ok: false; readonly problem: string }

/**
 * A kind of word.
 *
 * @since 0.1.0
 * @category models
 */
export interface Kind<A> {
  /** Stands for it in help, such as `file`. */
  readonly label: string
  /** Words that a shell offers for it. */
  readonly completes: "file" | "nothing" | ReadonlyArray<string>
  /** Reads a word; a problem continues the sentence "--option is …". */
  readonly read: (word: string) => Read<A>
}

const ok = <A>(value: A): Read<A> => ({ ok: true, value })

const wrong = (problem: string): Read<never> => ({ ok: false, problem })

/**
 * Any text.
 *
 * @since 0.1.0
 * @category kinds
 */
export const text = (label: string): Kind<string> => ({ label, completes: "nothing", read: ok })

/**
 * A path.
 *
 * @since 0.1.0
 * @category kinds
 */
export const file: Kind<string> = {
  label: "file",
  completes: "file",
  read: (word) => (word === "" ? wrong("empty; it must be a file") : ok(word))
}

/**
 * A whole number.
 *
 * @since 0.1.0
 * @category kinds
 */
export const integer: Kind<number> = {
  label: "n",
  completes: "nothing",
  read: (word) =>
    /^[+-]?\d+$/.test(word.trim()) && Number.isSafeInteger(Number(word))
      ? ok(Number(word))
      : wrong(`${JSON.stringify(word)}; it must be a whole number`)
}

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }

/**
 * A duration such as `500ms`, `90s`, `30m`, `2h` or `1d`, in seconds; without a unit it is seconds.
 *
 * @since 0.1.0
 * @category kinds
 */
export const duration: Kind<number> = {
  label: "time",
  completes: "nothing",
  read: (word) => {
    const [, count, unit = "s"] = /^\s*(\d+(?:\.\d+)?)\s*(ms|[smhd])?\s*$/i.exec(word) ?? []
    const factor = SECONDS[unit.toLowerCase()]
    return count === undefined || factor === undefined
      ? wrong(`${JSON.stringify(word)}; it must be a time such as 90s, 30m or 2h`)
      : ok(Number(count) * factor)
  }
}

/**
 * One of some words.
 *
 * @since 0.1.0
 * @category kinds
 */
export const choice = <const A extends string>(label: string, words: ReadonlyArray<A>): Kind<A> => ({
  label,
  completes: words,
  read: (word) => {
    const found = words.find((one) => one === word)
    return found === undefined ? wrong(`${JSON.stringify(word)}; it must be ${words.join(", ")}`) : ok(found)
  }
})

/**
 * Any text, with words that a shell offers.
 *
 * @since 0.1.0
 * @category kinds
 */
export const suggested = (label: string, completes: ReadonlyArray<string>): Kind<string> => ({
  label,
  completes,
  read: ok
})

/**
 * An option such as `--ledger job.db`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Flag<out A> {
  readonly _tag: "Flag"
  /** Without its dashes. */
  readonly name: string
  /** One letter, without its dash. */
  readonly letter: string | undefined
  /** Absent for an option without a value. */
  readonly value: Kind<unknown> | undefined
  readonly required: boolean
  /** Whether it may be given several times. */
  readonly many: boolean
  /** The default, for help. */
  readonly fallback: string | undefined
  /** A sentence, for help. */
  readonly description: string
  /** Reads its words, one for each time it was given; empty words if it has no value. */
  readonly read: (words: ReadonlyArray<string>) => Read<A>
}

/**
 * A word of its own, such as a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Argument<out A> {
  readonly _tag: "Argument"
  readonly name: string
  readonly kind: Kind<unknown>
  readonly required: boolean
  /** Takes all the words that are left. */
  readonly many: boolean
  /** A sentence, for help. */
  readonly description: string
  readonly read: (words: ReadonlyArray<string>) => Read<A>
}

const flag = <A>(
  name: string,
  options: {
    readonly description: string
    readonly read: (words: ReadonlyArray<string>) => Read<A>
    readonly value?: Kind<unknown> | undefined
    readonly required?: boolean
    readonly many?: boolean
    readonly fallback?: string | undefined
    readonly letter?: string | undefined
  }
): Flag<A> => ({
  _tag: "Flag",
  name,
  letter: options.letter,
  value: options.value,
  required: options.required ?? false,
  many: options.many ?? false,
  fallback: options.fallback,
  description: options.description,
  read: options.read
})

/**
 * An option without a value.
 *
 * @since 0.1.0
 * @category options
 */
export const toggle = (name: string, description: string, letter?: string): Flag<boolean> =>
  flag(name, { description, letter, read: (words) => ok(words.length > 0) })

const all = <A>(name: string, kind: Kind<A>, words: ReadonlyArray<string>): Read<ReadonlyArray<A>> => {
  const values: Array<A> = []
  for (const word of words) {
    const read = kind.read(word)
    if (!read.ok) return wrong(`${name} is ${read.problem}.`)
    values.push(read.value)
  }
  return ok(values)
}

const once =
  <A, B>(name: string, kind: Kind<A>, given: (value: A) => B, absent: () => Read<B>) =>
  (words: ReadonlyArray<string>): Read<B> => {
    const [word] = words
    if (word === undefined) return absent()
    if (words.length > 1) return wrong(`--${name} is given ${words.length} times; give it once.`)
    const read = kind.read(word)
    return read.ok ? ok(given(read.value)) : wrong(`--${name} is ${read.problem}.`)
  }

/**
 * An option whose value may be omitted. `fallback` describes the default, for help.
 *
 * @since 0.1.0
 * @category options
 */
export const optional = <A>(
  name: string,
  kind: Kind<A>,
  description: string,
  fallback?: string
): Flag<Option.Option<A>> =>
  flag(name, {
    description,
    value: kind,
    fallback,
    read: once<A, Option.Option<A>>(name, kind, Option.some, () => ok(Option.none()))
  })

/**
 * An option with a default value.
 *
 * @since 0.1.0
 * @category options
 */
export const withDefault = <A extends string | number>(
  name: string,
  kind: Kind<A>,
  value: A,
  description: string
): Flag<A> =>
  flag(name, {
    description,
    value: kind,
    fallback: String(value),
    read: once<A, A>(
      name,
      kind,
      (given) => given,
      () => ok(value)
    )
  })

/**
 * An option that may be given several times.
 *
 * @since 0.1.0
 * @category options
 */
export const repeated = <A>(name: string, kind: Kind<A>, description: string): Flag<ReadonlyArray<A>> =>
  flag(name, {
    description,
    value: kind,
    many: true,
    read: (words) => all(`--${name}`, kind, words)
  })

/**
 * A required argument.
 *
 * @since 0.1.0
 * @category arguments
 */
export const argument = <A>(name: string, kind: Kind<A>, description: string): Argument<A> => ({
  _tag: "Argument",
  name,
  kind,
  required: true,
  many: false,
  description,
  read: ([word]) => {
    if (word === undefined) return wrong(`<${name}> is missing.`)
    const read = kind.read(word)
    return read.ok ? read : wrong(`<${name}> is ${read.problem}.`)
  }
})

/**
 * Any number of arguments.
 *
 * @since 0.1.0
 * @category arguments
 */
export const many = <A>(
  name: string,
  kind: Kind<A>,
  description: string,
  options: {
    /** Whether at least one is required. */
    readonly atLeastOne: boolean
  }
): Argument<ReadonlyArray<A>> => ({
  _tag: "Argument",
  name,
  kind,
  required: options.atLeastOne,
  many: true,
  description,
  read: (words) =>
    options.atLeastOne && words.length === 0 ? wrong(`<${name}> is missing.`) : all(`<${name}>`, kind, words)
})

/**
 * The parameters of a command, by the names that its handler gets them under. Arguments are in the order of the line.
 *
 * @since 0.1.0
 * @category models
 */
export interface Parameters {
  readonly [key: string]: Flag<unknown> | Argument<unknown>
}

/**
 * The values that a command's handler gets.
 *
 * @since 0.1.0
 * @category models
 */
export type Given<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends Flag<infer A> ? A : P[K] extends Argument<infer A> ? A : never
}

/**
 * A line to try, and what it does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Example {
  readonly line: string
  readonly does?: string | undefined
}

/**
 * A command.
 *
 * @since 0.1.0
 * @category models
 */
export interface Command<out P extends Parameters = Parameters> {
  /** The words that call it, without the program's name. */
  readonly path: ReadonlyArray<string>
  /** Its purpose, on one line. */
  readonly summary: string
  /** Paragraphs of help. */
  readonly about: ReadonlyArray<string>
  readonly parameters: P
  /** Where it sends requests; those to Frame.io need the token and the address. */
  readonly sends: "to-frameio" | "to-itself" | "nothing"
  /** The meaning of its exit codes, if they mean more than usual. */
  readonly exits?: ReadonlyArray<readonly [code: number, meaning: string]> | undefined
  /** Further parts of its help: a title, and rows of a term and its meaning. */
  readonly sections?: ReadonlyArray<Section> | undefined
  readonly examples: ReadonlyArray<Example>
}

/**
 * A titled part of a command's help.
 *
 * @since 0.1.0
 * @category models
 */
export interface Section {
  readonly title: string
  readonly rows: ReadonlyArray<readonly [term: string, meaning: string]>
}

/**
 * A command that keeps its parameters' types.
 *
 * @since 0.1.0
 * @category constructors
 */
export const command = <const P extends Parameters>(declared: Command<P>): Command<P> => declared

/**
 * A command's options.
 *
 * @since 0.1.0
 * @category getters
 */
export const flagsOf = (self: Command): ReadonlyArray<Flag<unknown>> =>
  Object.values(self.parameters).filter((one) => one._tag === "Flag")

/**
 * A command's arguments, in the order of the line.
 *
 * @since 0.1.0
 * @category getters
 */
export const argumentsOf = (self: Command): ReadonlyArray<Argument<unknown>> =>
  Object.values(self.parameters).filter((one) => one._tag === "Argument")

/**
 * The values of a line, or its problems.
 *
 * @since 0.1.0
 * @category models
 */
export type Decoded<P extends Parameters> =
  | { readonly ok: true; readonly value: Given<P> }
  | { readonly ok: false; readonly problems: ReadonlyArray<{ readonly parameter: string; readonly problem: string }> }

/**
 * Gives each parameter its words and reads them: option values by name, arguments by position.
 *
 * @since 0.1.0
 * @category combinators
 */
export const decode = <P extends Parameters>(
  parameters: P,
  line: { readonly flags: ReadonlyMap<string, ReadonlyArray<string>>; readonly words: ReadonlyArray<string> }
): Decoded<P> => {
  const value: Record<string, unknown> = {}
  const problems: Array<{ readonly parameter: string; readonly problem: string }> = []
  let at = 0
  for (const [key, one] of Object.entries(parameters)) {
    let words: ReadonlyArray<string>
    if (one._tag === "Flag") words = line.flags.get(one.name) ?? []
    else {
      const until = one.many ? line.words.length : at + 1
      words = line.words.slice(at, until)
      at = until
    }
    const read = one.read(words)
    if (read.ok) value[key] = read.value
    else problems.push({ parameter: one.name, problem: read.problem })
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: value as Given<P> }
}
