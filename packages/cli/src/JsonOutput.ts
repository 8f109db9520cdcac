/**
 * The commands' JSON output as schemas: one set of names in camel case, times in ISO 8601 and UTC, and one object per
 * line; an asset has Frame.io's own names. `docs/json.schema.json` is made from them. Fields may be added; existing
 * ones stay.
 *
 * A command that fails says so by its exit code and on standard error. Standard output has what was written before, and
 * the failures in these schemas.
 *
 * @since 0.1.0
 */
import * as BatchEvent from "@effect-frameio/batch/BatchEvent"
import * as LinkError from "@effect-frameio/batch/LinkError"
import * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import * as Schema from "effect/Schema"

const Count = Schema.NonNegativeInt
const Time = Schema.DateTimeUtc

const Text = Schema.NullOr(Schema.String)

/**
 * An asset. Over v2 it has every field that Frame.io sends, over V4 those that v2 has too.
 *
 * @since 0.1.0
 * @category schemas
 */
const Asset = Schema.Struct(
  {
    id: Schema.String,
    /** `file`, `folder`, `version_stack`, or a future kind. */
    type: Schema.String,
    name: Schema.optional(Text),
    parent_id: Schema.optional(Text),
    inserted_at: Schema.optional(Text),
    filesize: Schema.optional(Schema.NullOr(Schema.Number))
  },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
)

const Api = Schema.Literal("v2", "v4")

const User = Schema.Struct({
  id: Schema.String,
  name: Schema.optional(Schema.String),
  email: Schema.optional(Schema.String)
})

const LoginKind = Schema.Literal("developer-token", "service", "person")

/**
 * The output of `whoami --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
const WhoAmI = Schema.Struct({
  api: Api,
  /** Null over v2, which has no call for it. */
  user: Schema.NullOr(User),
  accounts: Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String })),
  kind: LoginKind,
  /** A variable, or the file of the login. */
  from: Schema.String,
  host: Schema.String
})

/**
 * The output of `auth status --json` and `auth login --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
const AuthStatus = Schema.Struct({
  kind: LoginKind,
  from: Schema.String,
  host: Text,
  api: Schema.NullOr(Api),
  user: Schema.NullOr(User),
  expiresAt: Schema.NullOr(Time),
  renewedAutomatically: Schema.Boolean
})

/**
 * The output of `auth logout --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
const AuthLogout = Schema.Struct({
  /** Whether there was a login. */
  deleted: Schema.Boolean,
  /** Whether its tokens are revoked at Adobe; null if there are none. */
  revoked: Schema.NullOr(Schema.Boolean)
})

/**
 * The output of `doctor --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
const Doctor = Schema.Struct({
  checks: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      state: Schema.Literal("ok", "warn", "fail"),
      what: Schema.String,
      todo: Schema.Array(Schema.String)
    })
  )
})

const read = Schema.Struct({ folders: Count, files: Count, stacks: Count, requests: Count })

/** The folder that was read, in a summary. */
const folder = {
  _tag: Schema.Literal("Summary"),
  folderId: Schema.String,
  foldersNotRead: Count,
  suggestedRule: Schema.NullOr(Schema.String),
  read
}

/**
 * A version to put on a stack, in `plan --json` and `stacks audit --json`; without `_tag`, a line of `plan --format
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
  targetCoverId: Schema.String,
  /**
   * If the version is on the stack already and is put on top of it: the ids of all its versions before that, oldest
   * first.
   */
  reorderFrom: Schema.optional(Schema.String)
})

/**
 * A finding of `plan --json` and `stacks audit --json`.
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
 * The output of `batch run --dry-run --json`.
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
 * The output of `batch undo --dry-run --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
const UndoDryRun = Schema.TaggedStruct("DryRun", {
  versions: Count,
  stacks: Count,
  /** How many uploaded files would be deleted. */
  deleted: Count,
  counts: Counts
})

/**
 * The output of `batch submit --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
const Submitted = Schema.Struct({
  job: Schema.String,
  isNew: Schema.Boolean,
  account: Schema.String,
  /** The chosen version of the API; null if workers find it out. */
  api: Schema.NullOr(Schema.Literal("v2", "v4")),
  state: Schema.Literal("running", "done", "stopped"),
  versions: Count,
  stacks: Count
})

/**
 * The output of `batch status --json`.
 *
 * @since 0.1.0
 * @category schemas
 */
const Status = Schema.Struct({
  /** Absent for a job on a cluster. */
  ledger: Schema.optional(Schema.String),
  job: Schema.String,
  plan: Schema.NullOr(Schema.String),
  /** The API that the job was begun on; null before that, and on a cluster. */
  api: Schema.NullOr(Schema.String),
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

const Id = Schema.String
const Millis = Schema.Number

/** An event of one file; with a rule, it names the file's path and the line of its job. */
const uploadEvent = <Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, {
    ...fields,
    path: Schema.optional(Schema.String),
    line: Schema.optional(Schema.NullOr(Count))
  })

/**
 * The lines of `upload --json` during an upload.
 *
 * @since 0.1.0
 * @category schemas
 */
const UploadEvent = Schema.Union(
  uploadEvent("Created", { assetId: Id, name: Schema.String, filesize: Schema.NullOr(Count), parts: Count }),
  uploadEvent("Resumed", {
    assetId: Id,
    name: Schema.String,
    filesize: Count,
    parts: Count,
    sent: Count,
    partsDone: Count
  }),
  uploadEvent("Discarded", {
    assetId: Id,
    reason: Schema.Literal("changed", "expired", "gone"),
    deleted: Schema.Boolean
  }),
  uploadEvent("LeftBehind", { assetIds: Schema.Array(Id) }),
  uploadEvent("Progress", {
    assetId: Id,
    sent: Count,
    filesize: Schema.NullOr(Count),
    partsDone: Count,
    parts: Count
  }),
  uploadEvent("Retrying", {
    assetId: Id,
    part: Count,
    attempt: Count,
    delayMillis: Millis,
    sinceMillis: Millis,
    reason: Schema.String
  }),
  uploadEvent("Waiting", { delayMillis: Millis, sinceMillis: Millis, reason: Schema.String }),
  uploadEvent("Uploaded", { assetId: Id, filesize: Count }),
  uploadEvent("Processing", { assetId: Id }),
  uploadEvent("Versioning", { assetId: Id, onto: Id }),
  uploadEvent("NotJournaled", { reason: Schema.String })
)

const NotUploaded = { assetId: Schema.NullOr(Id), uploaded: Schema.Boolean, message: Schema.String }

/**
 * The last line of `upload --json` without a rule.
 *
 * @since 0.1.0
 * @category schemas
 */
const UploadEnd = Schema.Union(
  Schema.TaggedStruct("Finished", {
    assetId: Id,
    /** The stack it is on; null if it is only uploaded. */
    stackId: Schema.NullOr(Id),
    /** Bytes. */
    filesize: Count,
    elapsedMillis: Millis
  }),
  Schema.TaggedStruct("Failed", NotUploaded),
  Schema.TaggedStruct("Interrupted", NotUploaded)
)

/**
 * The plan in `upload --rule --json`: what goes where, what is left out, and with `--dry-run` the totals.
 *
 * @since 0.1.0
 * @category schemas
 */
const UploadPlan = Schema.Union(
  Schema.TaggedStruct("Line", {
    path: Text,
    name: Schema.String,
    bytes: Schema.NullOr(Count),
    /** A file that Frame.io has already. */
    nextAssetId: Text,
    stack: Text,
    onto: Text,
    ontoName: Text
  }),
  Schema.TaggedStruct("Finding", {
    severity: Finding.fields.severity,
    kind: Schema.String,
    folder: Schema.String,
    stack: Schema.String,
    names: Schema.Array(Schema.String),
    message: Schema.String
  }),
  Schema.TaggedStruct("DryRun", { files: Count, bytes: Count, counts: Schema.NullOr(Counts) })
)

/** A union of them would be too large a type for the compiler to write. */
const uploadJob: ReadonlyArray<Schema.Schema.AnyNoContext> = [UploadPlan, UploadEvent, BatchEvent.BatchEvent]

/**
 * Every output, by command.
 *
 * @since 0.1.0
 * @category schemas
 */
export const all = {
  "version --json, ls --json, show --json, rm --json": Asset,
  "upload --json": Schema.Union(UploadEvent, UploadEnd),
  "upload --rule --json": Schema.Union(...uploadJob),
  "plan --json": Schema.Union(Line, Finding, PlanSummary),
  "stacks audit --json": Schema.Union(Line, Finding, AuditSummary),
  "batch run --json": Schema.Union(BatchEvent.BatchEvent, VersionPlan.PlanRefused),
  "batch run --dry-run --json": Schema.Union(DryRun, VersionPlan.PlanRefused),
  "batch submit --json": Schema.Union(Submitted, VersionPlan.PlanRefused),
  "batch status --json": Status,
  "batch report --json, batch report --jsonl": ReportRow,
  "batch undo --json": BatchEvent.BatchEvent,
  "batch undo --dry-run --json": UndoDryRun,
  "auth login --json, auth status --json": AuthStatus,
  "auth logout --json": AuthLogout,
  "whoami --json": WhoAmI,
  "doctor --json": Doctor
} as const
