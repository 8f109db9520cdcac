/**
 * The files of an upload job, beside its links. A link names a file still to be uploaded `upload:<line>`, and later its
 * asset; upload URLs are in no ledger.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { State } from "../../JobRecord.js"
import type { LedgerError } from "../../LedgerError.js"
import * as LinkError from "../../LinkError.js"
import type { UploadFile } from "../../UploadJob.js"
import * as UploadPlan from "../../UploadPlan.js"

/** Whether an id in a link stands for a file that is not uploaded yet. */
export const isToCome = (id: string): boolean => id.startsWith("upload:")

/** @internal */
export interface Uploads {
  /** Takes a plan in if there is none yet. */
  readonly take: (plan: UploadPlan.UploadPlan, options: { readonly name: string }) => Effect.Effect<void, LedgerError>
  /** All files, in the order of the job; none if it is not an upload job. */
  readonly files: Effect.Effect<ReadonlyArray<UploadFile>, LedgerError>
  /** Records that an asset is about to be created for a file. */
  readonly creating: (line: number) => Effect.Effect<void, LedgerError>
  /** Records that a file is an asset now; a new file ends with that. */
  readonly uploaded: (line: number, assetId: AssetId) => Effect.Effect<void, LedgerError>
  /** Records that a file cannot be uploaded, so that nothing above it can be stacked. */
  readonly failed: (line: number, error: LinkError.LinkError) => Effect.Effect<void, LedgerError>
  /** Records that an uploaded file was deleted again. */
  readonly removed: (line: number) => Effect.Effect<void, LedgerError>
}

const toFile = (row: Row): UploadFile => ({
  path: row.path,
  name: row.name,
  bytes: row.bytes,
  filetype: row.filetype,
  identity: row.identity,
  line: row.line,
  chain: row.chain,
  state: row.state,
  folderId: row.folder_id,
  assetId: row.asset_id,
  link: row.link
})

interface Row {
  readonly path: string
  readonly name: string
  readonly bytes: number
  readonly filetype: string
  readonly identity: string
  readonly line: number | null
  readonly chain: number | null
  readonly state: UploadFile["state"]
  readonly folder_id: AssetId
  readonly asset_id: AssetId | null
  readonly link: State | null
}

const placeholder = (line: number): string => `upload:${line}`

/** @internal */
export const make = (
  sql: SqlClient.SqlClient,
  orLedgerError: <A, R>(effect: Effect.Effect<A, SqlError, R>) => Effect.Effect<A, LedgerError, R>
): Uploads => {
  /**
   * One statement after the other, because a transaction would take the connection from the run's recorder. They are
   * ordered so that a run killed between them does all of them again.
   */
  const each = (
    statements: ReadonlyArray<readonly [text: string, values: ReadonlyArray<unknown>]>
  ): Effect.Effect<void, LedgerError> =>
    Effect.forEach(statements, ([text, values]) => orLedgerError(sql.unsafe(text, values)), { discard: true })

  return {
    take: (plan, { name }) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const lines = new Map<UploadPlan.LocalFile, number>()
        const links: Array<ReadonlyArray<unknown>> = []
        const chains = new Map<number, string>()
        const idOf = (file: UploadPlan.LocalFile): string => placeholder(lines.get(file) ?? 0)
        for (const { chain, fields, isNew, next, onto } of UploadPlan.links(plan, idOf)) {
          const line = links.length + 1
          if (typeof next !== "string") lines.set(next, line)
          const nextId = typeof next === "string" ? next : placeholder(line)
          if (!chains.has(chain)) chains.set(chain, isNew ? nextId : onto)
          links.push([line, chain, onto, nextId, JSON.stringify(fields)])
        }
        const state = (of: ReadonlyArray<UploadPlan.LocalFile>, is: UploadFile["state"]) => of.map((file) => [file, is])
        const files = [
          ...state([...lines.keys()], "planned"),
          ...state(plan.there, "there"),
          ...state(plan.leftOut, "left-out")
        ].map(([file, is]) => ({ file: file as UploadPlan.LocalFile, is }))
        yield* each([
          ["DELETE FROM links", []],
          ["DELETE FROM chains", []],
          ["DELETE FROM uploads", []],
          ["INSERT OR REPLACE INTO job (id, name, created_at) VALUES (1, ?, ?)", [name, now]],
          ["INSERT INTO chains SELECT value ->> 0, value ->> 1 FROM json_each(?)", [JSON.stringify([...chains])]],
          [
            `INSERT INTO links (line, chain, position, asset_id, next_asset_id, fields)
             SELECT value ->> 0, value ->> 1, value ->> 0, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
            [JSON.stringify(links)]
          ],
          ["CREATE UNIQUE INDEX IF NOT EXISTS links_chain ON links (chain, position)", []],
          [
            `INSERT OR IGNORE INTO uploads (path, line, name, bytes, filetype, identity, folder_id, state)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
             FROM json_each(?)`,
            [
              JSON.stringify(
                files.map(({ file, is }) => [
                  file.path,
                  lines.get(file) ?? null,
                  file.name,
                  file.bytes,
                  file.filetype,
                  file.identity,
                  plan.folder.id,
                  is
                ])
              )
            ]
          ],
          ["UPDATE job SET links = ?, chains = ?", [links.length, chains.size]]
        ])
      }),
    files: Effect.map(
      orLedgerError(
        sql.unsafe<Row>(
          `SELECT uploads.*, links.chain, links.state AS link FROM uploads LEFT JOIN links USING (line)
           WHERE (SELECT links FROM job) IS NOT NULL
           ORDER BY uploads.line IS NULL, uploads.line, uploads.path`
        )
      ),
      (rows) => rows.map(toFile)
    ),
    creating: (line) => each([["UPDATE uploads SET state = 'creating' WHERE line = ?", [line]]]),
    uploaded: (line, assetId) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        each([
          // What goes onto a file is of its chain, so no other is looked through.
          [
            `UPDATE links SET asset_id = ?1
             WHERE chain = (SELECT chain FROM links WHERE line = ?2) AND asset_id = ?3`,
            [assetId, line, placeholder(line)]
          ],
          [
            "UPDATE chains SET target = ?1 WHERE id = (SELECT chain FROM links WHERE line = ?2) AND target = ?3",
            [assetId, line, placeholder(line)]
          ],
          ["UPDATE uploads SET state = 'uploaded', asset_id = ? WHERE line = ?", [assetId, line]],
          // A new file is no version of anything, so it has ended.
          [
            `UPDATE links SET next_asset_id = ?1, fault = NULL,
               state = iif(asset_id = folder, 'confirmed', state), how = iif(asset_id = folder, 'uploaded', how),
               done_at = iif(asset_id = folder, ?2, done_at)
             FROM (SELECT folder_id AS folder FROM uploads WHERE line = ?3) WHERE links.line = ?3`,
            [assetId, now, line]
          ]
        ])
      ),
    failed: (line, error) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        each([
          [
            "UPDATE links SET state = 'failed', fault = ?, done_at = ? WHERE line = ?",
            [LinkError.toJson(error), now, line]
          ]
        ])
      ),
    removed: (line) =>
      each([
        ["UPDATE uploads SET state = 'removed' WHERE line = ?", [line]],
        ["UPDATE links SET state = 'undone' WHERE line = ? AND how = 'uploaded'", [line]]
      ])
  }
}
