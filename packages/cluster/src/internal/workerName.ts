/**
 * The name of a worker's connections to PostgreSQL. The server closes those of a dead process at once, so the others see its
 * death there.
 */

/** The application name of a worker's connections; the server keeps 63 bytes of it. */
export const ofConnections = (worker: string): string => `frameio worker ${worker}`

/** A unique name for a session of a worker. */
export const ofSession = (worker: string): string => `${worker}/${crypto.randomUUID()}`

/** In SQL: whether a session's worker has no connection left. */
export const isGone = (session: string): string => `(${session} LIKE '%/%' AND NOT EXISTS (
  SELECT 1 FROM pg_stat_activity WHERE application_name = 'frameio worker ' || split_part(${session}, '/', 1)
))`
