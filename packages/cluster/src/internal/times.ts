/**
 * How often a worker looks, and after how long another counts as dead.
 */
import * as Duration from "effect/Duration"

export interface Times {
  /** How often a worker writes down which chains it has in hand. */
  readonly beat: Duration.Duration
  /** After how long of silence another may take a chain over. */
  readonly lease: Duration.Duration
  /** After how long of silence another may, if the worker has no connection to PostgreSQL any more. */
  readonly gone: Duration.Duration
  /** How long workers have to connect again after a restart of PostgreSQL. */
  readonly reconnect: Duration.Duration
  /** After how long of silence a chain is started again, even if its workflow still runs. */
  readonly stalled: Duration.Duration
  /** After how long a chain is started again that no worker has in hand; each time so much longer, up to `stalled`. */
  readonly unheld: Duration.Duration
  /** How long the engine has to take a new chain, before the worker takes it in hand itself. */
  readonly engine: Duration.Duration
  /** How often a worker looks for chains to be started. */
  readonly tick: Duration.Duration
  /** How long a job waits while nothing gets through, before it stops. */
  readonly giveUpAfter: Duration.Duration
}

export const times: Times = {
  beat: Duration.seconds(1),
  lease: Duration.seconds(5),
  gone: Duration.millis(250),
  reconnect: Duration.seconds(5),
  stalled: Duration.seconds(8),
  unheld: Duration.seconds(2),
  engine: Duration.seconds(1),
  tick: Duration.millis(250),
  giveUpAfter: Duration.hours(12)
}

/**
 * The most open chains of a job, over all workers: enough for hundreds of calls per second, and little to take over when
 * a worker dies.
 */
export const OPEN = 192
