/**
 * Files and stacks by their names: which go on which, in what order, and everything that a person should know or decide
 * first. Pure, and the same whatever the order in which the files come.
 *
 * Nothing is guessed. What can be meant in two ways is a finding and stays out of the plan, and so does what would have
 * to go above it, because Frame.io stacks in the order of the calls and what is stacked cannot be put in between later.
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
  /** Its size, where it is told. */
  readonly bytes?: number | undefined
  /** Whether all of its content has arrived, where it is told. */
  readonly arrived?: boolean | undefined
  /** ISO 8601 in UTC, where it is told. */
  readonly createdAt?: string | undefined
  readonly folder: Folder
}

/**
 * A stack that is there already.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stack {
  readonly id: string
  readonly name: string
  readonly folder: Folder
  /** Its newest version, where the listing tells. */
  readonly coverId: string | null
  /** The files in it; absent while they have not been read, or when they could not be. */
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
  /** Files that are in no stack. */
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
  /** Whether files of different folders may go on one stack. Default false: every folder by itself. */
  readonly acrossFolders?: boolean | undefined
}

/**
 * The kind of a finding.
 *
 * - `no-rule`: a name that the rule does not speak of.
 * - `ambiguous-name`: a name that can be read in two ways, or that begins like a series and is not read.
 * - `ambiguous-series`: versions that can be something else: days of another order, frames, times of day.
 * - `duplicate-version`: two files of one version, or a file of a version that is on the stack already.
 * - `waits`: a file that would go above one that is in doubt.
 * - `out-of-order`: a file that is older than the stack's newest version.
 * - `mixed-types`: files of one series with different `asset_type`.
 * - `several-stacks`: two stacks of one base.
 * - `unclear-stack`: a stack whose name or members do not tell by the rule what its newest version is.
 * - `stack-order`: a stack whose newest version is not its highest, or whose versions do not ascend.
 * - `member`: a stack's member whose name the rule does not speak of.
 * - `gap`: a version that is missing.
 * - `near-match`: series that differ only in what people and systems write now one way and now another.
 * - `spaces`: spaces at the ends of a name.
 * - `unprocessed`: a file whose type is not told, as before it has been processed.
 * - `folder-unread`, `stack-unread`: what could not be read.
 * - `changed`: a folder that was changed while it was read.
 * - `not-a-file`: an asset that is neither file, folder nor stack.
 * - `same-content`: a file that is there already, or that has the content of another.
 * - `leftover`: what operating systems leave in folders, such as `.DS_Store`.
 * - `placeholder`: a file whose content has not arrived, because its upload goes on or never ended.
 * - `loose-sibling`: files that belong on a stack by their names and lie beside it.
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
 * In what the names of one series can differ: upper and lower case, separators, invisible and compatibility characters,
 * the extension, a number behind the version, the folder.
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
  /** The base of the series; empty where it is about no series. */
  readonly base: string
  /** The assets concerned. */
  readonly assets: ReadonlyArray<{ readonly id: string; readonly name: string }>
  /** The finding and the advice, for people. */
  readonly message: string
  /** The difference between the names of a `near-match`. */
  readonly differ?: ReadonlyArray<Difference> | undefined
}

/**
 * A version to be put on a stack.
 *
 * @since 0.1.0
 * @category models
 */
export interface Line {
  readonly nextAssetId: string
  readonly name: string
  /** As its name has it, such as `v003`. */
  readonly version: string
  /** The folder's path. */
  readonly folder: string
  /** Why it goes where it goes, for people. */
  readonly reason: string
  /**
   * For a version that is on the stack already, and is put on top of it: the ids of the stack's versions before that,
   * oldest first.
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
  /** The stack that grows, or the oldest file, on which a new stack will be made. */
  readonly target: {
    readonly kind: "stack" | "file"
    readonly id: string
    readonly name: string
    /** The newest version of the stack, or the file's. */
    readonly version: string
    /** The folder it is in. */
    readonly folderId: string
    /** The asset that is the stack's newest version, where the listing tells; null for a file. */
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
  /** How many series have nothing to do: one file alone. */
  readonly single: number
}

/**
 * The stacks whose members have to be read before grouping: those whose name has the base of a file that is in no stack,
 * and those whose name says nothing, beside such files. All others have nothing to get.
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
 * Groups what there is by a rule. The stacks that {@link touchedStacks} names have to be there with their members.
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
 * The order of findings: by folder, base, kind, and then by what they are about.
 *
 * @internal
 */
export const byPlace = (one: Finding, other: Finding): number =>
  compare(one.folder, other.folder) ||
  compare(one.base, other.base) ||
  compare(one.kind, other.kind) ||
  compare(one.assets[0]?.name ?? "", other.assets[0]?.name ?? "") ||
  compare(one.assets[0]?.id ?? "", other.assets[0]?.id ?? "")
