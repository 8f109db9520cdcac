/**
 * What the commands write as JSON, as schemas: one set of names in camel case, times in ISO 8601 and UTC, and one object per
 * line. `docs/json.schema.json` is made of them. More fields may come; what is here stays.
 *
 * @since 0.1.0
 */
import * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as LinkError from "@effect-frameio/batch/LinkError"
import * as Schema from "effect/Schema"

const Count = Schema.NonNegativeInt
const Time = Schema.DateTimeUtc

const read = Schema.Struct({ folders: Count, files: Count, stacks: Count, requests: Count })

/** What a summary says of the folder that was read. */
const folder = {
  _tag: Schema.Literal("Summary"),
  folderId: Schema.String,
  foldersNotRead: Count,
  suggestedRule: Schema.NullOr(Schema.String),
  read
}

/**
 * A version to be put on a stack, out of `plan --json` and `stacks audit --json`; without `_tag` a line of `plan --format
 * jsonl`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Line = Schema.TaggedStruct("Line", {
  assetId: Schema.String,
  nextAssetId: Schema.String,
  stack: Schema.String,
  version: Schema.String,
  name: Schema.String,
  targetName: Schema.String,
  folder: Schema.String,
  reason: Schema.String,
  position: Schema.String,
  /** `file` or `version_stack`. */
  targetType: Schema.String,
  targetFolderId: Schema.String,
  targetCoverId: Schema.String
})

/**
 * What a person should know, out of `plan --json` and `stacks audit --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Finding = Schema.TaggedStruct("Finding", {
  severity: Schema.Literal("left-out", "note"),
  kind: Schema.String,
  folder: Schema.String,
  stack: Schema.String,
  assets: Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String })),
  message: Schema.String
})

/**
 * The last line of `plan --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const PlanSummary = Schema.Struct({
  ...folder,
  versions: Count,
  stacks: Count,
  leftOut: Count,
  alone: Count
})

/**
 * The last line of `stacks audit --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const AuditSummary = Schema.Struct({
  ...folder,
  faults: Count,
  notes: Count,
  mended: Count,
  unstacked: Count
})

const Counts = Schema.Struct({
  planned: Count,
  sent: Count,
  confirmed: Count,
  failed: Count,
  skipped: Count,
  undoing: Count,
  undone: Count,
  already: Count,
  total: Count
})

/**
 * What `batch run --dry-run --json` writes.
 *
 * @since 0.1.0
 * @category schemas
 */
const DryRun = Schema.TaggedStruct("DryRun", {
  versions: Count,
  stacks: Count,
  counts: Schema.NullOr(Counts)
})

/**
 * What `batch status --json` writes.
 *
 * @since 0.1.0
 * @category schemas
 */
const Status = Schema.Struct({
  /** Absent for a job on a cluster. */
  ledger: Schema.optional(Schema.String),
  job: Schema.String,
  plan: Schema.NullOr(Schema.String),
  createdAt: Time,
  inUse: Schema.Boolean,
  /** Whether the ledger is a copy from the middle of a run, without its log. */
  isPartial: Schema.Boolean,
  counts: Counts,
  left: Count,
  leftMillis: Schema.NullOr(Schema.Number),
  runs: Schema.Array(
    Schema.Struct({
      kind: Schema.Literal("run", "undo"),
      beganAt: Time,
      endedAt: Schema.NullOr(Time),
      stopped: Schema.NullOr(Schema.String)
    })
  )
})

/**
 * A line of `batch report --jsonl`.
 *
 * @since 0.1.0
 * @category schemas
 */
const ReportRow = Schema.Struct({
  line: Count,
  chain: Count,
  state: Schema.Literal("planned", "sent", "confirmed", "failed", "skipped", "undoing", "undone"),
  how: Schema.NullOr(BatchEvent.Confirmed.fields.how),
  assetId: Schema.String,
  nextAssetId: Schema.String,
  stackId: Schema.NullOr(Schema.String),
  name: Schema.NullOr(Schema.String),
  stack: Schema.NullOr(Schema.String),
  attempts: Count,
  sentAt: Schema.NullOr(Time),
  doneAt: Schema.NullOr(Time),
  error: Schema.NullOr(LinkError.LinkError),
  message: Schema.NullOr(Schema.String),
  fields: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/**
 * Every line by the command that writes it.
 *
 * @since 0.1.0
 * @category schemas
 */
export const all = {
  "plan --json": Schema.Union(Line, Finding, PlanSummary),
  "stacks audit --json": Schema.Union(Line, Finding, AuditSummary),
  "batch run --json, batch undo --json": BatchEvent.BatchEvent,
  "batch run --dry-run --json": DryRun,
  "batch status --json": Status,
  "batch report --jsonl": ReportRow
} as const
