/**
 * The tables of a ledger and their migrations. A released migration never changes; new ones are added below.
 */
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** "FIO1": tells a ledger from other SQLite files. */
export const APPLICATION_ID = 0x46494f31

export const MIGRATIONS_TABLE = "migrations"

const migrations = {
  "1_first": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // One row; `links` and `chains` are null until the plan is taken in completely.
    yield* sql`CREATE TABLE job (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      name TEXT NOT NULL,
      plan TEXT,
      created_at INTEGER NOT NULL,
      links INTEGER,
      chains INTEGER
    )`
    yield* sql`CREATE TABLE chains (id INTEGER PRIMARY KEY, target TEXT NOT NULL)`
    // Times are ms since 1970. `position` is the order within the chain, `sent_to` the id that the last call named.
    // `fields` holds the plan's other columns and `fault` an error, both as JSON.
    yield* sql`CREATE TABLE links (
      line INTEGER PRIMARY KEY,
      chain INTEGER,
      position INTEGER,
      asset_id TEXT NOT NULL,
      next_asset_id TEXT NOT NULL,
      fields TEXT,
      state TEXT NOT NULL DEFAULT 'planned'
        CHECK (state IN ('planned', 'sent', 'confirmed', 'failed', 'undoing', 'undone')),
      how TEXT,
      sent_to TEXT,
      stack_id TEXT,
      attempts INTEGER NOT NULL DEFAULT 0,
      sent_at INTEGER,
      done_at INTEGER,
      fault TEXT
    )`
    yield* sql`CREATE TABLE runs (
      id INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      began_at INTEGER NOT NULL,
      ended_at INTEGER,
      stopped TEXT
    )`
    yield* sql`CREATE TABLE paces (
      ended_at INTEGER NOT NULL,
      millis INTEGER NOT NULL,
      sent INTEGER NOT NULL,
      refused INTEGER NOT NULL,
      "limit" REAL,
      window_millis REAL,
      free REAL,
      waiting INTEGER NOT NULL
    )`
    yield* sql`CREATE TABLE notices (
      line INTEGER NOT NULL,
      noticed_at INTEGER NOT NULL,
      stack_id TEXT NOT NULL,
      reason TEXT NOT NULL
    )`
  }),
  "2_api": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // The version of Frame.io's API that the job was begun on; before this migration there was only one.
    yield* sql`ALTER TABLE job ADD COLUMN api TEXT`
    yield* sql`UPDATE job SET api = 'v2' WHERE EXISTS (SELECT 1 FROM runs)`
  }),
  "3_uploads": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // Local files; `line` is the line of the link that the file will become, if it will become one.
    yield* sql`CREATE TABLE uploads (
      path TEXT PRIMARY KEY,
      line INTEGER UNIQUE,
      name TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      filetype TEXT NOT NULL,
      identity TEXT NOT NULL,
      folder_id TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('planned', 'creating', 'uploaded', 'removed', 'left-out', 'there')),
      asset_id TEXT
    )`
  }),
  "4_shares": Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    // The folder that a version lay in before it was moved to its stack's folder.
    yield* sql`ALTER TABLE links ADD COLUMN home TEXT`
    // `line` is the line of the link whose version takes the place of `removed`.
    yield* sql`CREATE TABLE shares (
      line INTEGER NOT NULL,
      chain INTEGER NOT NULL,
      share_id TEXT NOT NULL,
      removed TEXT NOT NULL,
      added TEXT NOT NULL,
      state TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (line, share_id)
    )`
  })
}

/** The newest migration that this version knows. */
export const VERSION = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)))

/** Brings the tables up to date. */
export const migrate = Migrator.make({})({ loader: Migrator.fromRecord(migrations), table: MIGRATIONS_TABLE })
