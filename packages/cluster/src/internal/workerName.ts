/**
 * By what PostgreSQL knows a worker: the name of its connections. The server closes those of a process that died at once, so
 * that the others see its death there.
 */

/** What a worker's connections are called; the server keeps 63 bytes of it. */
export const ofConnections = (worker: string): string => `frameio worker ${worker}`

/** The name of a session of a worker; no two are the same. */
export const ofSession = (worker: string): string => `${worker}/${crypto.randomUUID()}`

/** In SQL: whether no connection is left of the worker whose session it is. */
export const isGone = (session: string): string => `(${session} LIKE '%/%' AND NOT EXISTS (
  SELECT 1 FROM pg_stat_activity WHERE application_name = 'frameio worker ' || split_part(${session}, '/', 1)
))`
