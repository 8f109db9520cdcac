/**
 * The file of a ledger: its identity under any name, who may open it, and how it is created.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as SqlClient from "@effect/sql/SqlClient"
import { SqlClient as Sql } from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { fromSql, LedgerError } from "../../LedgerError.js"
import * as LedgerSchema from "./ledgerSchema.js"

/** @internal */
export interface OpenOptions {
  readonly file: string
  readonly mode: "read" | "write"
  readonly create: boolean
  readonly maxPages: number | undefined
}

/** @internal */
export interface Opened {
  readonly sql: SqlClient.SqlClient
  /** Fails when the file or its log is no longer the one that was opened. */
  readonly verify: Effect.Effect<void, LedgerError>
  readonly inUse: Effect.Effect<boolean, LedgerError>
  /** Whether it was copied in the middle of a run, without its log. */
  readonly isPartial: boolean
}

// -----------------------------------------------------------------------------
// connections
// -----------------------------------------------------------------------------

/** The driver loads a binary of its platform, so it is imported only when a ledger is opened. */
const driver = (file: string): Effect.Effect<typeof LibsqlClient, LedgerError> =>
  Effect.tryPromise({
    try: () => import("@effect/sql-libsql/LibsqlClient"),
    catch: (cause) => new LedgerError({ reason: "NoDriver", file, detail: `(${Inspectable.toStringUnknown(cause)})` })
  })

const escaped = (path: string): string => encodeURI(path).replaceAll("?", "%3F").replaceAll("#", "%23")

/** `immutable` locks nothing and creates no files beside the ledger: for a file that nobody has open. */
type Access = "write" | "read" | "immutable"

/** `open` throws; this turns that into a `LedgerError`. */
const connect = (
  file: string,
  path: string,
  access: Access
): Effect.Effect<LibsqlClient.LibsqlClient, LedgerError, Scope.Scope> =>
  Effect.gen(function* () {
    const libsql = yield* driver(file)
    const uri = `file:${escaped(path)}?mode=ro${access === "immutable" ? "&immutable=1" : ""}`
    // The driver has no options, but hands SQLite a path that may be a URI with options.
    const url = access === "write" ? `file:${escaped(path)}` : `file:${encodeURIComponent(uri)}`
    return yield* Layer.build(libsql.layer({ url })).pipe(
      Effect.map(Context.get(libsql.LibsqlClient)),
      Effect.catchAllDefect((defect) => Effect.fail(fromSql(file)(defect)))
    )
  })

/** How long another program may lock the file. */
const PATIENCE = "30 seconds"

/**
 * Waits while another program, such as a backup or a database browser, locks the file.
 *
 * @internal
 */
export const patiently = <A, R>(effect: Effect.Effect<A, LedgerError, R>): Effect.Effect<A, LedgerError, R> =>
  Effect.retry(effect, {
    while: (error) => error.reason === "Busy",
    schedule: Schedule.intersect(Schedule.spaced("50 millis"), Schedule.upTo(Schedule.forever, PATIENCE))
  })

/** Which file a name stands for; empty if there is none. */
type Identity = (path: string) => string

/** Synchronous, as the driver is: what is written is on disk when the effect ends, with nothing in between. */
const identity: Effect.Effect<Identity> = Effect.map(
  Effect.promise(() => import("node:fs")),
  ({ statSync }) =>
    (path) => {
      const info = statSync(path, { bigint: true, throwIfNoEntry: false })
      return info === undefined ? "" : `${info.dev}:${info.ino}`
    }
)

/** Held until the process ends or the scope closes, which also removes the lock's file. */
const lock = (file: string, path: string): Effect.Effect<void, LedgerError, Scope.Scope | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const of = yield* identity
    const name = `${path}.lock`
    yield* Effect.ignore(fs.writeFileString(name, "", { flag: "a" }))
    const before = of(name)
    const sql = yield* connect(file, name, "write")
    // A closed connection keeps its locks until its statements are garbage-collected.
    yield* Effect.acquireRelease(Effect.mapError(sql.unsafe("BEGIN EXCLUSIVE"), fromSql(file)), () =>
      // Before the lock is released: whoever holds a removed file will notice.
      Effect.zipRight(Effect.ignore(fs.remove(name)), Effect.ignore(sql.unsafe("ROLLBACK")))
    )
    // Another run has removed it meanwhile, and a third may hold the one that is there now.
    if (before !== "" && of(name) !== before) return yield* new LedgerError({ reason: "InUse", file })
  }).pipe(Effect.mapError((error) => (error.reason === "Busy" ? new LedgerError({ reason: "InUse", file }) : error)))

/** Whether somebody holds the lock; needs no right to write. */
const isLocked = (file: string, path: string): Effect.Effect<boolean, LedgerError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    if (!(yield* Effect.orElseSucceed(fs.exists(`${path}.lock`), () => false))) return false
    return yield* connect(file, `${path}.lock`, "read").pipe(
      Effect.flatMap((sql) => Effect.mapError(sql.unsafe("SELECT count(*) FROM sqlite_master"), fromSql(file))),
      Effect.as(false),
      Effect.catchIf(
        (error) => error.reason === "Busy",
        () => Effect.succeed(true)
      ),
      Effect.scoped
    )
  })

// -----------------------------------------------------------------------------
// identity
// -----------------------------------------------------------------------------

/** A dangling link names the file to create. */
const resolve = (file: string): Effect.Effect<string, never, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const real = yield* Effect.option(fs.realPath(file))
    if (Option.isSome(real)) return real.value
    const link = yield* Effect.option(fs.readLink(file))
    if (Option.isNone(link)) return file
    return /^([/\\]|[a-z]:)/i.test(link.value) ? link.value : `${file.replace(/[^/\\]*$/, "")}${link.value}`
  })

const SQLITE = "SQLite format 3\u0000"

const beginning = (path: string): Effect.Effect<string | undefined, never, FileSystem.FileSystem> =>
  Effect.scoped(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.open(path)
      return Option.match(yield* file.readAlloc(SQLITE.length), {
        onNone: () => "",
        onSome: (bytes) => new TextDecoder("latin1").decode(bytes)
      })
    })
  ).pipe(Effect.orElseSucceed(() => undefined))

/** Refuses files that cannot be ledgers from the outside, so that nothing is created beside them. */
const inspect = (
  { create, file, mode }: OpenOptions,
  path: string
): Effect.Effect<"there" | "to be made", LedgerError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const info = yield* Effect.option(fs.stat(path))
    if (Option.isNone(info)) {
      return mode === "write" && create ? "to be made" : yield* new LedgerError({ reason: "Absent", file })
    }
    if (info.value.type !== "File") return yield* new LedgerError({ reason: "NotALedger", file })
    // Each name would have its own lock and log, and miss what the other has written.
    if (mode === "write" && Option.exists(info.value.nlink, (names) => names > 1)) {
      return yield* new LedgerError({ reason: "Linked", file })
    }
    const start = yield* beginning(path)
    // Creating a ledger begins with its lock and an empty file, and a kill may leave it like that.
    const halfMade =
      start === "" && (yield* Effect.orElseSucceed(fs.exists(`${path}.lock`), () => false)) && mode === "write"
    if (halfMade) return "to be made"
    return start === undefined || start === SQLITE ? "there" : yield* new LedgerError({ reason: "NotALedger", file })
  })

// -----------------------------------------------------------------------------
// opening
// -----------------------------------------------------------------------------

const pragma = <A>(sql: SqlClient.SqlClient, name: string): Effect.Effect<A | undefined, SqlError> =>
  Effect.map(sql.unsafe<Record<string, A>>(`PRAGMA ${name}`), ([row]) => row?.[name])

/** Refuses a file that is no ledger, or one of a newer version, before anything in it is changed. */
const check = (sql: SqlClient.SqlClient, file: string): Effect.Effect<void, LedgerError> =>
  Effect.gen(function* () {
    if ((yield* pragma<number>(sql, "application_id")) !== LedgerSchema.APPLICATION_ID) {
      return yield* new LedgerError({ reason: "NotALedger", file })
    }
    const [latest] = yield* sql.unsafe<{ id: number | null }>(
      `SELECT max(migration_id) AS id FROM ${LedgerSchema.MIGRATIONS_TABLE}`
    )
    if ((latest?.id ?? 0) > LedgerSchema.VERSION) return yield* new LedgerError({ reason: "Newer", file })
  }).pipe(Effect.catchTag("SqlError", (error) => fromSql(file)(error)))

/** Whether nothing was ever written to it: a kill came before its first transaction committed. */
const isBlank = (sql: SqlClient.SqlClient): Effect.Effect<boolean, SqlError> =>
  Effect.gen(function* () {
    const [tables] = yield* sql.unsafe<{ n: number }>("SELECT count(*) AS n FROM sqlite_master")
    return tables?.n === 0 && (yield* pragma<number>(sql, "application_id")) === 0
  })

/** Creates the tables, their version and the ledger's mark in one transaction. */
const migrate = (sql: SqlClient.SqlClient) =>
  sql.withTransaction(
    Effect.zipRight(LedgerSchema.migrate, sql.unsafe(`PRAGMA application_id = ${LedgerSchema.APPLICATION_ID}`))
  )

/**
 * `user_version` reveals a copy that lacks its log: the file says that a run has it open, but there is no log beside
 * it. The mark stays on such a copy for ever, since no later run can know what was in that log.
 */
const Mark = { closed: 0, open: 1, partial: 2 } as const

const hasLog = (path: string): Effect.Effect<boolean, never, FileSystem.FileSystem> =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => Effect.orElseSucceed(fs.exists(`${path}-wal`), () => false))

const isPartialWhere = (sql: SqlClient.SqlClient, file: string, logged: boolean): Effect.Effect<boolean, LedgerError> =>
  Effect.map(
    patiently(Effect.mapError(pragma<number>(sql, "user_version"), fromSql(file))),
    (mark) => mark === Mark.partial || (mark === Mark.open && !logged)
  )

/**
 * Checkpoints the write-ahead log and, if nobody reads it, removes it, so that the file can be moved. SQLite removes
 * the log with its last connection, but the driver's connections live on until they are garbage-collected.
 */
const emptyLog = (
  sql: SqlClient.SqlClient,
  path: string
): Effect.Effect<void, SqlError | PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const [done] = yield* sql.unsafe<{ readonly busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)")
    if (done?.busy !== 0 || (yield* fs.stat(`${path}-wal`)).size > 0n) return
    for (const end of ["-wal", "-shm"]) yield* fs.remove(`${path}${end}`)
  })

const openToWrite = (
  options: OpenOptions,
  path: string
): Effect.Effect<Opened, LedgerError, Scope.Scope | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { file, maxPages } = options
    yield* inspect(options, path)
    yield* lock(file, path)
    const logged = yield* hasLog(path)
    const sql = yield* connect(file, path, "write")
    const ours = yield* patiently(Effect.mapError(isBlank(sql), fromSql(file)))
    if (!ours) {
      yield* patiently(check(sql, file))
      const [sound] = yield* patiently(
        Effect.mapError(sql.unsafe<{ quick_check: string }>("PRAGMA quick_check(1)"), fromSql(file))
      )
      if (sound?.quick_check !== "ok") {
        return yield* new LedgerError({ reason: "Corrupt", file, detail: sound?.quick_check })
      }
    }
    const isPartial = yield* isPartialWhere(sql, file, logged)
    yield* patiently(
      Effect.gen(function* () {
        yield* migrate(sql)
        // A transaction takes the connection with it, so settings for one connection come after it.
        yield* sql.unsafe("PRAGMA journal_mode = WAL")
        yield* sql.unsafe("PRAGMA synchronous = FULL")
        // In KiB. Four times as much takes a plan in about 2 % faster, with 35 MiB more at its peak.
        yield* sql.unsafe("PRAGMA cache_size = -4096")
        // By default the driver's SQLite sorts in memory, which grows with the plan.
        yield* sql.unsafe("PRAGMA temp_store = FILE")
        if (maxPages !== undefined) yield* sql.unsafe(`PRAGMA max_page_count = ${maxPages}`)
        // Opens the log, so that its identity is known.
        yield* sql.unsafe("SELECT count(*) FROM job")
        yield* sql.unsafe(`PRAGMA user_version = ${isPartial ? Mark.partial : Mark.open}`)
        // Into the file itself, so that a copy has it.
        yield* sql.unsafe("PRAGMA wal_checkpoint(TRUNCATE)")
      }).pipe(
        Effect.provideService(Sql, sql),
        // The migrator turns a failure within a migration into a defect.
        Effect.catchAllCause((cause) => Effect.fail(fromSql(file)(Cause.squash(cause))))
      )
    )
    const fs = yield* FileSystem.FileSystem
    yield* Effect.addFinalizer(() =>
      Effect.ignore(
        Effect.gen(function* () {
          if (!isPartial) yield* sql.unsafe(`PRAGMA user_version = ${Mark.closed}`)
          yield* emptyLog(sql, path)
        }).pipe(Effect.provideService(FileSystem.FileSystem, fs))
      )
    )
    const of = yield* identity
    const both = () => `${of(file)} ${of(`${path}-wal`)}`
    const opened = both()
    return {
      sql,
      verify: Effect.suspend(() =>
        both() === opened ? Effect.void : Effect.fail(new LedgerError({ reason: "Replaced", file }))
      ),
      inUse: Effect.succeed(true),
      isPartial
    }
  })

const openToRead = (
  options: OpenOptions,
  path: string
): Effect.Effect<Opened, LedgerError, Scope.Scope | FileSystem.FileSystem> =>
  Effect.gen(function* () {
    const { file } = options
    yield* inspect(options, path)
    const fs = yield* FileSystem.FileSystem
    const logged = Effect.match(fs.stat(`${path}-wal`), { onFailure: () => false, onSuccess: ({ size }) => size > 0n })
    const inUse = Effect.provideService(isLocked(file, path), FileSystem.FileSystem, fs)
    // An existing log must be read, with the locks that go with it.
    const access = (yield* logged) || (yield* inUse) ? "read" : "immutable"
    const sql = yield* patiently(connect(file, path, access))
    yield* patiently(check(sql, file))
    const isPartial = yield* isPartialWhere(sql, file, yield* hasLog(path))
    return { sql, verify: Effect.void, inUse, isPartial }
  })

/**
 * Opens a ledger until the scope closes.
 *
 * @internal
 */
export const open = (options: OpenOptions): Effect.Effect<Opened, LedgerError, Scope.Scope | FileSystem.FileSystem> =>
  Effect.flatMap(resolve(options.file), (path) =>
    options.mode === "read" ? openToRead(options, path) : openToWrite(options, path)
  )
