/**
 * The name of a worker's connections to PostgreSQL. The server closes those of a dead process at once, so the others see its
 * death there.
 */

const PREFIX = "frameio worker "

/** The application name of a worker's connections; the server keeps 63 bytes of it. */
export const ofConnections = (worker: string): string => `${PREFIX}${worker}`

/** A unique name for a session of a worker. */
export const ofSession = (worker: string): string => `${worker}/${crypto.randomUUID()}`

/** In SQL: whether a session's worker has no connection left. */
export const isGone = (session: string): string =>
  `(${session} LIKE '%/%' AND '${PREFIX}' || split_part(${session}, '/', 1) NOT IN (
     SELECT application_name FROM pg_stat_activity WHERE application_name LIKE '${PREFIX}%'
   ))`
