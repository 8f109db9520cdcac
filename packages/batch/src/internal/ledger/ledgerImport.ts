/**
 * Takes a plan into the tables of a ledger, in memory that does not grow with it. Each pair is checked by itself as it
 * comes; SQLite finds how pairs relate to one another. Only faulty pairs go through `PlanBuilder`, for its messages.
 */

import type * as SqlClient from "@effect/sql/SqlClient"
import type { SqlError } from "@effect/sql/SqlError"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as LinkRecord from "../../LinkRecord.js"
import { inOrder, PairSink, PlanBuilder, type RawLink } from "../plan/planBuilder.js"
import { makeOrder, placeOf } from "../plan/planRules.js"

/** Holds pairs until they are drained. */
export class PendingPairs extends PairSink {
  #pending: Array<RawLink> = []
  #size = 0
  #ordered = false

  get size(): number {
    return this.#size
  }

  /** Whether any pair says where it stands among the versions of its stack. */
  get ordered(): boolean {
    return this.#ordered
  }

  protected take(link: RawLink): void {
    this.#size += 1
    this.#ordered ||= link.fields?.version !== undefined || link.fields?.position !== undefined
    this.#pending.push(link)
  }

  drain(): ReadonlyArray<RawLink> {
    const pending = this.#pending
    this.#pending = []
    return pending
  }
}

const INSERT = `
  INSERT INTO links (line, asset_id, next_asset_id, fields)
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)`

const row = ({ assetId, fields, line, nextAssetId }: RawLink) => [
  line,
  assetId,
  nextAssetId,
  fields === undefined ? null : JSON.stringify(fields)
]

export const insert = (sql: SqlClient.SqlClient, pairs: ReadonlyArray<RawLink>): Effect.Effect<void, SqlError> =>
  pairs.length === 0 ? Effect.void : Effect.asVoid(sql.unsafe(INSERT, [JSON.stringify(pairs.map(row))]))

/** Deletes a plan that was not taken in completely. */
export const clear = (sql: SqlClient.SqlClient): Effect.Effect<void, SqlError> =>
  Effect.forEach(
    [
      "DROP INDEX IF EXISTS links_next",
      "DROP INDEX IF EXISTS links_chain",
      "DROP INDEX IF EXISTS chains_target",
      "DROP TABLE IF EXISTS temp.nested",
      "DROP TABLE IF EXISTS temp.child",
      "DROP TABLE IF EXISTS temp.unordered",
      "DELETE FROM links",
      "DELETE FROM chains"
    ],
    (text) => sql.unsafe(text),
    { discard: true }
  )

interface LinkRow {
  readonly line: number
  readonly asset_id: string
  readonly next_asset_id: string
}

/** At most so many faulty links are examined together for their messages. */
const LOOKED_AT = 10_000

const feed = (builder: PlanBuilder, rows: ReadonlyArray<LinkRow>): void => {
  for (const { asset_id, line, next_asset_id } of rows) builder.pair(line, asset_id, next_asset_id)
}

const numberOf = (rows: ReadonlyArray<{ readonly n: number }>): number => rows[0]?.n ?? 0

const duplicates = (sql: SqlClient.SqlClient, sink: PairSink): Effect.Effect<void, SqlError> =>
  Effect.gen(function* () {
    yield* sql.unsafe("CREATE INDEX links_next ON links (next_asset_id)")
    const count = numberOf(
      yield* sql.unsafe<{ n: number }>("SELECT count(*) - count(DISTINCT next_asset_id) AS n FROM links")
    )
    if (count === 0) return
    const builder = new PlanBuilder(LOOKED_AT)
    feed(
      builder,
      yield* sql.unsafe<LinkRow>(
        `SELECT line, asset_id, next_asset_id FROM links WHERE next_asset_id IN (
           SELECT next_asset_id FROM links GROUP BY next_asset_id HAVING count(*) > 1
         ) ORDER BY line LIMIT ?`,
        [LOOKED_AT]
      )
    )
    sink.addAll(builder.problems, count)
    // The rest is checked as if the later ones did not exist.
    yield* sql.unsafe("DELETE FROM links WHERE line NOT IN (SELECT min(line) FROM links GROUP BY next_asset_id)")
  })

/** Finds the links whose target another link brings, and the asset at the root of each such tree. */
const nesting = (sql: SqlClient.SqlClient, sink: PairSink): Effect.Effect<void, SqlError> =>
  Effect.gen(function* () {
    yield* sql.unsafe(
      `CREATE TEMP TABLE child AS
       SELECT link.line AS line, bringer.line AS parent
       FROM links AS link JOIN links AS bringer ON bringer.next_asset_id = link.asset_id`
    )
    yield* sql.unsafe("CREATE INDEX temp.child_line ON child (line)")
    yield* sql.unsafe("CREATE INDEX temp.child_parent ON child (parent)")
    yield* sql.unsafe("CREATE TEMP TABLE nested (line INTEGER PRIMARY KEY, root TEXT NOT NULL)")
    yield* sql.unsafe(
      `WITH RECURSIVE tree (line, root) AS (
         SELECT child.line, links.asset_id FROM child JOIN links ON links.line = child.parent
         WHERE child.parent NOT IN (SELECT line FROM child)
         UNION ALL
         SELECT child.line, tree.root FROM tree JOIN child ON child.parent = tree.line
       )
       INSERT INTO nested SELECT line, root FROM tree`
    )
    const lost = yield* sql.unsafe<LinkRow>(
      `SELECT links.line, asset_id, next_asset_id FROM child JOIN links USING (line)
       WHERE links.line NOT IN (SELECT line FROM nested) ORDER BY links.line LIMIT ?`,
      [LOOKED_AT]
    )
    if (lost.length === 0) return
    const builder = new PlanBuilder(LOOKED_AT)
    feed(builder, lost)
    const built = builder.build()
    if (!built.ok) sink.addAll(built.problems, built.total)
    else {
      // The cycle is longer than the examined links: it is refused without being printed.
      sink.problem(
        "cycle",
        lost[0]?.line,
        `This line, and more than ${LOOKED_AT} others, are in a cycle or after one. No asset in it can come first.`
      )
    }
  })

/** Chains are numbered by their first lines. */
const chain = (sql: SqlClient.SqlClient): Effect.Effect<void, SqlError> =>
  Effect.gen(function* () {
    yield* sql.unsafe(
      `INSERT INTO chains (id, target)
       SELECT row_number() OVER (ORDER BY min(line)) - 1, target FROM (
         SELECT links.line AS line, coalesce(nested.root, links.asset_id) AS target
         FROM links LEFT JOIN nested USING (line)
       ) GROUP BY target`
    )
    yield* sql.unsafe("CREATE INDEX chains_target ON chains (target)")
    yield* sql.unsafe(
      `UPDATE links SET position = line, chain = (
         SELECT id FROM chains
         WHERE target = coalesce((SELECT root FROM nested WHERE nested.line = links.line), links.asset_id)
       )`
    )
    yield* sql.unsafe("DROP INDEX chains_target")
    yield* sql.unsafe("DROP INDEX links_next")
    yield* sql.unsafe("CREATE UNIQUE INDEX links_chain ON links (chain, position)")
  })

/** How many chains are put in order at a time. */
const CHAINS = 256

interface ChainedRow extends LinkRow {
  readonly chain: number
  readonly target: string
}

/** Puts the next chains after `after` in order, and returns the last of them. */
const orderPage = (sql: SqlClient.SqlClient, after: number): Effect.Effect<number | undefined, SqlError> =>
  Effect.gen(function* () {
    const rows = yield* sql.unsafe<ChainedRow>(
      `SELECT chain, target, line, asset_id, next_asset_id FROM links JOIN chains ON chains.id = links.chain
       WHERE chain IN (SELECT chain FROM unordered WHERE chain > ? ORDER BY chain LIMIT ?) ORDER BY chain, line`,
      [after, CHAINS]
    )
    const last = rows.at(-1)?.chain
    if (last === undefined) return undefined
    const places = LinkRecord.byChain(rows).flatMap((chain) =>
      inOrder(
        chain[0]?.target ?? "",
        chain.map(({ asset_id, line, next_asset_id }) => ({
          line,
          assetId: asset_id,
          nextAssetId: next_asset_id,
          fields: undefined
        }))
      ).map(({ line }, place) => [line, -1 - place])
    )
    // Negative first, because two links may not share a place even for a moment.
    yield* sql.unsafe(
      `UPDATE links SET position = place.position FROM (
         SELECT value ->> 0 AS line, value ->> 1 AS position FROM json_each(?)
       ) AS place WHERE links.line = place.line`,
      [JSON.stringify(places)]
    )
    yield* sql.unsafe(
      `UPDATE links SET position = -position
       WHERE position < 0 AND chain IN (SELECT chain FROM unordered WHERE chain > ? AND chain <= ?)`,
      [after, last]
    )
    return last
  })

/** A version whose target is brought by a later line waits for that line. */
const order = (sql: SqlClient.SqlClient): Effect.Effect<void, SqlError> =>
  Effect.gen(function* () {
    yield* sql.unsafe("CREATE TEMP TABLE unordered (chain INTEGER PRIMARY KEY)")
    yield* sql.unsafe(
      `INSERT INTO unordered
       SELECT DISTINCT chain FROM child JOIN links USING (line) WHERE child.line < child.parent ORDER BY chain`
    )
    let last: number | undefined = -1
    while (last !== undefined) last = yield* orderPage(sql, last)
  })

const PAGE = 4096

interface PlaceRow {
  readonly line: number
  readonly chain: number
  readonly position: number
  readonly version: string | number | null
  readonly place: string | number | null
}

const sortedIn = (sql: SqlClient.SqlClient, sink: PairSink): Effect.Effect<void, SqlError> => {
  let chain = -1
  let at = -1
  let next = makeOrder()
  const page: Effect.Effect<void, SqlError> = Effect.flatMap(
    Effect.suspend(() =>
      sql.unsafe<PlaceRow>(
        `SELECT line, chain, position, fields ->> '$.version' AS version, fields ->> '$.position' AS place FROM links
         WHERE (chain, position) > (?, ?) AND fields IS NOT NULL ORDER BY chain, position LIMIT ?`,
        [chain, at, PAGE]
      )
    ),
    (rows) => {
      for (const { chain: of, line, place, position, version } of rows) {
        if (of !== chain) next = makeOrder()
        chain = of
        at = position
        const misplaced = next(placeOf(line, { version, position: place }))
        if (misplaced !== undefined) sink.problem("out-of-order", misplaced.line, misplaced.message)
      }
      return rows.length < PAGE ? Effect.void : page
    }
  )
  return page
}

/**
 * Makes chains from the inserted pairs, and tells the sink their problems; if there are any, nothing may be kept.
 */
export const build = (
  sql: SqlClient.SqlClient,
  sink: PendingPairs,
  anyOrder: boolean
): Effect.Effect<{ readonly links: number; readonly chains: number }, SqlError> =>
  Effect.gen(function* () {
    yield* duplicates(sql, sink)
    yield* nesting(sql, sink)
    if (sink.total > 0) return { links: 0, chains: 0 }
    yield* chain(sql)
    yield* order(sql)
    if (sink.ordered && !anyOrder) yield* sortedIn(sql, sink)
    yield* sql.unsafe("DROP TABLE temp.nested")
    yield* sql.unsafe("DROP TABLE temp.child")
    yield* sql.unsafe("DROP TABLE temp.unordered")
    return {
      links: numberOf(yield* sql.unsafe<{ n: number }>("SELECT count(*) AS n FROM links")),
      chains: numberOf(yield* sql.unsafe<{ n: number }>("SELECT count(*) AS n FROM chains"))
    }
  })

/**
 * The first line whose pair differs from the ledger's after the line `after`, if one does, and the last of the ledger's
 * lines. It compares pair by pair rather than line by line, because blank lines move the lines of a plan without making
 * it another plan.
 */
export const compare = (
  sql: SqlClient.SqlClient,
  after: number,
  pairs: ReadonlyArray<RawLink>
): Effect.Effect<{ readonly differs: number | undefined; readonly last: number }, SqlError> =>
  Effect.map(
    sql.unsafe<LinkRow>("SELECT line, asset_id, next_asset_id FROM links WHERE line > ? ORDER BY line LIMIT ?", [
      after,
      pairs.length
    ]),
    (rows) => ({
      differs: pairs.find(({ assetId, nextAssetId }, index) => {
        const known = rows[index]
        return known?.asset_id !== assetId || known.next_asset_id !== nextAssetId
      })?.line,
      last: rows.at(-1)?.line ?? after
    })
  )

/** Feeds a stream of pairs into a sink, chunk by chunk. */
export const readStream = <E, R, E2, R2>(
  pairs: Stream.Stream<
    {
      readonly assetId: string
      readonly nextAssetId: string
      readonly fields?: Readonly<Record<string, unknown>> | undefined
    },
    E,
    R
  >,
  sink: PairSink,
  between: Effect.Effect<void, E2, R2>
): Effect.Effect<void, E | E2, R | R2> => {
  let line = 0
  return Stream.runForEachChunk(pairs, (chunk) =>
    Effect.suspend(() => {
      for (const pair of Chunk.toReadonlyArray(chunk)) {
        sink.pair(++line, pair.assetId, pair.nextAssetId, pair.fields)
      }
      return between
    })
  )
}
