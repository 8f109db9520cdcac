/**
 * How often a worker looks, and after how long it takes another for dead.
 */
import * as Duration from "effect/Duration"

export interface Times {
  /** How often a worker says which chains it has in hand. */
  readonly beat: Duration.Duration
  /** After how long of silence another may take a chain over. */
  readonly lease: Duration.Duration
  /** After how long of silence another may, where the worker has no connection to PostgreSQL any more. */
  readonly gone: Duration.Duration
  /** After how long of silence a chain is started again, whatever became of its workflow. */
  readonly stalled: Duration.Duration
  /** How often a worker looks for chains to be started. */
  readonly tick: Duration.Duration
  /** How long a job waits while nothing gets through, before it stops. */
  readonly giveUpAfter: Duration.Duration
}

export const times: Times = {
  beat: Duration.seconds(1),
  lease: Duration.seconds(5),
  gone: Duration.millis(1500),
  stalled: Duration.seconds(8),
  tick: Duration.millis(500),
  giveUpAfter: Duration.hours(12)
}

/**
 * So many chains of a job are begun and not at their end, over all workers: enough for hundreds of calls per second, and
 * little to hand over. Each costs the engine several messages before its first link.
 */
export const OPEN = 192
