/**
 * A plan as a file that a person reads and edits, and that `VersionPlan` reads back: CSV, or one JSON object per line.
 * Pure.
 *
 * The plan has only what is to be sent; findings go to a file of their own. JSON has the same names in camel case, as
 * all JSON here has: `assetId` for the column `asset_id`. JSON lines are read with either.
 *
 * @since 0.1.0
 */
import * as CsvCell from "./internal/plan/csvCell.js"
import { toJson } from "./internal/plan/jsonName.js"
import { REORDER_FROM } from "./internal/plan/planRules.js"
import type { Finding, Group } from "./VersionGrouping.js"

/**
 * How a plan is written.
 *
 * @since 0.1.0
 * @category models
 */
export type Format = "csv" | "jsonl"

/**
 * The columns of a plan. Only the two ids matter to the job; the columns up to `reason` are for people, and all of them
 * come back as a link's `fields`. `position` counts the versions of a stack, so that re-sorted lines are noticed. The
 * `target_…` columns say what the plan was made against: a `file` in its folder, or a `version_stack` and its newest
 * version. A file without them is read as well, with nothing to check. `reorder_from` is filled only if a line puts a
 * version of a stack on top of it: the ids of all its versions before that, oldest first, separated by spaces.
 *
 * @internal
 */
export const columns = [
  "asset_id",
  "next_asset_id",
  "stack",
  "version",
  "name",
  "target_name",
  "folder",
  "reason",
  "position",
  "target_type",
  "target_folder_id",
  "target_cover_id",
  "reorder_from"
] as const

/**
 * One line of a plan.
 *
 * @internal
 */
export type Row = Readonly<Record<(typeof columns)[number], string>>

/**
 * The lines of groups, in order: all lines of a group name the same target, where the runner finds the stack that the
 * first of them makes.
 *
 * @internal
 */
export function* rows(groups: Iterable<Group>): Generator<Row> {
  for (const { base, lines, target } of groups) {
    for (const [index, line] of lines.entries()) {
      yield {
        asset_id: target.id,
        next_asset_id: line.nextAssetId,
        stack: base,
        version: line.version,
        name: line.name,
        target_name: target.name,
        folder: line.folder,
        reason: line.reason,
        position: String(index + 1),
        target_type: target.kind === "stack" ? "version_stack" : "file",
        target_folder_id: target.folderId,
        target_cover_id: target.coverId ?? "",
        reorder_from: line.order?.join(" ") ?? ""
      }
    }
  }
}

/**
 * One line of a plan under the names that JSON has here: `assetId` for `asset_id`.
 *
 * @since 0.1.0
 * @category models
 */
export interface JsonRow {
  readonly assetId: string
  readonly nextAssetId: string
  readonly stack: string
  readonly version: string
  readonly name: string
  readonly targetName: string
  readonly folder: string
  readonly reason: string
  readonly position: string
  readonly targetType: string
  readonly targetFolderId: string
  readonly targetCoverId: string
  /** Absent if the line puts a file on a stack. */
  readonly reorderFrom?: string
}

const jsonRow = ({ reorder_from, ...row }: Row): JsonRow => toJson(reorder_from === "" ? row : { ...row, reorder_from })

/**
 * {@link rows} under the names that JSON has.
 *
 * @since 0.1.0
 * @category conversions
 */
export function* jsonRows(groups: Iterable<Group>): Generator<JsonRow> {
  for (const row of rows(groups)) yield jsonRow(row)
}

/**
 * The columns of a file of findings.
 *
 * @internal
 */
export const findingColumns = ["severity", "kind", "folder", "stack", "asset_id", "name", "message"] as const

/**
 * One line of a file of findings.
 *
 * @internal
 */
export type FindingRow = Readonly<Record<(typeof findingColumns)[number], string>>

const NOBODY: Finding["assets"][number] = { id: "", name: "" }

/**
 * The lines of findings: one for each asset that a finding is about, or one if it is about none.
 *
 * @internal
 */
export function* findingRows(findings: Iterable<Finding>): Generator<FindingRow> {
  for (const finding of findings) {
    for (const asset of finding.assets.length === 0 ? [NOBODY] : finding.assets) {
      yield {
        severity: finding.severity,
        kind: finding.kind,
        folder: finding.folder,
        stack: finding.base,
        asset_id: asset.id,
        name: asset.name,
        message: finding.message
      }
    }
  }
}

/**
 * A CSV cell: quoted if necessary, with an apostrophe before anything that a spreadsheet would run as a formula
 * (https://owasp.org/www-community/attacks/CSV_Injection); `VersionPlan` removes it again.
 *
 * @since 0.1.0
 * @category encoding
 */
export const cell = (value: string): string => CsvCell.encode(value)

const encode = <Name extends string>(
  names: ReadonlyArray<Name>,
  format: Format,
  row: Readonly<Record<Name, string>>
): string =>
  format === "csv" ? `${names.map((name) => cell(row[name])).join(",")}\n` : `${JSON.stringify(toJson(row))}\n`

/**
 * Writes a plan piece by piece, so that it never has to be in memory as a whole: for CSV the header, then each line
 * with its end.
 *
 * @example
 * ```ts
 * const { groups } = yield* FolderPlan.make(folderId, NamingRule.byName("vfx"))
 * yield* fs.writeFileString("plan.csv", [...PlanFile.write(groups, "csv")].join(""))
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export function* write(groups: Iterable<Group>, format: Format): Generator<string> {
  if (format === "jsonl") {
    for (const row of jsonRows(groups)) yield `${JSON.stringify(row)}\n`
    return
  }
  const all = [...groups]
  const reorders = all.some(({ lines }) => lines.some(({ order }) => order !== undefined))
  const names = reorders ? columns : columns.filter((name) => name !== REORDER_FROM)
  yield `${names.join(",")}\n`
  for (const row of rows(all)) yield encode(names, format, row)
}

/**
 * Writes findings in the same way.
 *
 * @since 0.1.0
 * @category encoding
 */
export function* writeFindings(findings: Iterable<Finding>, format: Format): Generator<string> {
  if (format === "csv") yield `${findingColumns.join(",")}\n`
  for (const row of findingRows(findings)) yield encode(findingColumns, format, row)
}
