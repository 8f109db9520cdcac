/**
 * Jobs in PostgreSQL: their plans, the state of each link, and which session holds which chain.
 *
 * The truth about a job is here. The engine that moves chains between workers may forget, repeat or delay what it was
 * told; still, a link is `sent` here before its request leaves, and only the session that holds the chain can write
 * that.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as JobRecord from "@effect-frameio/batch/JobRecord"
import type * as JobWriter from "@effect-frameio/batch/JobWriter"
import * as LinkRecord from "@effect-frameio/batch/LinkRecord"
import type * as VersionPlan from "@effect-frameio/batch/VersionPlan"
import type { Api } from "@effect-frameio/core/Identity"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { ClusterError } from "./ClusterError.js"
import * as JobReading from "./internal/jobReading.js"
import { IS_BEHIND_FAILED, IS_REORDER, IS_STACKED, JOB, type JobRow, jobOf } from "./internal/jobRows.js"
import * as JobSchema from "./internal/jobSchema.js"
import * as JobTrace from "./internal/jobTrace.js"
import * as Words from "./internal/sqlWords.js"
import * as WorkerName from "./internal/workerName.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A job as a whole.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job {
  readonly id: number
  /** Unique among jobs. */
  readonly name: string
  /** The plan's file, as it was named when the job was submitted. */
  readonly plan: string | undefined
  /** The name of the account whose token it runs with. */
  readonly account: string
  /** The version of Frame.io's API that it runs on: as submitted, else as found by the first worker. */
  readonly api: Api | undefined
  /** Whether the ids of its plan were looked up and found; over V4 nothing is sent before. */
  readonly isChecked: boolean
  /** The W3C `traceparent` of the submission: spans of the workers are its children. */
  readonly traceparent: string | undefined
  /** Whether it stacks or takes apart. */
  readonly kind: "run" | "undo"
  /**
   * `running`: workers work on it, or would if there were any. `done`: nothing is left to do. `stopped`: see the
   * reason.
   */
  readonly state: "running" | "done" | "stopped"
  /** Why it was stopped. */
  readonly reason: string | undefined
  /** In ms since 1970. */
  readonly createdAtMillis: number
  /** How long a call without an answer may still be carried out, in ms. */
  readonly settleMillis: number
  /** How many links the plan has. */
  readonly links: number
  /** How many chains they make. */
  readonly chains: number
}

/**
 * A job as its workers see it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Heard {
  readonly job: Job
  /** Whether all of its chains were started. */
  readonly isAllBegun: boolean
}

/**
 * What is submitted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Submission {
  readonly name: string
  /** The plan's file, for the report. */
  readonly plan?: string | undefined
  /** The name of an account that the workers know. */
  readonly account: string
  /** The version of Frame.io's API. Default: what the account's token is for, as the workers find out. */
  readonly api?: Api | undefined
  /** How long a call without an answer may still be carried out. Default 30 seconds. */
  readonly settleAfter?: Duration.DurationInput | undefined
  /** Whether what failed in an earlier run of the job is tried again. Default false. */
  readonly retryFailed?: boolean | undefined
}

/**
 * One start of a chain.
 *
 * @since 0.1.0
 * @category models
 */
export interface Start {
  readonly job: number
  readonly chain: number
  /** 1 for the first; a chain that stalled is started again with the next. */
  readonly generation: number
}

/**
 * Whether a session may work on a chain. `Taken`: it holds it now; `rows` are its links in order. `Elsewhere`: another
 * holds it. `Over`: it was started again or has ended, or the job no longer runs. `Other`: the job is of the other kind
 * by now.
 *
 * @since 0.1.0
 * @category models
 */
export type Begun =
  | { readonly _tag: "Taken"; readonly rows: ReadonlyArray<LinkRecord.LinkRecord> }
  | { readonly _tag: "Elsewhere" }
  | { readonly _tag: "Over" }
  | { readonly _tag: "Other" }

/**
 * What is known of one job, for people.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reading {
  /** The job. */
  readonly job: Effect.Effect<Job, ClusterError>
  /** How many links are in which state. */
  readonly counts: Effect.Effect<JobRecord.Counts, ClusterError>
  /** What is left to do, without what is behind a failed link. */
  readonly left: Effect.Effect<{ readonly links: number; readonly chains: number }, ClusterError>
  /** What it has stacked and not undone. */
  readonly stacked: Effect.Effect<{ readonly links: number; readonly chains: number }, ClusterError>
  /** Every link, by chain and place in it. */
  readonly rows: Stream.Stream<JobRecord.Row, ClusterError>
  /** One for each worker that took part, oldest first. */
  readonly runs: Effect.Effect<ReadonlyArray<JobRecord.Run>, ClusterError>
  /** How all workers together kept to the limit, second by second. */
  readonly samples: Effect.Effect<ReadonlyArray<JobRecord.Sample>, ClusterError>
  /** What a report says above the rows. */
  readonly head: Effect.Effect<JobRecord.Head, ClusterError>
  /** Whether a worker holds a chain of it. */
  readonly inUse: Effect.Effect<boolean, ClusterError>
}

/**
 * Jobs in PostgreSQL.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Stores a plan as a whole, or not at all. A job of this name with the same plan is continued: what is confirmed
   * stays; what failed is retried only with `retryFailed`.
   */
  readonly submit: (
    plan: VersionPlan.VersionPlan,
    submission: Submission
  ) => Effect.Effect<{ readonly job: Job; readonly isNew: boolean }, ClusterError>
  /** Records which version of the API a job runs on; returns the one recorded first, which is kept. */
  readonly speaks: (job: number, api: Api) => Effect.Effect<Api, ClusterError>
  /** Whether this worker has to look up the ids of a job: no other does, or the other was silent for `lease`. */
  readonly claimCheck: (
    job: number,
    worker: string,
    lease: Duration.DurationInput
  ) => Effect.Effect<boolean, ClusterError>
  /** The lines that put a version of a stack on top of it, and are not confirmed. */
  readonly reorders: (job: number) => Effect.Effect<ReadonlyArray<number>, ClusterError>
  /** Records that the API of a job can do it, as far as is known before its first request. */
  readonly checked: (job: number) => Effect.Effect<void, ClusterError>
  /** What is left to do of a job, chain by chain. */
  readonly left: (job: number) => Stream.Stream<VersionPlan.Chain, ClusterError>
  /** Starts the undo of what a job has stacked. */
  readonly undo: (name: string) => Effect.Effect<void, ClusterError>
  /** All jobs, the newest first. */
  readonly jobs: Effect.Effect<ReadonlyArray<Job>, ClusterError>
  /** What is known of the job of this name; each effect fails with `NoJob` if there is none. */
  readonly reading: (name: string) => Reading
  /** The jobs that are at work. */
  readonly running: Effect.Effect<ReadonlyArray<Job>, ClusterError>
  /**
   * Starts chains of a running job, so that at most `open` are under way, and restarts those that were laid down or were
   * silent for too long, a few at a time. While PostgreSQL is away every chain is silent: its restart counts as the last
   * sign of life.
   */
  readonly start: (
    job: number,
    options: {
      /** How many chains may be under way. */
      readonly open: number
      /** How long a chain may be silent. */
      readonly stalled: Duration.DurationInput
      /** How long a chain may be silent that no worker has in hand; so much longer with each start, up to `stalled`. */
      readonly unheld: Duration.DurationInput
      /** How long a chain may be silent whose worker has lost its connection to PostgreSQL. */
      readonly gone: Duration.DurationInput
      /** How long after a restart of PostgreSQL a worker may be without a connection. */
      readonly reconnect: Duration.DurationInput
    }
  ) => Effect.Effect<ReadonlyArray<Start & { readonly how: "new" | "laid down" | "stalled" }>, ClusterError>
  /**
   * Takes hold of chains of a job, of each that no session holds, or whose holder was silent for `lease`; returns the
   * result for each chain.
   */
  readonly begin: (
    job: Pick<Job, "id" | "kind">,
    session: string,
    starts: ReadonlyArray<Pick<Start, "chain" | "generation">>,
    lease: Duration.DurationInput
  ) => Effect.Effect<ReadonlyMap<number, Begun>, ClusterError>
  /** The links of a chain, in their order. */
  readonly chain: (job: number, chain: number) => Effect.Effect<ReadonlyArray<LinkRecord.LinkRecord>, ClusterError>
  /** The state of a link. */
  readonly stateOf: (job: number, line: number) => Effect.Effect<JobRecord.State | undefined, ClusterError>
  /** Records what a session has done; fails with `Lost` if it no longer holds the chain. */
  readonly write: (
    job: Pick<Job, "id" | "kind">,
    session: string,
    entries: JobWriter.Entries
  ) => Effect.Effect<void, ClusterError>
  /** Records that a session is alive and holds these chains; returns the job. */
  readonly beat: (job: number, session: string, chains: ReadonlyArray<number>) => Effect.Effect<Heard, ClusterError>
  /** Releases chains: `done` if nothing is left to do for them, else for others to take. */
  readonly layDown: (
    job: number,
    session: string,
    chains: ReadonlyArray<number>,
    how: "done" | "open"
  ) => Effect.Effect<void, ClusterError>
  /** Stops a job, unless it is of the other kind by now. Its workers hear of that within a second, and send nothing more. */
  readonly stop: (job: Pick<Job, "id" | "kind">, reason: string) => Effect.Effect<void, ClusterError>
  /** Marks jobs as done whose chains have all ended. */
  readonly finish: Effect.Effect<void, ClusterError>
}

/**
 * Jobs in PostgreSQL.
 *
 * @example
 * ```ts
 * const store = yield* JobStore.JobStore
 * for (const { links, name, state } of yield* store.jobs) yield* Console.log(`${name}: ${links} links, ${state}`)
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class JobStore extends Context.Tag("@effect-frameio/cluster/JobStore")<JobStore, Service>() {}

// -----------------------------------------------------------------------------
// statements
// -----------------------------------------------------------------------------

const UPDATE = `
  UPDATE frameio_links AS links SET ${LinkRecord.SET}
  FROM jsonb_to_recordset($1::jsonb) AS patch(
    line int, state text, how text, "sentTo" text, "stackId" text, attempts int, "sentAt" bigint, "doneAt" bigint,
    fault text, home text
  ), frameio_chains AS chains
  WHERE links.job = $2 AND links.line = patch.line
    AND chains.job = links.job AND chains.id = links.chain AND chains.session = $3
  RETURNING links.chain`

const HELD = "SELECT id FROM frameio_chains WHERE job = $1 AND session = $2 AND id = ANY($3::int[])"

/** Of a job, in SQL. */
const IS_OVER = `state = 'running' AND NOT EXISTS (
  SELECT 1 FROM frameio_chains WHERE frameio_chains.job = frameio_jobs.id AND frameio_chains.state <> 'done'
)`

/** Of a chain, in SQL: after a restart of PostgreSQL everybody has that long to be heard again. */
const isSilent = (secs: string): string =>
  `greatest(seen_at, pg_postmaster_start_time()) < now() - make_interval(secs => ${secs})`

/** The chain that an answer is about may be another's if its sender was frozen, or waited, for so long, in ms. */
const FRESH = 2000

/** So many chains are started with one statement: each worker takes some, and the first need not wait for the last. */
const STARTED = 48

/** So many links go with one statement. */
const LINKS = 5000

/** How long a write is tried again while PostgreSQL is away: nothing is sent meanwhile. */
const PATIENCE = Duration.minutes(5)

/** What is not laid down falls silent, and a worker that is told to end must end. */
const BRIEFLY = Duration.seconds(5)

/** What is the same for two submissions of one plan. */
const digestOf = (plan: VersionPlan.VersionPlan): Effect.Effect<string> => {
  const lines = plan.chains.flatMap(({ links }) =>
    links.map(({ assetId, line, nextAssetId }) => `${line},${assetId},${nextAssetId}`)
  )
  return Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(lines.join("\n")))),
    (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("")
  )
}

const millis = (event: { readonly at: DateTime.Utc }): number => DateTime.toEpochMillis(event.at)

const seconds = (duration: Duration.DurationInput): number => Duration.toSeconds(duration)

/** Creates missing tables. */
const make: Effect.Effect<Service, ClusterError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const orClusterError = <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, ClusterError, R> =>
    Effect.mapError(effect, (error) => new ClusterError({ reason: "Away", detail: Words.of(error) }))
  const query = <A extends object>(text: string, values: ReadonlyArray<unknown> = []) =>
    orClusterError(sql.unsafe<A>(text, values))

  yield* Words.alone(sql, Effect.provideService(JobSchema.migrate, SqlClient.SqlClient, sql)).pipe(
    Effect.catchAll((error) => new ClusterError({ reason: "Away", detail: Words.of(error) }))
  )

  const find = (name: string): Effect.Effect<Option.Option<JobRow>, ClusterError> =>
    Effect.map(query<JobRow>(`SELECT ${JOB} FROM frameio_jobs WHERE name = $1`, [name]), ([row]) =>
      Option.fromNullable(row)
    )

  const get = (name: string): Effect.Effect<JobRow, ClusterError> =>
    Effect.flatMap(
      find(name),
      Option.match({
        onNone: () => Effect.fail(new ClusterError({ reason: "NoJob", job: name })),
        onSome: Effect.succeed
      })
    )

  const insert = (
    plan: VersionPlan.VersionPlan,
    submission: Submission,
    digest: string,
    traceparent: string | undefined
  ) =>
    Effect.gen(function* () {
      const createdAt = yield* Clock.currentTimeMillis
      const rows = yield* sql.unsafe<JobRow>(
        `INSERT INTO frameio_jobs (name, plan, digest, account, created_at, settle_millis, links, chains, api, traceparent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO NOTHING RETURNING ${JOB}`,
        [
          submission.name,
          submission.plan ?? null,
          digest,
          submission.account,
          createdAt,
          Duration.toMillis(submission.settleAfter ?? "30 seconds"),
          plan.jobs,
          plan.chains.length,
          submission.api ?? null,
          traceparent ?? null
        ]
      )
      const [row] = rows
      if (row === undefined) return Option.none<JobRow>()
      for (let at = 0; at < plan.chains.length; at += LINKS) {
        const chains = plan.chains
          .slice(at, at + LINKS)
          .map(({ index, links, target }) => ({ id: index, target, links: links.length }))
        yield* sql.unsafe(
          `INSERT INTO frameio_chains (job, id, target, links) SELECT $1, id, target, links
           FROM jsonb_to_recordset($2::jsonb) AS chain(id int, target text, links int)`,
          [row.id, JSON.stringify(chains)]
        )
      }
      const links = plan.chains.flatMap((chain) =>
        chain.links.map((link, position) => ({
          line: link.line,
          chain: chain.index,
          position,
          asset: link.assetId,
          next: link.nextAssetId,
          fields: link.fields === undefined ? null : JSON.stringify(link.fields)
        }))
      )
      for (let at = 0; at < links.length; at += LINKS) {
        yield* sql.unsafe(
          `INSERT INTO frameio_links (job, line, chain, position, asset_id, next_asset_id, fields)
           SELECT $1, line, chain, position, asset, next, fields FROM jsonb_to_recordset($2::jsonb)
           AS link(line int, chain int, position int, asset text, next text, fields text)`,
          [row.id, JSON.stringify(links.slice(at, at + LINKS))]
        )
      }
      return Option.some(row)
    }).pipe(sql.withTransaction, orClusterError)

  /** Lets a job that has ended go on with what is left. */
  const goOn = (row: JobRow, retryFailed: boolean) =>
    Effect.gen(function* () {
      // Whoever else submits or undoes it waits until this is over, and then finds it running.
      const [now] = yield* sql.unsafe<JobRow>(`SELECT ${JOB} FROM frameio_jobs WHERE id = $1 FOR UPDATE`, [row.id])
      if (now === undefined || now.state === "running" || now.kind === "undo") return
      if (retryFailed) {
        yield* sql.unsafe(
          `UPDATE frameio_links AS links SET state = 'planned' WHERE job = $1 AND state = 'failed' AND NOT EXISTS (
             SELECT 1 FROM frameio_links AS later WHERE later.job = links.job AND later.chain = links.chain
               AND later.position > links.position AND later.state = 'confirmed'
           )`,
          [row.id]
        )
      }
      yield* sql.unsafe(
        `UPDATE frameio_chains SET state = 'planned', session = NULL WHERE job = $1 AND EXISTS (
           SELECT 1 FROM frameio_links AS links WHERE links.job = $1 AND links.chain = frameio_chains.id
             AND links.state IN ('planned', 'sent') AND NOT ${IS_BEHIND_FAILED}
         )`,
        [row.id]
      )
      yield* sql.unsafe("UPDATE frameio_jobs SET state = 'running', reason = NULL WHERE id = $1", [row.id])
    }).pipe(sql.withTransaction, orClusterError)

  const speaks: Service["speaks"] = (job, api) =>
    Effect.map(
      query<{ api: Api }>("UPDATE frameio_jobs SET api = coalesce(api, $2) WHERE id = $1 RETURNING api", [job, api]),
      ([row]) => row?.api ?? api
    )

  const submit: Service["submit"] = (plan, submission) =>
    Effect.gen(function* () {
      const { account, name } = submission
      const digest = yield* digestOf(plan)
      const traceparent = Option.map(yield* Effect.option(Effect.currentSpan), JobTrace.toTraceparent)
      const inserted = yield* insert(plan, submission, digest, Option.getOrUndefined(traceparent))
      if (Option.isSome(inserted)) return { job: jobOf(inserted.value), isNew: true }
      const row = yield* get(name)
      if (row.digest !== digest) return yield* new ClusterError({ reason: "OtherPlan", job: name })
      if (row.account !== account) return yield* new ClusterError({ reason: "OtherAccount", job: name })
      if (row.api !== null && submission.api !== undefined && row.api !== submission.api) {
        return yield* new ClusterError({ reason: "OtherApi", job: name })
      }
      if (row.kind === "undo") return yield* new ClusterError({ reason: "Undone", job: name })
      if (submission.api !== undefined) yield* speaks(row.id, submission.api)
      yield* goOn(row, submission.retryFailed ?? false)
      return { job: jobOf(yield* get(name)), isNew: false }
    }).pipe(Effect.withSpan("JobStore.submit", { attributes: { job: submission.name } }))

  const undo: Service["undo"] = (name) =>
    Effect.gen(function* () {
      const { id } = yield* get(name)
      return yield* Effect.gen(function* () {
        yield* sql.unsafe("SELECT 1 FROM frameio_jobs WHERE id = $1 FOR UPDATE", [id])
        // What is in hand is looked at again: its worker may be writing in this moment that it is sent.
        yield* sql.unsafe(
          `UPDATE frameio_chains SET session = NULL, generation = generation + 1, state = CASE WHEN state = 'open' OR EXISTS (
             SELECT 1 FROM frameio_links AS links WHERE links.job = $1 AND links.chain = frameio_chains.id
               AND ${IS_STACKED}
           ) THEN 'planned' ELSE 'done' END WHERE job = $1`,
          [id]
        )
        yield* sql.unsafe("UPDATE frameio_jobs SET kind = 'undo', state = 'running', reason = NULL WHERE id = $1", [id])
      }).pipe(sql.withTransaction, orClusterError)
    })

  const statementOf = (
    job: Pick<Job, "id" | "kind">,
    session: string,
    event: JobWriter.Other
  ): readonly [text: string, values: ReadonlyArray<unknown>] => {
    switch (event._tag) {
      case "Planned":
        return [
          `INSERT INTO frameio_runs (job, session, kind, began_at) SELECT $1, $2, $3, $4
           WHERE NOT EXISTS (SELECT 1 FROM frameio_runs WHERE job = $1 AND session = $2)`,
          [job.id, session, job.kind, millis(event)]
        ]
      case "Finished":
        return [
          "UPDATE frameio_runs SET ended_at = $3, stopped = $4 WHERE job = $1 AND session = $2",
          [job.id, session, millis(event), event.stopped]
        ]
      case "Paced":
        return [
          `INSERT INTO frameio_paces (job, ended_at, millis, sent, refused, "limit", window_millis, free, waiting)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
          [
            job.id,
            millis(event),
            Math.round(event.millis),
            event.sent,
            event.refused,
            event.limit,
            event.windowMillis,
            event.free,
            event.waiting
          ]
        ]
      case "Noticed":
        return [
          "INSERT INTO frameio_notices (job, line, noticed_at, stack_id, reason) VALUES ($1, $2, $3, $4, $5)",
          [job.id, event.line, millis(event), event.stackId, event.reason]
        ]
    }
  }

  /** A statement whose answer was lost is made again: at worst an attempt, or a second of the pace, counts twice. */
  const surely = <A>(effect: Effect.Effect<A, ClusterError>, patience = PATIENCE): Effect.Effect<A, ClusterError> =>
    Effect.retry(effect, { while: ({ reason }) => reason === "Away", schedule: Words.patiently(patience) })

  /** Fails if a chain is another's by now. A process that was frozen while it asked asks again. */
  const holds = (job: number, session: string, chains: ReadonlyArray<number>): Effect.Effect<void, ClusterError> =>
    Effect.gen(function* () {
      const asked = yield* Clock.currentTimeNanos
      const held = yield* query(HELD, [job, session, chains])
      if (held.length < chains.length) return yield* new ClusterError({ reason: "Lost" })
      const millis = Number((yield* Clock.currentTimeNanos) - asked) / 1e6
      if (millis > FRESH) return yield* holds(job, session, chains)
    })

  const write: Service["write"] = (job, session, { others, patches }) =>
    Effect.gen(function* () {
      for (const event of others) yield* surely(query(...statementOf(job, session, event)))
      if (patches.length === 0) return
      const written = yield* surely(query<{ chain: number }>(UPDATE, [JSON.stringify(patches), job.id, session]))
      if (written.length < patches.length) return yield* new ClusterError({ reason: "Lost" })
      if (!patches.some(({ state }) => state === "sent" || state === "undoing")) return
      // Whoever took a chain over while the statement ran has read its links as they were before.
      yield* surely(holds(job.id, session, Arr.dedupe(written.map(({ chain }) => chain))))
    })

  return {
    submit,
    speaks,
    claimCheck: (job, worker, lease) =>
      Effect.map(
        query(
          `UPDATE frameio_jobs SET checker = $2, checker_at = now() WHERE id = $1 AND NOT checked
             AND (checker IS NULL OR checker = $2 OR checker_at < now() - make_interval(secs => $3)) RETURNING id`,
          [job, worker, seconds(lease)]
        ),
        (rows) => rows.length > 0
      ),
    reorders: (job) =>
      Effect.map(
        query<{ line: number }>(
          `SELECT line FROM frameio_links AS links WHERE job = $1 AND ${IS_REORDER} ORDER BY line`,
          [job]
        ),
        (rows) => rows.map(({ line }) => line)
      ),
    checked: (job) => Effect.asVoid(query("UPDATE frameio_jobs SET checked = true WHERE id = $1", [job])),
    left: (id) =>
      Stream.unwrap(
        Effect.map(query<{ chains: number }>("SELECT chains FROM frameio_jobs WHERE id = $1", [id]), ([row]) =>
          Stream.filterMap(JobReading.everyChain(query, { id, chains: row?.chains ?? 0 }), (rows) =>
            LinkRecord.leftOf(rows)
          )
        )
      ),
    undo,
    reading: (name) => JobReading.make(query, Effect.map(get(name), jobOf)),
    write,
    jobs: Effect.map(query<JobRow>(`SELECT ${JOB} FROM frameio_jobs ORDER BY id DESC`), (rows) => rows.map(jobOf)),
    running: Effect.map(query<JobRow>(`SELECT ${JOB} FROM frameio_jobs WHERE state = 'running' ORDER BY id`), (rows) =>
      rows.map(jobOf)
    ),
    // The longest begin: what goes on one stack goes one after the other.
    start: (job, { gone, open, reconnect, stalled, unheld }) =>
      query<Start & { how: "new" | "laid down" | "stalled" }>(
        `WITH stalled AS (
           SELECT id, CASE WHEN seen_at IS NULL THEN 'laid down' ELSE 'stalled' END AS how FROM frameio_chains
           WHERE job = $1 AND state = 'open' AND (seen_at IS NULL OR ${isSilent("$3")} OR (
             session IS NULL AND ${isSilent("least($3, $6 * generation)")}
           ) OR (
             seen_at < now() - make_interval(secs => $4) AND pg_postmaster_start_time() < now() - make_interval(secs => $5)
             AND ${WorkerName.isGone("session")}
           ))
           LIMIT ${STARTED} FOR UPDATE SKIP LOCKED
         ), fresh AS (
           SELECT id, 'new' AS how FROM frameio_chains WHERE job = $1 AND state = 'planned' ORDER BY links DESC, id
           LIMIT least(${STARTED}, greatest(0, $2 - (
             SELECT count(*)::int FROM frameio_chains WHERE job = $1 AND state = 'open'
           )))
           FOR UPDATE SKIP LOCKED
         ), next AS (SELECT * FROM stalled UNION ALL SELECT * FROM fresh)
         UPDATE frameio_chains AS chains
         SET state = 'open', generation = chains.generation + 1, session = NULL, seen_at = now()
         FROM next WHERE chains.job = $1 AND chains.id = next.id
           AND EXISTS (SELECT 1 FROM frameio_jobs WHERE id = $1 AND state = 'running')
         RETURNING chains.job, chains.id AS chain, chains.generation, next.how`,
        [job, open, seconds(stalled), seconds(gone), seconds(reconnect), seconds(unheld)]
      ),
    begin: (job, session, starts, lease) =>
      Effect.gen(function* () {
        const chains = starts.map(({ chain }) => chain)
        const generations = starts.map(({ generation }) => generation)
        const taken = yield* query<{ id: number }>(
          `UPDATE frameio_chains AS chains SET session = $4, seen_at = now()
           FROM frameio_jobs AS jobs, unnest($2::int[], $3::int[]) AS start(chain, generation)
           WHERE jobs.id = $1 AND jobs.state = 'running' AND jobs.kind = $6
             AND chains.job = $1 AND chains.id = start.chain AND chains.generation = start.generation
             AND chains.state = 'open' AND (chains.session IS NULL OR chains.session = $4 OR ${isSilent("$5")})
           RETURNING chains.id`,
          [job.id, chains, generations, session, seconds(lease), job.kind]
        )
        const begun = new Map<number, Begun>(chains.map((chain) => [chain, { _tag: "Over" }]))
        if (taken.length > 0) {
          const ids = taken.map(({ id }) => id)
          for (const id of ids) begun.set(id, { _tag: "Taken", rows: [] })
          for (const rows of LinkRecord.byChain(yield* JobReading.linksOf(query, job.id, ids))) {
            const [first] = rows
            if (first !== undefined) begun.set(first.chain, { _tag: "Taken", rows })
          }
        }
        if (taken.length === starts.length) return begun
        const others = yield* query<{ id: number; kind: Job["kind"] }>(
          `SELECT chains.id, jobs.kind
           FROM unnest($2::int[], $3::int[]) AS start(chain, generation)
           JOIN frameio_chains AS chains ON chains.job = $1 AND chains.id = start.chain
           JOIN frameio_jobs AS jobs ON jobs.id = $1
           WHERE chains.generation = start.generation AND chains.state = 'open' AND jobs.state = 'running'`,
          [job.id, chains, generations]
        )
        for (const { id, kind } of others) {
          if (begun.get(id)?._tag === "Over") begun.set(id, { _tag: kind === job.kind ? "Elsewhere" : "Other" })
        }
        return begun
      }),
    chain: (job, chain) => JobReading.linksOf(query, job, [chain]),
    stateOf: (job, line) =>
      Effect.map(
        query<{ state: JobRecord.State }>("SELECT state FROM frameio_links WHERE job = $1 AND line = $2", [job, line]),
        ([row]) => row?.state
      ),
    beat: (job, session, chains) =>
      Effect.gen(function* () {
        if (chains.length > 0) {
          yield* query(
            "UPDATE frameio_chains SET seen_at = now() WHERE job = $1 AND session = $2 AND id = ANY($3::int[])",
            [job, session, chains]
          )
        }
        const [row] = yield* query<JobRow & { all_begun: boolean }>(
          `SELECT ${JOB}, NOT EXISTS (SELECT 1 FROM frameio_chains WHERE job = $1 AND state = 'planned') AS all_begun
           FROM frameio_jobs WHERE id = $1`,
          [job]
        )
        if (row === undefined) return yield* new ClusterError({ reason: "NoJob", job: String(job) })
        return { job: jobOf(row), isAllBegun: row.all_begun }
      }),
    // What has no last sign of life is taken at once.
    layDown: (job, session, chains, how) =>
      Effect.asVoid(
        surely(
          query(
            `UPDATE frameio_chains SET session = NULL, state = $4, seen_at = NULL
             WHERE job = $1 AND session = $2 AND id = ANY($3::int[])`,
            [job, session, chains, how]
          ),
          BRIEFLY
        )
      ),
    stop: ({ id, kind }, reason) =>
      Effect.asVoid(
        query(
          "UPDATE frameio_jobs SET state = 'stopped', reason = $2 WHERE id = $1 AND state = 'running' AND kind = $3",
          [id, reason, kind]
        )
      ),
    finish: Effect.gen(function* () {
      const over = yield* query<{ id: number }>(`SELECT id FROM frameio_jobs WHERE ${IS_OVER}`)
      if (over.length === 0) return
      const ids = over.map(({ id }) => id)
      // An undo that began meanwhile has chains to start, which only a statement after its end can see.
      yield* Effect.zipRight(
        sql.unsafe("SELECT 1 FROM frameio_jobs WHERE id = ANY($1::int[]) FOR UPDATE", [ids]),
        sql.unsafe(`UPDATE frameio_jobs SET state = 'done' WHERE id = ANY($1::int[]) AND ${IS_OVER}`, [ids])
      ).pipe(sql.withTransaction, orClusterError)
    })
  }
})

/**
 * The store over the program's PostgreSQL client; creates missing tables.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<JobStore, ClusterError, SqlClient.SqlClient> = Layer.effect(JobStore, make)
