/**
 * A plan of versions: a list of pairs, checked as a whole before anything is sent.
 *
 * A pair puts `next_asset_id` on the stack of `asset_id`. All pairs that end on one stack form a chain, whose links go
 * in file order; chains go side by side. `A,B` and `B,C` are one chain: B is then inside the stack of A, so C goes
 * there too, after B, wherever the two lines stand in the file.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { KINDS, PlanBuilder } from "./internal/plan/planBuilder.js"
import { readPairs } from "./internal/plan/readPairs.js"

/**
 * One version to put on a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Link {
  /** The pair's line: 1 for the first line of the file, the header included. */
  readonly line: number
  /** The target that the pair names, in lower case. The stack it ends up on is the chain's. */
  readonly assetId: AssetId
  /** The new version, in lower case. */
  readonly nextAssetId: AssetId
  /** The other columns or fields of the line, untouched; absent when there are none. */
  readonly fields: Readonly<Record<string, unknown>> | undefined
  /** The new version's name: the column `name`, if there is one. */
  readonly name?: string | undefined
  /**
   * Whether an earlier run sent it without learning the outcome. Such a link is looked up before it is sent again.
   * Absent in a new plan.
   */
  readonly isUnsettled?: boolean | undefined
  /**
   * Whether an earlier run has confirmed it: such a link is looked up but never sent, and fails with `MovedSince` if it
   * is no longer in place. Absent in a new plan.
   */
  readonly isConfirmed?: boolean | undefined
  /**
   * For a version already on its stack that is put on top of it: the stack's versions before that, oldest first.
   */
  readonly order?: ReadonlyArray<AssetId> | undefined
  /** The folder that it lay in before the job moved it to its stack's folder: undo takes it back there. */
  readonly home?: AssetId | undefined
  /** Whether the job only changed shares for it, so that undo has nothing to take out of a stack. */
  readonly isShownOnly?: boolean | undefined
  /** Whether no answer to its request is known, which may still be under way when it is to be taken out. */
  readonly mayArrive?: boolean | undefined
}

/**
 * The state of a target when the plan was made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expected {
  /** A file in no stack, or a stack. */
  readonly kind: "file" | "stack"
  /** Its name. */
  readonly name: string | undefined
  /** The folder of a file: as long as the file is there, it is in no stack. */
  readonly folderId: string | undefined
  /** The newest version of a stack. */
  readonly coverId: string | undefined
}

/**
 * All versions that go on one stack, in order.
 *
 * @since 0.1.0
 * @category models
 */
export interface Chain {
  /** Its place among the chains, from 0, by the first line of each. */
  readonly index: number
  /** The asset or stack that all links go on: the only asset of the chain that no pair brings. */
  readonly target: AssetId
  /** At least one. */
  readonly links: ReadonlyArray<Link>
  /**
   * The state of the target when the plan was made, if the plan says so; a target that has changed since is left alone.
   */
  readonly expected?: Expected | undefined
  /** How far an earlier run got with it; absent in a new plan. */
  readonly resumed?:
    | {
        /** The stack's id, if an answer gave it. */
        readonly stack: AssetId | undefined
        /** How many links before these are in place. */
        readonly inPlace: number
      }
    | undefined
}

/**
 * The links that a job has put on one stack, to be taken out again.
 *
 * @since 0.1.0
 * @category models
 */
export interface StackedChain {
  /** Its place among the chains of the plan, from 0. */
  readonly index: number
  /** The asset or stack that the plan names. */
  readonly target: AssetId
  /** The stack's id, if an answer gave it. */
  readonly stack: AssetId | undefined
  /** Its name in the plan. */
  readonly stackName?: string | undefined
  /** Whether the job may have made the stack, because it sent the first version to the target itself. */
  readonly madeStack: boolean
  /** The line of the first version that the job put there. */
  readonly firstLine: number
  /** The newest first. */
  readonly links: ReadonlyArray<Link>
}

/**
 * A valid plan.
 *
 * @since 0.1.0
 * @category models
 */
export interface VersionPlan {
  /** In file order of their first lines. */
  readonly chains: ReadonlyArray<Chain>
  /** How many links all chains have together. */
  readonly jobs: number
}

/**
 * One problem of an input.
 *
 * @since 0.1.0
 * @category errors
 */
export const PlanProblem = Schema.Struct({
  /** The kind of problem, for programs. */
  kind: Schema.Literal(...KINDS),
  /** 1 for the first line; absent if the problem is about the whole input. */
  line: Schema.UndefinedOr(Schema.Int),
  /** 1 for the line's first character, where known. */
  column: Schema.UndefinedOr(Schema.Int),
  /** The problem and the advice, for people. */
  message: Schema.String
})

/**
 * One problem of an input.
 *
 * @since 0.1.0
 * @category errors
 */
export type PlanProblem = typeof PlanProblem.Type

const PRINTED = 20

/** @internal */
export const NO_PAIRS = "There are no pairs."

/**
 * The input is not a valid plan; none of it was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class PlanRefused extends Schema.TaggedError<PlanRefused>("@effect-frameio/batch/VersionPlan/PlanRefused")(
  "PlanRefused",
  {
    /** By line; the first `maxProblems` found. */
    problems: Schema.Array(PlanProblem),
    /** How many there are in all. */
    total: Schema.Int
  }
) {
  override get message(): string {
    const printed = this.problems.slice(0, PRINTED).map((problem) => `  ${describeProblem(problem)}`)
    const rest = this.total - printed.length
    const count = this.total === 1 ? "one problem" : `${this.total} problems`
    return [`The plan has ${count}; nothing was sent.`, ...printed, ...(rest > 0 ? [`  and ${rest} more`] : [])].join(
      "\n"
    )
  }
}

/**
 * A problem on one line of text: `line 3, column 7: …`.
 *
 * @since 0.1.0
 * @category errors
 */
export const describeProblem = (problem: PlanProblem): string => {
  if (problem.line === undefined) return problem.message
  const column = problem.column === undefined ? "" : `, column ${problem.column}`
  return `line ${problem.line}${column}: ${problem.message}`
}

/**
 * How the pairs are written: CSV with a header (delimited by commas, semicolons or tabs), one JSON object per line, or
 * whichever of the two the first character indicates.
 *
 * @since 0.1.0
 * @category options
 */
export type Format = "csv" | "jsonl" | "auto"

/**
 * How to read an input.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Default `"auto"`. */
  readonly format?: Format | undefined
  /** The longest line, or record with quoted line breaks, in bytes. Default 1 048 576. */
  readonly maxLineBytes?: number | undefined
  /** How many problems to keep; all are counted. Default 1000. */
  readonly maxProblems?: number | undefined
  /**
   * Whether versions may go onto a stack in another order than their columns `position` or `version` give. Default
   * false.
   */
  readonly anyOrder?: boolean | undefined
}

/**
 * The defaults of {@link Options}.
 *
 * @internal
 */
export const defaults = {
  format: "auto",
  maxLineBytes: 1_048_576,
  maxProblems: 1000,
  anyOrder: false
} as const

/**
 * The options with the defaults filled in.
 *
 * @internal
 */
export const withDefaults = (
  options: Options | undefined
): { readonly [K in keyof Options]-?: NonNullable<Options[K]> } => ({
  format: options?.format ?? defaults.format,
  maxLineBytes: options?.maxLineBytes ?? defaults.maxLineBytes,
  maxProblems: options?.maxProblems ?? defaults.maxProblems,
  anyOrder: options?.anyOrder ?? defaults.anyOrder
})

const built = (builder: PlanBuilder): Effect.Effect<VersionPlan, PlanRefused> => {
  const result = builder.build()
  if (!result.ok) return Effect.fail(new PlanRefused({ problems: result.problems, total: result.total }))
  // The builder has checked every id against the pattern of the brand.
  return Effect.succeed({
    chains: result.chains as ReadonlyArray<Chain>,
    jobs: result.jobs
  })
}

/**
 * Reads a plan from the bytes of a file or a pipe; memory grows with the plan, not with the input. A plan too large for
 * memory goes into a `Ledger` instead.
 *
 * Fails with every problem of the input at once. UTF-8, with or without a byte order mark; any line endings.
 *
 * @example
 * ```ts
 * const plan = yield* VersionPlan.fromBytes(PlanSource.file("plan.csv")).pipe(
 *   Effect.tapErrorTag("PlanRefused", ({ problems }) =>
 *     Console.error(problems.map(VersionPlan.describeProblem).join("\n"))
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromBytes = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  options?: Options
): Effect.Effect<VersionPlan, PlanRefused | E, R> =>
  Effect.suspend(() => {
    const { anyOrder, maxProblems, ...reading } = withDefaults(options)
    const builder = new PlanBuilder(maxProblems, anyOrder)
    return Effect.zipRight(
      readPairs(bytes, builder, reading),
      Effect.suspend(() => built(builder))
    )
  }).pipe(Effect.withSpan("VersionPlan.fromBytes"))

/**
 * Reads a plan from text, such as a request's body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromString = (text: string, options?: Options): Effect.Effect<VersionPlan, PlanRefused> =>
  Effect.suspend(() => fromBytes(Stream.make(new TextEncoder().encode(text)), options))

/**
 * A pair in a program.
 *
 * @since 0.1.0
 * @category models
 */
export interface Pair {
  /** The asset or stack to put the version on. */
  readonly assetId: string
  /** The new version. */
  readonly nextAssetId: string
  /** Any other fields; they come back on the link. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Makes a plan from pairs with the same checks; a line is a pair's place, from 1.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromPairs = (
  pairs: Iterable<Pair>,
  options?: Pick<Options, "anyOrder" | "maxProblems">
): Effect.Effect<VersionPlan, PlanRefused> =>
  Effect.suspend(() => {
    const { anyOrder, maxProblems } = withDefaults(options)
    const builder = new PlanBuilder(maxProblems, anyOrder)
    let line = 0
    for (const pair of pairs) builder.pair(++line, pair.assetId, pair.nextAssetId, pair.fields)
    if (line === 0) builder.problem("empty", undefined, NO_PAIRS)
    return built(builder)
  })
