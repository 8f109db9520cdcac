/**
 * Jobs and links as PostgreSQL has them, and what is said of links in SQL.
 */
import * as PlanCheck from "@effect-frameio/batch/PlanCheck"
import type { Api } from "@effect-frameio/core/Identity"
import { NotOnTop } from "@effect-frameio/stacks/VersionStackError"

/** A row of `frameio_jobs`. */
export interface JobRow {
  readonly id: number
  readonly name: string
  readonly plan: string | null
  readonly digest: string
  readonly account: string
  readonly api: Api | null
  readonly checked: boolean
  readonly traceparent: string | null
  readonly kind: "run" | "undo"
  readonly state: "running" | "done" | "stopped"
  readonly reason: string | null
  readonly created_at: number
  readonly settle_millis: number
  readonly links: number
  readonly chains: number
}

/** The job of a row. */
export const jobOf = (row: JobRow) => ({
  id: row.id,
  name: row.name,
  plan: row.plan ?? undefined,
  account: row.account,
  api: row.api ?? undefined,
  isChecked: row.checked,
  traceparent: row.traceparent ?? undefined,
  kind: row.kind,
  state: row.state,
  reason: row.reason ?? undefined,
  createdAtMillis: row.created_at,
  settleMillis: row.settle_millis,
  links: row.links,
  chains: row.chains
})

/** The driver gives BIGINT as text. */
export const JOB = `id, name, plan, digest, account, kind, state, reason, created_at::float8 AS created_at, settle_millis,
  links, chains, api, checked, traceparent`

/** The columns of a `LinkRecord`. */
export const LINK = `links.line, links.chain, chains.target, links.asset_id, links.next_asset_id, links.fields, links.state,
  links.how, links.sent_to, links.stack_id, links.attempts, links.sent_at::float8 AS sent_at,
  links.done_at::float8 AS done_at, links.fault, links.home`

/** Links with their chains. */
export const LINKS_OF = `FROM frameio_links AS links
  JOIN frameio_chains AS chains ON chains.job = links.job AND chains.id = links.chain`

/** Links that nothing can be done about, since one below them has failed. */
export const IS_BEHIND_FAILED = `EXISTS (
  SELECT 1 FROM frameio_links AS failed
  WHERE failed.job = links.job AND failed.chain = links.chain AND failed.state = 'failed'
    AND failed.position < links.position
)`

/** Links that put a version of a stack on top of it, and are not confirmed. */
export const IS_REORDER = `(links.state <> 'confirmed' AND links.fields LIKE '%"${PlanCheck.reorderColumn}"%'
  AND btrim(coalesce(links.fields::jsonb ->> '${PlanCheck.reorderColumn}', '')) <> '')`

/** Links that the job has stacked and not undone. */
export const IS_STACKED = `((links.state = 'confirmed' AND links.how <> 'already') OR links.state IN ('sent', 'undoing')
  OR (links.state = 'failed' AND links.fault::jsonb ->> '_tag' = '${NotOnTop._tag}')
  OR (links.state = 'planned' AND links.how = 'answered')
  OR (links.state <> 'undone' AND links.home IS NOT NULL))`
