/**
 * Groups files and stacks by their names: which go on which, in what order, and everything that a person should know or
 * decide first. Pure, and independent of the order in which the files come.
 *
 * Nothing is guessed. A file that can be meant in two ways is a finding and stays out of the plan, and so does whatever
 * would have to go above it, because Frame.io stacks in the order of the calls and nothing can be put in between later.
 *
 * @since 0.1.0
 */
import { conclude, readingOf, scopeOf } from "./internal/plan/conclude.js"
import { compare, type Outcome } from "./internal/plan/series.js"
import type { NamingRule } from "./NamingRule.js"

/**
 * A folder, as far as a plan needs it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Folder {
  readonly id: string
  /** Its name with those of the folders above it, for people. */
  readonly path: string
}

/**
 * A file, as far as a plan needs it.
 *
 * @since 0.1.0
 * @category models
 */
export interface File {
  readonly id: string
  readonly name: string
  /** `stream`, `image`, `document`; null until Frame.io has processed it. */
  readonly assetType: string | null
  /** Its size, if known. */
  readonly bytes?: number | undefined
  /** Whether all of its content has arrived, if known. */
  readonly arrived?: boolean | undefined
  /** ISO 8601 in UTC, if known. */
  readonly createdAt?: string | undefined
  readonly folder: Folder
}

/**
 * An existing stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stack {
  readonly id: string
  readonly name: string
  readonly folder: Folder
  /** Its newest version, if the listing says so. */
  readonly coverId: string | null
  /** The files in it; absent if they were not read, or could not be. */
  readonly members: ReadonlyArray<File> | undefined
  /** Why they could not be read. */
  readonly problem?: string | undefined
}

/**
 * The files and stacks to group.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listing {
  /** Files in no stack. */
  readonly files: ReadonlyArray<File>
  readonly stacks: ReadonlyArray<Stack>
}

/**
 * How to group.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Whether files of different folders may go on one stack. Default false: each folder by itself. */
  readonly acrossFolders?: boolean | undefined
}

/**
 * The kind of a finding.
 *
 * - `no-rule`: the rule does not cover the name.
 * - `ambiguous-name`: the name can be read in two ways, or begins like a series and cannot be read.
 * - `ambiguous-series`: versions that may be something else: days in another order, frames, times of day.
 * - `duplicate-version`: two files of one version, or a file of a version that is on the stack already.
 * - `waits`: a file that would go above a doubtful one.
 * - `out-of-order`: a file that is older than the stack's newest version.
 * - `mixed-types`: files of one series with different `asset_type`.
 * - `several-stacks`: two stacks of one base.
 * - `unclear-stack`: the names of a stack and its members do not show which version is its newest.
 * - `stack-order`: a stack whose newest version is not its highest, or whose versions do not ascend.
 * - `member`: the rule does not cover the name of a stack's member.
 * - `gap`: a missing version.
 * - `near-match`: series that differ only in details that people and systems write inconsistently.
 * - `spaces`: spaces at the ends of a name.
 * - `unprocessed`: a file of unknown type, as before Frame.io has processed it.
 * - `folder-unread`, `stack-unread`: a folder or stack could not be read.
 * - `changed`: a folder changed while it was read.
 * - `not-a-file`: an asset that is neither a file, a folder nor a stack.
 * - `same-content`: a file that is there already, or has the content of another.
 * - `leftover`: a file that operating systems leave in folders, such as `.DS_Store`.
 * - `placeholder`: a file without content, because its upload is still going on or never ended.
 * - `loose-sibling`: files that belong on a stack by their names but lie beside it.
 * - `stack-of-one`: a stack with one version, or none.
 * - `duplicate-file`: files of one folder, or of one of its stacks, with the same name and size.
 *
 * @since 0.1.0
 * @category models
 */
export type FindingKind =
  | "no-rule"
  | "ambiguous-name"
  | "ambiguous-series"
  | "duplicate-version"
  | "waits"
  | "out-of-order"
  | "mixed-types"
  | "several-stacks"
  | "unclear-stack"
  | "stack-order"
  | "member"
  | "gap"
  | "near-match"
  | "spaces"
  | "unprocessed"
  | "folder-unread"
  | "stack-unread"
  | "changed"
  | "not-a-file"
  | "same-content"
  | "leftover"
  | "placeholder"
  | "loose-sibling"
  | "stack-of-one"
  | "duplicate-file"

/**
 * Ways in which the names of one series can differ: case, separators, invisible and compatibility characters, the
 * extension, a number after the version, the folder.
 *
 * @since 0.1.0
 * @category models
 */
export type Difference = "case" | "separators" | "characters" | "extension" | "suffix" | "folder"

/**
 * One thing that a person should know.
 *
 * @since 0.1.0
 * @category models
 */
export interface Finding {
  readonly kind: FindingKind
  /** `left-out`: it kept something out of the plan that may belong there. `note`: it did not. */
  readonly severity: "left-out" | "note"
  /** The folder's path. */
  readonly folder: string
  /** The base of the series; empty if the finding is about no series. */
  readonly base: string
  /** The assets concerned. */
  readonly assets: ReadonlyArray<{ readonly id: string; readonly name: string }>
  /** The finding and the advice, for people. */
  readonly message: string
  /** How the names of a `near-match` differ. */
  readonly differ?: ReadonlyArray<Difference> | undefined
}

/**
 * A version to put on a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Line {
  readonly nextAssetId: string
  readonly name: string
  /** As written in its name, such as `v003`. */
  readonly version: string
  /** The folder's path. */
  readonly folder: string
  /** Why it goes there, for people. */
  readonly reason: string
  /**
   * For a version already on the stack that is put on top of it: the ids of the stack's versions before that, oldest
   * first.
   */
  readonly order?: ReadonlyArray<string> | undefined
}

/**
 * A series with something to do: all lines go on one target, in order.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly base: string
  /** The path of the folder that the target is in. */
  readonly folder: string
  /** The stack that grows, or the oldest file, from which a new stack will be made. */
  readonly target: {
    readonly kind: "stack" | "file"
    readonly id: string
    readonly name: string
    /** The newest version of the stack, or the file's version. */
    readonly version: string
    /** The folder it is in. */
    readonly folderId: string
    /** The asset that is the stack's newest version, if the listing says so; null for a file. */
    readonly coverId: string | null
  }
  /** At least one; older versions first. */
  readonly lines: ReadonlyArray<Line>
}

/**
 * The result of grouping.
 *
 * @since 0.1.0
 * @category models
 */
export interface Grouping {
  /** By folder, then base. */
  readonly groups: ReadonlyArray<Group>
  /** By folder, then base, then kind. */
  readonly findings: ReadonlyArray<Finding>
  /** How many series have nothing to do: a single file. */
  readonly single: number
}

/**
 * The stacks whose members must be read before grouping: those whose name has the base of a file in no stack, and,
 * beside such files, those whose name says nothing. No other stack can grow.
 *
 * @since 0.1.0
 * @category grouping
 */
export const touchedStacks = (rule: NamingRule, listing: Listing, options?: Options): ReadonlyArray<Stack> => {
  if (listing.stacks.length === 0) return []
  const scope = scopeOf(options)
  const keys = new Set<string>()
  const folders = new Set<string>()
  for (const file of listing.files) {
    const fits = readingOf(rule, file.name)
    if (fits === undefined) continue
    keys.add(scope(file.folder, fits.key))
    folders.add(scope(file.folder, ""))
  }
  return listing.stacks.filter((stack) => {
    const fits = readingOf(rule, stack.name)
    return fits === undefined ? folders.has(scope(stack.folder, "")) : keys.has(scope(stack.folder, fits.key))
  })
}

const isSingle = ({ series }: Outcome): boolean => series.loose.length === 1 && series.stacks.length === 0

/**
 * Groups files and stacks by a rule. The stacks that {@link touchedStacks} returns must come with their members.
 *
 * @example
 * ```ts
 * const shots = { id: "f1", path: "Shots" }
 * const files = ["ABC_010_v001.mov", "ABC_010_v002.mov"].map((name) => ({
 *   ...{ id: name, name, folder: shots, assetType: "stream", createdAt: undefined }
 * }))
 * const { findings, groups } = VersionGrouping.group(NamingRule.byName("vfx"), { files, stacks: [] })
 * ```
 *
 * @since 0.1.0
 * @category grouping
 */
export const group = (rule: NamingRule, listing: Listing, options?: Options): Grouping => {
  const { findings, outcomes } = conclude(rule, listing, options)
  const groups = outcomes.flatMap((outcome) => outcome.group ?? [])
  return {
    groups: groups.sort(
      (one, other) =>
        compare(one.folder, other.folder) || compare(one.base, other.base) || compare(one.target.id, other.target.id)
    ),
    findings: [...findings, ...outcomes.flatMap((outcome) => outcome.findings)].sort(byPlace),
    single: outcomes.filter(isSingle).length
  }
}

/**
 * The order of findings: by folder, base, kind, then by their assets.
 *
 * @internal
 */
export const byPlace = (one: Finding, other: Finding): number =>
  compare(one.folder, other.folder) ||
  compare(one.base, other.base) ||
  compare(one.kind, other.kind) ||
  compare(one.assets[0]?.name ?? "", other.assets[0]?.name ?? "") ||
  compare(one.assets[0]?.id ?? "", other.assets[0]?.id ?? "")
