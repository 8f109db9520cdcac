/**
 * What a client must do to be measured. Each is written the way its users write it, in a file of its own in `clients`.
 *
 * @since 0.1.0
 */

/**
 * What a client's user knows.
 *
 * @since 0.1.0
 * @category models
 */
export interface Context {
  readonly baseUrl: string
  /** The limit, for the clients that are told. */
  readonly limit: number
  /** The window in ms, for the clients that are told. */
  readonly windowMillis: number
  /** Calls at once, if the client has no queue of its own. */
  readonly concurrency: number
  /** The shared store, in the scenarios that have one. */
  readonly redisUrl: string | undefined
}

/**
 * One call: put `nextAssetId` on the stack of `assetId`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Call {
  readonly assetId: string
  readonly nextAssetId: string
  /** A person waits for it. It goes through the same queue, with priority if the client supports that. */
  readonly urgent: boolean
}

/**
 * A client at work.
 *
 * @since 0.1.0
 * @category models
 */
export interface Instance {
  /** Makes one call and reads its answer; rejects when the client gives up. */
  readonly submit: (call: Call) => Promise<unknown>
  /**
   * Makes all calls; `concurrency` is `undefined` if all are to be handed over at once. If absent, `submit` is called
   * for each. Resolves with the reasons of those that were given up.
   */
  readonly submitAll?: (calls: ReadonlyArray<Call>, concurrency: number | undefined) => Promise<ReadonlyArray<unknown>>
  readonly close?: () => Promise<void>
}

/**
 * A client that can be measured.
 *
 * @since 0.1.0
 * @category models
 */
export interface Client {
  readonly id: string
  readonly title: string
  /** What it was told about the limit. */
  readonly told: "limit and window" | "a guess" | "nothing"
  /** Whether processes can share its state (`redisUrl`). */
  readonly sharedStore?: boolean
  /** Measured only for its cost: it does not survive a limit. */
  readonly costOnly?: boolean
  /** Not in the cost table: it paces by design, or another form of it is there. */
  readonly limitOnly?: boolean
  readonly make: (context: Context) => Promise<Instance>
}

/**
 * The server refused with 429. `attempt` continues after a wait.
 *
 * @since 0.1.0
 * @category errors
 */
export class TooManyRequests extends Error {
  override readonly name = "TooManyRequests"
}

/**
 * How often a user lets a client try a call before giving it up.
 *
 * @since 0.1.0
 * @category retrying
 */
export const RETRIES = 20

/**
 * The address of a call.
 *
 * @since 0.1.0
 * @category requests
 */
export const urlOf = (baseUrl: string, call: Call): string => `${baseUrl}/v2/assets/${call.assetId}/version`

/**
 * The headers of a call.
 *
 * @since 0.1.0
 * @category requests
 */
export const HEADERS = { authorization: "Bearer benchmark", "content-type": "application/json" } as const

/**
 * The body of a call.
 *
 * @since 0.1.0
 * @category requests
 */
export const bodyOf = (call: Call): string => JSON.stringify({ next_asset_id: call.nextAssetId })

/**
 * One call with `fetch`, its answer decoded. A 429 is thrown as `TooManyRequests`; `onAnswer` sees every answer.
 *
 * @since 0.1.0
 * @category requests
 */
export const fetchCall = async (
  baseUrl: string,
  call: Call,
  onAnswer?: (response: Response) => void
): Promise<unknown> => {
  const response = await fetch(urlOf(baseUrl, call), { method: "POST", headers: HEADERS, body: bodyOf(call) })
  onAnswer?.(response)
  if (response.status === 429) {
    await response.text()
    throw new TooManyRequests("429")
  }
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return response.json()
}

/**
 * Waits.
 *
 * @since 0.1.0
 * @category timing
 */
export const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/**
 * A queue with a number of workers, for clients without one. Urgent calls do not queue.
 *
 * @since 0.1.0
 * @category queueing
 */
export const workers = (concurrency: number): (<A>(call: Call, run: () => Promise<A>) => Promise<A>) => {
  const waiting: Array<() => void> = []
  let next = 0
  let busy = 0
  const release = (): void => {
    const start = waiting[next]
    if (start === undefined) {
      busy--
      return
    }
    next++
    if (next === waiting.length) {
      waiting.length = 0
      next = 0
    }
    start()
  }
  return async (call, run) => {
    if (call.urgent) return run()
    if (busy < concurrency) busy++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await run()
    } finally {
      release()
    }
  }
}
