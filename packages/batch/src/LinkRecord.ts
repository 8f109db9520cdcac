/**
 * A link as a job store keeps it, and what follows from it: what is left of its chain, what the job stacked, and its
 * line in a report. SQLite and PostgreSQL share it.
 *
 * @since 0.1.0
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as LedgerUploads from "./internal/ledger/ledgerUploads.js"
import { expectedOf, orderOf } from "./internal/plan/planRules.js"
import type * as JobRecord from "./JobRecord.js"
import type * as JobWriter from "./JobWriter.js"
import * as LinkError from "./LinkError.js"
import type * as VersionPlan from "./VersionPlan.js"

/**
 * A row of the store.
 *
 * @since 0.1.0
 * @category models
 */
export interface LinkRecord {
  /** Its line in the plan. */
  readonly line: number
  /** The index of its chain. */
  readonly chain: number
  /** The target of the chain's links. */
  readonly target: string
  readonly asset_id: string
  readonly next_asset_id: string
  /** The plan's columns beside the two ids, as JSON. */
  readonly fields: string | null
  readonly state: Exclude<JobRecord.State, "skipped">
  readonly how: JobRecord.Row["how"]
  /** The id that the last call named. */
  readonly sent_to: string | null
  readonly stack_id: string | null
  readonly attempts: number
  /** In ms since 1970. */
  readonly sent_at: number | null
  /** In ms since 1970. */
  readonly done_at: number | null
  /** Why it failed: a `LinkError` as JSON. */
  readonly fault: string | null
  /** The folder that the version lay in before it was moved to its stack's folder; absent in an older store. */
  readonly home?: string | null
  /** Whether a share was changed for it and is not as it was; absent where the store keeps none. */
  readonly shared?: 0 | 1
}

/**
 * A link of a new plan.
 *
 * @since 0.1.0
 * @category constructors
 */
export const planned = (
  { index, target }: Pick<VersionPlan.Chain, "index" | "target">,
  { assetId, fields, line, nextAssetId }: VersionPlan.Link
): LinkRecord => ({
  line,
  chain: index,
  target,
  asset_id: assetId,
  next_asset_id: nextAssetId,
  fields: fields === undefined ? null : JSON.stringify(fields),
  state: "planned",
  how: null,
  sent_to: null,
  stack_id: null,
  attempts: 0,
  sent_at: null,
  done_at: null,
  fault: null,
  home: null
})

/**
 * A row after a change, for a store without SQL. A confirmed link keeps its state, `how` and `done_at` when it is
 * looked up again, and what the job has put on its stack was not there already when it is found there.
 *
 * @since 0.1.0
 * @category getters
 */
export const patched = (row: LinkRecord, patch: JobWriter.Patch): LinkRecord => ({
  ...row,
  state: row.state === "confirmed" && patch.state === "planned" ? row.state : (patch.state ?? row.state),
  how: (row.state === "confirmed" || patch.how === "already" ? row.how : null) ?? patch.how ?? row.how,
  sent_to: patch.sentTo ?? row.sent_to,
  stack_id: patch.stackId ?? row.stack_id,
  attempts: row.attempts + patch.attempts,
  sent_at: patch.sentAt ?? row.sent_at,
  done_at: (row.state === patch.state ? row.done_at : null) ?? patch.doneAt ?? row.done_at,
  fault: patch.fault === null ? row.fault : patch.fault === "" ? null : patch.fault,
  home: row.home ?? patch.home
})

/**
 * {@link patched} as the `SET` of an `UPDATE` of `links` from `patch`, a row with columns named like the fields of
 * `JobWriter.Patch`; for SQLite and PostgreSQL alike.
 *
 * @since 0.1.0
 * @category constants
 */
export const SET = `
    state = CASE WHEN links.state = 'confirmed' AND patch.state = 'planned' THEN links.state
            ELSE coalesce(patch.state, links.state) END,
    how = coalesce(CASE WHEN links.state = 'confirmed' OR patch.how = 'already' THEN links.how END, patch.how, links.how),
    sent_to = coalesce(patch."sentTo", links.sent_to),
    stack_id = coalesce(patch."stackId", links.stack_id),
    attempts = links.attempts + patch.attempts,
    sent_at = coalesce(patch."sentAt", links.sent_at),
    done_at = coalesce(CASE WHEN links.state = patch.state THEN links.done_at END, patch."doneAt", links.done_at),
    fault = CASE WHEN patch.fault IS NULL THEN links.fault ELSE nullif(patch.fault, '') END,
    home = coalesce(links.home, patch.home)`

/**
 * Rows in the order of their chains, one list for each chain.
 *
 * @since 0.1.0
 * @category getters
 */
export const byChain = <Row extends Pick<LinkRecord, "chain">>(
  rows: ReadonlyArray<Row>
): ReadonlyArray<ReadonlyArray<Row>> => {
  const chains: Array<Array<Row>> = []
  let chain: number | undefined
  for (const row of rows) {
    if (row.chain !== chain) chains.push([])
    chain = row.chain
    chains.at(-1)?.push(row)
  }
  return chains
}

// Stored ids were checked on intake.
const id = (text: string): AssetId => text as AssetId

const fieldsOf = Schema.decodeOption(Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown })))

const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null)

/** The name of its stack in the plan. */
const baseOf = ({ fields }: LinkRecord): string | undefined =>
  (fields === null ? null : textOf(Option.getOrUndefined(fieldsOf(fields))?.stack)) ?? undefined

/** What is kept of a line's other columns. */
const keptOf = (row: LinkRecord): Pick<VersionPlan.Link, "name" | "order"> => {
  const fields = row.fields === null ? undefined : Option.getOrUndefined(fieldsOf(row.fields))
  const name = textOf(fields?.name)
  const order = orderOf(fields)?.map(id)
  return { ...(name === null ? {} : { name }), ...(order === undefined ? {} : { order }) }
}

const linkOf = (row: LinkRecord, is?: "confirmed" | "unsettled"): VersionPlan.Link => ({
  line: row.line,
  assetId: id(row.asset_id),
  nextAssetId: id(row.next_asset_id),
  fields: undefined,
  ...keptOf(row),
  ...(is === "unsettled" ? { isUnsettled: true } : {}),
  ...(is === "confirmed" ? { isConfirmed: true } : {}),
  ...(typeof row.home === "string" ? { home: id(row.home) } : {})
})

/**
 * The remaining links of a chain from its rows in order, if any of them can still be done; with `"verify"`, the
 * confirmed links too.
 *
 * @example
 * ```ts
 * const rest = (rows: ReadonlyArray<LinkRecord.LinkRecord>) =>
 *   LinkRecord.byChain(rows).flatMap((chain) => Option.toArray(LinkRecord.leftOf(chain)))
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const leftOf = (
  rows: ReadonlyArray<LinkRecord>,
  confirmed: "leave out" | "verify" = "leave out"
): Option.Option<VersionPlan.Chain> => {
  const links: Array<VersionPlan.Link> = []
  let stack: string | null = null
  let inPlace = 0
  let isBehindFailed = false
  for (const row of rows) {
    stack = row.stack_id ?? stack
    if (row.how === "uploaded") continue
    if (LedgerUploads.isToCome(row.next_asset_id)) isBehindFailed = true
    else if (row.state === "confirmed") {
      inPlace++
      if (confirmed === "verify") links.push(linkOf(row, "confirmed"))
    } else if ((row.state === "planned" || row.state === "sent") && !isBehindFailed) {
      // A version that the job has put on its stack, though not on top, is looked for as well.
      links.push(linkOf(row, row.state === "sent" || row.how !== null ? "unsettled" : undefined))
    } else isBehindFailed = true
  }
  const [first] = rows
  if (first === undefined || links.length === 0) return Option.none()
  const fresh = inPlace === 0 && links.every((link) => link.isUnsettled !== true)
  const expected =
    fresh && first.fields !== null ? expectedOf(Option.getOrUndefined(fieldsOf(first.fields))) : undefined
  return Option.some({
    index: first.chain,
    target: id(first.target),
    links,
    ...(expected === undefined ? {} : { expected }),
    ...(fresh ? {} : { resumed: { stack: stack === null ? undefined : id(stack), inPlace } })
  })
}

/** A version that is on its stack but not on top has failed, or is to be tried again, and was stacked nevertheless. */
const isOnStackAndFailed = (row: LinkRecord): boolean =>
  (row.state === "planned" && row.how === "answered") ||
  (row.state === "failed" &&
    row.fault !== null &&
    Option.exists(LinkError.fromJson(row.fault), (error) => LinkError.outcomeOf(error) === "applied"))

/** A version that was moved to its stack's folder is put back, even if it never came onto the stack. */
const isMoved = (row: LinkRecord): boolean =>
  (row.state === "confirmed" && row.how !== "already" && row.how !== "uploaded") ||
  row.state === "sent" ||
  row.state === "undoing" ||
  isOnStackAndFailed(row) ||
  (row.state !== "undone" && typeof row.home === "string")

/** So is one that was shown in a share, perhaps without being moved at all. */
const isStacked = (row: LinkRecord): boolean => isMoved(row) || (row.state !== "undone" && row.shared === 1)

/**
 * The links of a chain that the job stacked and has not undone, from the chain's rows in order.
 *
 * @since 0.1.0
 * @category getters
 */
export const stackedOf = (rows: ReadonlyArray<LinkRecord>): Option.Option<VersionPlan.StackedChain> => {
  const stacked = rows.filter(isStacked)
  const [first] = stacked
  if (first === undefined) return Option.none()
  const stack = rows.find((row) => row.stack_id !== null)?.stack_id ?? null
  return Option.some({
    index: first.chain,
    target: id(first.target),
    stack: stack === null ? undefined : id(stack),
    stackName: baseOf(first),
    madeStack: first.sent_to === first.target && stack !== first.target,
    firstLine: first.line,
    links: stacked
      .map((row) => ({
        ...linkOf(row, row.state === "undoing" ? "unsettled" : undefined),
        ...(isMoved(row) ? {} : { isShownOnly: true }),
        ...(row.state === "sent" ? { mayArrive: true } : {})
      }))
      .reverse()
  })
}

/**
 * The rows of a chain in a report's form.
 *
 * @since 0.1.0
 * @category getters
 */
export const rowsOf = (rows: ReadonlyArray<LinkRecord>): ReadonlyArray<JobRecord.Row> => {
  let failed = false
  return rows.map((row) => {
    const state = failed && row.state === "planned" ? "skipped" : row.state
    if (row.state === "failed") failed = true
    const fields = row.fields === null ? {} : Option.getOrElse(fieldsOf(row.fields), () => ({}))
    return {
      line: row.line,
      chain: row.chain,
      assetId: row.asset_id,
      nextAssetId: row.next_asset_id,
      stackId: row.stack_id,
      name: textOf(fields.name),
      stack: textOf(fields.stack),
      fields,
      state,
      how: row.how,
      error: row.fault === null ? null : Option.getOrNull(LinkError.fromJson(row.fault)),
      attempts: row.attempts,
      sentAtMillis: row.sent_at,
      doneAtMillis: row.done_at
    }
  })
}

/**
 * A number of links in one state.
 *
 * @since 0.1.0
 * @category models
 */
export interface Group {
  readonly state: LinkRecord["state"]
  /** Whether they were on their stack before the job. */
  readonly already: boolean | 0 | 1
  readonly n: number
}

/**
 * A job's counts from its links by state; `skipped` of the planned ones come after a failed link of their chain.
 *
 * @since 0.1.0
 * @category getters
 */
export const countsOf = (groups: ReadonlyArray<Group>, skipped: number): JobRecord.Counts => {
  const sum = (some: ReadonlyArray<Group>): number => some.reduce((total, { n }) => total + n, 0)
  const of = (state: Group["state"]): number => sum(groups.filter((one) => one.state === state))
  return {
    total: sum(groups),
    planned: of("planned") - skipped,
    sent: of("sent"),
    confirmed: of("confirmed"),
    already: sum(groups.filter(({ already, state }) => state === "confirmed" && Boolean(already))),
    failed: of("failed"),
    skipped,
    undoing: of("undoing"),
    undone: of("undone")
  }
}
