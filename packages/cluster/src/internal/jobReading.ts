/**
 * How a job stands, asked of PostgreSQL: counts, runs, links.
 */
import * as JobRecord from "@effect-frameio/batch/JobRecord"
import * as LinkRecord from "@effect-frameio/batch/LinkRecord"
import * as Arr from "effect/Array"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { ClusterError } from "../ClusterError.js"
import { IS_BEHIND_FAILED, IS_STACKED, type jobOf, LINK, LINKS_OF } from "./jobRows.js"

/** So many chains are read at a time. */
const CHAINS = 256

type Query = <A extends object>(
  text: string,
  values?: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<A>, ClusterError>

interface Extent {
  readonly links: number
  readonly chains: number
}

/** The links of some chains, by chain and place in it. */
export const linksOf = (query: Query, job: number, chains: ReadonlyArray<number>) =>
  query<LinkRecord.LinkRecord>(
    `SELECT ${LINK} ${LINKS_OF} WHERE links.job = $1 AND links.chain = ANY($2::int[])
     ORDER BY links.chain, links.position`,
    [job, chains]
  )

/** All links of a job, those of one chain together. */
export const everyChain = (query: Query, { chains, id }: { readonly chains: number; readonly id: number }) =>
  Stream.paginateChunkEffect(0, (from) =>
    Effect.map(linksOf(query, id, Arr.range(from, from + CHAINS - 1)), (rows) => [
      Chunk.unsafeFromArray(LinkRecord.byChain(rows)),
      from + CHAINS >= chains ? Option.none<number>() : Option.some(from + CHAINS)
    ])
  )

/** What is known of a job; each effect fails where there is none. */
export const make = (query: Query, job: Effect.Effect<ReturnType<typeof jobOf>, ClusterError>) => {
  const counts: Effect.Effect<JobRecord.Counts, ClusterError> = Effect.flatMap(job, ({ id }) =>
    Effect.map(
      query<LinkRecord.Group & { behind: boolean }>(
        `SELECT state, coalesce(how = 'already', false) AS already, state = 'planned' AND ${IS_BEHIND_FAILED} AS behind,
           count(*)::int AS n FROM frameio_links AS links WHERE job = $1 GROUP BY 1, 2, 3`,
        [id]
      ),
      (groups) =>
        LinkRecord.countsOf(
          groups,
          groups.reduce((sum, { behind, n }) => (behind ? sum + n : sum), 0)
        )
    )
  )
  const runs: Effect.Effect<ReadonlyArray<JobRecord.Run>, ClusterError> = Effect.flatMap(job, ({ id }) =>
    query<JobRecord.Run>(
      `SELECT kind, began_at::float8 AS "beganAtMillis", ended_at::float8 AS "endedAtMillis", stopped
       FROM frameio_runs WHERE job = $1 ORDER BY frameio_runs.id`,
      [id]
    )
  )
  const samples: Effect.Effect<ReadonlyArray<JobRecord.Sample>, ClusterError> = Effect.flatMap(job, ({ id }) =>
    query<JobRecord.Sample>(
      `SELECT (min(ended_at) - max(millis))::float8 AS "atMillis", max(millis) AS millis, sum(sent)::int AS sent,
         sum(refused)::int AS refused, max("limit") AS "limit", max(window_millis) AS "windowMillis", min(free) AS free,
         sum(waiting)::int AS waiting
       FROM frameio_paces WHERE job = $1 AND millis > 0 GROUP BY ended_at / 1000 ORDER BY ended_at / 1000`,
      [id]
    )
  )
  const extentOf = (where: string): Effect.Effect<Extent, ClusterError> =>
    Effect.flatMap(job, ({ id }) =>
      Effect.map(
        query<Extent>(
          `SELECT count(*)::int AS links, count(DISTINCT chain)::int AS chains FROM frameio_links AS links
           WHERE job = $1 AND ${where}`,
          [id]
        ),
        ([row]) => row ?? { links: 0, chains: 0 }
      )
    )
  return {
    job,
    counts,
    runs,
    samples,
    left: extentOf(`state IN ('planned', 'sent') AND NOT ${IS_BEHIND_FAILED}`),
    stacked: extentOf(IS_STACKED),
    rows: Stream.unwrap(
      Effect.map(job, (job) =>
        Stream.flatMap(everyChain(query, job), (rows) => Stream.fromIterable(LinkRecord.rowsOf(rows)))
      )
    ),
    head: Effect.flatMap(job, (known) => JobRecord.headOf(known, { counts, runs, samples })),
    inUse: Effect.flatMap(job, ({ id }) =>
      Effect.map(
        query("SELECT 1 FROM frameio_chains WHERE job = $1 AND state = 'open' AND session IS NOT NULL LIMIT 1", [id]),
        (rows) => rows.length > 0
      )
    )
  }
}
