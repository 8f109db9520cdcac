/**
 * Reads a job's state from its ledger: chains of links, counts, runs.
 */
import { NotOnTop } from "@effect-frameio/stacks/VersionStackError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as BatchEvent from "../../BatchEvent.js"
import type * as JobRecord from "../../JobRecord.js"
import type { LedgerError } from "../../LedgerError.js"
import * as LinkRecord from "../../LinkRecord.js"
import { REORDER_FROM } from "../plan/planRules.js"

interface Extent {
  readonly links: number
  readonly chains: number
}

type Query = <A extends object>(
  text: string,
  values?: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<A>, LedgerError>

/** How many chains are read at a time. */
const CHAINS = 256

const LINKS = "links JOIN chains ON chains.id = links.chain"

/** Whether a share was changed for a link and is not as it was. */
const SHARED = `EXISTS (SELECT 1 FROM shares WHERE shares.line = links.line
  AND shares.state IN (${BatchEvent.CHANGED.map((state) => `'${state}'`).join(", ")}))`

/** The links that the job stacked, as in `LinkRecord`, in SQL. */
const stackedWhere = (
  hasShares: boolean
): string => `(state = 'confirmed' AND how NOT IN ('already', 'uploaded')) OR state IN ('sent', 'undoing')
  OR (state = 'failed' AND fault ->> '$._tag' = '${NotOnTop._tag}') OR (state = 'planned' AND how = 'answered')
${hasShares ? `  OR (state <> 'undone' AND (home IS NOT NULL OR ${SHARED}))` : ""}`

/** The planned and sent links after a failed one of their chain. */
const BEHIND_FAILED = `
  FROM (SELECT chain, min(position) AS position FROM links WHERE state = 'failed' GROUP BY chain) AS failed
  JOIN links ON links.chain = failed.chain AND links.position > failed.position
  WHERE links.state IN ('planned', 'sent')`

/** Failed links without a confirmed version above them. */
const ON_TOP_AND_FAILED = `
  state = 'failed' AND NOT EXISTS (
    SELECT 1 FROM links AS later
    WHERE later.chain = links.chain AND later.position > links.position AND later.state = 'confirmed'
  )`

/** An older ledger that is only read has no shares. */
export const make = (query: Query, hasShares: boolean) => {
  const count = (text: string) => Effect.map(query<{ n: number }>(text), ([row]) => row?.n ?? 0)

  /** All chains, some at a time, in the order of a table. */
  const chainRowsBy = (order: { readonly from: string; readonly place: string }) =>
    Stream.unwrap(
      Effect.map(count(`SELECT coalesce(max(${order.place}), -1) AS n FROM ${order.from}`), (last) =>
        Stream.paginateChunkEffect(0, (from) =>
          Effect.map(
            query<LinkRecord.LinkRecord>(
              `SELECT links.*, chains.target${hasShares ? `, ${SHARED} AS shared` : ""} FROM ${order.from}
             WHERE ${order.place} >= ? AND ${order.place} < ? ORDER BY ${order.place}, links.position`,
              [from, from + CHAINS]
            ),
            (rows) => [
              Chunk.unsafeFromArray(LinkRecord.byChain(rows)),
              from + CHAINS > last ? Option.none<number>() : Option.some(from + CHAINS)
            ]
          )
        )
      )
    )
  const chainRows = chainRowsBy({ from: LINKS, place: "links.chain" })

  /** In a table, so that memory does not grow with the plan. */
  const longestRows = Stream.unwrap(
    Effect.gen(function* () {
      yield* query("DROP TABLE IF EXISTS temp.turns")
      yield* query("CREATE TEMP TABLE turns (place INTEGER PRIMARY KEY, chain INTEGER NOT NULL)")
      yield* query("INSERT INTO turns (chain) SELECT chain FROM links GROUP BY chain ORDER BY count(*) DESC, chain")
      return chainRowsBy({ from: `${LINKS} JOIN turns ON turns.chain = links.chain`, place: "turns.place" })
    })
  )

  const counts: Effect.Effect<JobRecord.Counts, LedgerError> = Effect.zipWith(
    query<LinkRecord.Group>(
      "SELECT state, coalesce(how = 'already', 0) AS already, count(*) AS n FROM links GROUP BY 1, 2"
    ),
    count(`SELECT count(*) AS n ${BEHIND_FAILED} AND links.state = 'planned'`),
    LinkRecord.countsOf
  )

  const runs = query<JobRecord.Run>(
    "SELECT kind, began_at AS beganAtMillis, ended_at AS endedAtMillis, stopped FROM runs ORDER BY id"
  )

  const samples = query<JobRecord.Sample>(
    `SELECT ended_at - millis AS atMillis, millis, sent, refused, "limit", window_millis AS windowMillis, free, waiting
     FROM paces WHERE millis > 0 ORDER BY rowid`
  )

  const extentOf = (where: string): Effect.Effect<Extent, LedgerError> =>
    Effect.map(
      query<Extent>(`SELECT count(*) AS links, count(DISTINCT chain) AS chains FROM links WHERE ${where}`),
      ([row]) => row ?? { links: 0, chains: 0 }
    )

  const retryFailed = Effect.gen(function* () {
    const failed = yield* count(`SELECT count(*) AS n FROM links WHERE ${ON_TOP_AND_FAILED}`)
    if (failed > 0) yield* query(`UPDATE links SET state = 'planned' WHERE ${ON_TOP_AND_FAILED}`)
    return failed
  })

  return {
    chainRows,
    longestRows,
    chainOf: (index: number) =>
      query<LinkRecord.LinkRecord>(
        `SELECT links.*, chains.target FROM ${LINKS} WHERE links.chain = ? ORDER BY links.position`,
        [index]
      ),
    counts,
    runs,
    samples,
    extent: Effect.gen(function* () {
      const all = yield* extentOf("state IN ('planned', 'sent')")
      const behind = yield* count(`SELECT count(*) AS n ${BEHIND_FAILED}`)
      return { links: all.links - behind, chains: all.chains }
    }),
    /** The lines that put a version of a stack on top of it, and are not confirmed. */
    reorders: Effect.map(
      query<{ line: number }>(
        `SELECT line FROM links WHERE state <> 'confirmed' AND fields LIKE '%"${REORDER_FROM}"%'
         AND trim(coalesce(fields ->> '$.${REORDER_FROM}', '')) <> '' ORDER BY line`
      ),
      (rows) => rows.map(({ line }) => line)
    ),
    stackedExtent: extentOf(stackedWhere(hasShares)),
    retryFailed
  }
}
