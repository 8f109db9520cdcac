/**
 * The tables of jobs, by migrations. A released migration is never changed; a new one is added below.
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const migrations = {
  "1_first": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // No secret: `account` is a name, whose token the workers know. Times of events are ms since 1970.
    yield* sql`CREATE TABLE frameio_jobs (
      id SERIAL PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      plan TEXT,
      digest TEXT NOT NULL,
      account TEXT NOT NULL,
      kind TEXT NOT NULL DEFAULT 'run' CHECK (kind IN ('run', 'undo')),
      state TEXT NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'done', 'stopped')),
      reason TEXT,
      created_at BIGINT NOT NULL,
      settle_millis INTEGER NOT NULL,
      links INTEGER NOT NULL,
      chains INTEGER NOT NULL
    )`
    // `session` has the chain in hand and was last heard of at `seen_at`; `generation` counts how often it was started.
    yield* sql`CREATE TABLE frameio_chains (
      job INTEGER NOT NULL REFERENCES frameio_jobs ON DELETE CASCADE,
      id INTEGER NOT NULL,
      target TEXT NOT NULL,
      links INTEGER NOT NULL,
      state TEXT NOT NULL DEFAULT 'planned' CHECK (state IN ('planned', 'open', 'done')),
      generation INTEGER NOT NULL DEFAULT 0,
      session TEXT,
      seen_at TIMESTAMPTZ,
      PRIMARY KEY (job, id)
    )`
    yield* sql`CREATE INDEX frameio_chains_state ON frameio_chains (job, state, links DESC, id)`
    // As in a ledger; each page has free room, so that a change of state moves no row.
    yield* sql`CREATE TABLE frameio_links (
      job INTEGER NOT NULL REFERENCES frameio_jobs ON DELETE CASCADE,
      line INTEGER NOT NULL,
      chain INTEGER NOT NULL,
      position INTEGER NOT NULL,
      asset_id TEXT NOT NULL,
      next_asset_id TEXT NOT NULL,
      fields TEXT,
      state TEXT NOT NULL DEFAULT 'planned'
        CHECK (state IN ('planned', 'sent', 'confirmed', 'failed', 'undoing', 'undone')),
      how TEXT,
      sent_to TEXT,
      stack_id TEXT,
      attempts INTEGER NOT NULL DEFAULT 0,
      sent_at BIGINT,
      done_at BIGINT,
      fault TEXT,
      PRIMARY KEY (job, line)
    ) WITH (fillfactor = 60)`
    yield* sql`CREATE INDEX frameio_links_chain ON frameio_links (job, chain, position)`
    yield* sql`CREATE TABLE frameio_runs (
      id SERIAL PRIMARY KEY,
      job INTEGER NOT NULL REFERENCES frameio_jobs ON DELETE CASCADE,
      session TEXT NOT NULL,
      kind TEXT NOT NULL,
      began_at BIGINT NOT NULL,
      ended_at BIGINT,
      stopped TEXT
    )`
    yield* sql`CREATE TABLE frameio_paces (
      job INTEGER NOT NULL REFERENCES frameio_jobs ON DELETE CASCADE,
      ended_at BIGINT NOT NULL,
      millis INTEGER NOT NULL,
      sent INTEGER NOT NULL,
      refused INTEGER NOT NULL,
      "limit" FLOAT8,
      window_millis FLOAT8,
      free FLOAT8,
      waiting INTEGER NOT NULL
    )`
    yield* sql`CREATE INDEX frameio_paces_job ON frameio_paces (job, ended_at)`
    yield* sql`CREATE TABLE frameio_notices (
      job INTEGER NOT NULL REFERENCES frameio_jobs ON DELETE CASCADE,
      line INTEGER NOT NULL,
      noticed_at BIGINT NOT NULL,
      stack_id TEXT NOT NULL,
      reason TEXT NOT NULL
    )`
  }),
  "2_api_and_trace": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // The version of Frame.io's API, null until known; the trace of the submission.
    yield* sql`ALTER TABLE frameio_jobs ADD COLUMN api TEXT CHECK (api IN ('v2', 'v4')), ADD COLUMN traceparent TEXT`
  }),
  "3_home": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // The folder of a version before it was brought to its stack's.
    yield* sql`ALTER TABLE frameio_links ADD COLUMN home TEXT`
  }),
  "4_checked": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // Whether all ids were found; `checker` is the worker that looks, last heard of at `checker_at`.
    yield* sql`ALTER TABLE frameio_jobs ADD COLUMN checked BOOLEAN NOT NULL DEFAULT false, ADD COLUMN checker TEXT,
      ADD COLUMN checker_at TIMESTAMPTZ`
    yield* sql`UPDATE frameio_jobs SET checked = true`
  })
}

/** Brings the tables up to date. */
export const migrate = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table: "frameio_migrations" })
