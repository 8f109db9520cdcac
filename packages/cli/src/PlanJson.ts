/**
 * Plans and audits as JSON lines: `Line`, `Finding` and at the end `Summary`, with the same names as in events, status
 * and report.
 *
 * @since 0.1.0
 */
import type { FolderPlan } from "@effect-frameio/batch/FolderPlan"
import type { Progress } from "@effect-frameio/batch/FolderReader"
import * as PlanFile from "@effect-frameio/batch/PlanFile"
import type { StackAudit } from "@effect-frameio/batch/StackAudit"
import type { Finding, Group } from "@effect-frameio/batch/VersionGrouping"
import * as Chunk from "effect/Chunk"
import * as Stream from "effect/Stream"
import type * as JsonOutput from "./JsonOutput.js"

/**
 * Text in larger pieces, because many small writes are slow.
 *
 * @since 0.1.0
 * @category printing
 */
export const parcels = (pieces: Iterable<string>): Stream.Stream<string> =>
  Stream.fromIterable(pieces).pipe(
    Stream.rechunk(512),
    Stream.chunks,
    Stream.map((chunk) => Chunk.join(chunk, ""))
  )

/**
 * Whether a finding keeps something out, or is a fault.
 *
 * @since 0.1.0
 * @category guards
 */
export const isLeftOut = ({ severity }: Finding): boolean => severity === "left-out"

type Said =
  | typeof JsonOutput.Line.Encoded
  | typeof JsonOutput.Finding.Encoded
  | typeof JsonOutput.PlanSummary.Encoded
  | typeof JsonOutput.AuditSummary.Encoded

const line = (value: Said): string => `${JSON.stringify(value)}\n`

const readOf = ({ files, folders, requests, stacks }: Progress) => ({ folders, files, stacks, requests })

function* common(groups: ReadonlyArray<Group>, findings: ReadonlyArray<Finding>): Generator<string> {
  for (const row of PlanFile.jsonRows(groups)) yield line({ _tag: "Line", ...row })
  for (const { assets, base, folder, kind, message, severity } of findings) {
    yield line({ _tag: "Finding", severity, kind, folder, stack: base, assets, message })
  }
}

/**
 * A plan.
 *
 * @since 0.1.0
 * @category printing
 */
export function* ofPlan(plan: FolderPlan): Generator<string> {
  yield* common(plan.groups, plan.findings)
  yield line({
    _tag: "Summary",
    folderId: plan.folder.id,
    versions: plan.jobs,
    stacks: plan.groups.length,
    leftOut: plan.findings.filter(isLeftOut).length,
    alone: plan.single,
    foldersNotRead: plan.foldersBelow,
    suggestedRule: plan.suggestion?.name ?? null,
    read: readOf(plan.read)
  })
}

/**
 * An audit; its lines are those of the plan that mends.
 *
 * @since 0.1.0
 * @category printing
 */
export function* ofAudit(audit: StackAudit): Generator<string> {
  yield* common(audit.mend, audit.findings)
  yield line({
    _tag: "Summary",
    folderId: audit.folder.id,
    faults: audit.findings.filter(isLeftOut).length,
    notes: audit.findings.filter((finding) => !isLeftOut(finding)).length,
    mended: audit.mend.reduce((sum, { lines }) => sum + lines.length, 0),
    unstacked: audit.unstacked,
    foldersNotRead: audit.foldersBelow,
    suggestedRule: audit.suggestion?.name ?? null,
    read: readOf(audit.read)
  })
}
