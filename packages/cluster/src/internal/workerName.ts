/**
 * The name of a worker's connections to PostgreSQL. The server closes those of a dead process at once, so the others see its
 * death there.
 */

const PREFIX = "frameio worker "

/** The application name of a worker's connections; the server keeps 63 bytes of it. */
export const ofConnections = (worker: string): string => `${PREFIX}${worker}`

/** A unique name for a session of a worker. */
export const ofSession = (worker: string): string => `${worker}/${crypto.randomUUID()}`

/**
 * In SQL: the names of all workers' connections. `everybody`: PostgreSQL was restarted less than $1 seconds ago, and a
 * worker without a connection may still be coming back.
 */
export const CONNECTED = `SELECT DISTINCT application_name AS name,
  pg_postmaster_start_time() > now() - make_interval(secs => $1) AS everybody
  FROM pg_stat_activity WHERE application_name LIKE '${PREFIX}%'`

/** In SQL: whether a session's worker has no connection left. */
export const isGone = (session: string): string =>
  `(${session} LIKE '%/%' AND '${PREFIX}' || split_part(${session}, '/', 1) NOT IN (
     SELECT application_name FROM pg_stat_activity WHERE application_name LIKE '${PREFIX}%'
   ))`
