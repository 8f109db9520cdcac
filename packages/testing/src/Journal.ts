/**
 * The requests that the server saw, and its answers: counts of all, and the last ones in full; pure.
 *
 * @since 0.1.0
 */
import type { EndpointName, Fault } from "./FaultPlan.js"

/**
 * One request. Times are in ms since the start of the fake.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entry {
  /** From 0, in the order in which requests were sent. */
  readonly sequence: number
  /** When the server had it. */
  readonly atMillis: number
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Such as `assets.version`; `storage.part` for a part of an upload; empty if the API has no such endpoint. */
  readonly endpoint: string
  /** Absent if the token was not accepted. */
  readonly userId: string | undefined
  /** The assets of its path, then those of its body. */
  readonly assetIds: ReadonlyArray<string>
  /** The server's status, even if it was lost or replaced on the way; 0 if the request did not arrive. */
  readonly status: number
  /** Whether it changed something. */
  readonly applied: boolean
  /** Why it was refused: the name of a rule, `NotFound`, `Forbidden`, `RateLimited` and so on. */
  readonly refusal: string | undefined
  /** The fault that the plan chose for it. */
  readonly fault: Fault["_tag"] | undefined
  /** `x-ratelimit-remaining` as computed, before any header fault. */
  readonly remaining: number | undefined
}

/**
 * Counts, of all requests or of those to one endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export interface Counts {
  /** Sent by clients, lost ones included. */
  readonly requests: number
  /** Answered 200 by the server, even if the answer was lost. */
  readonly succeeded: number
  /** Answered 429. */
  readonly refused: number
  /** Those that changed something. */
  readonly applied: number
  /** By status; 0 for requests that did not arrive. */
  readonly byStatus: ReadonlyMap<number, number>
  /** When the server had the first; `undefined` before that. */
  readonly firstAtMillis: number | undefined
  /** When the server had the last that it answered 200. */
  readonly lastSuccessAtMillis: number | undefined
}

class Tally implements Counts {
  requests = 0
  succeeded = 0
  refused = 0
  applied = 0
  readonly byStatus = new Map<number, number>()
  firstAtMillis: number | undefined = undefined
  lastSuccessAtMillis: number | undefined = undefined

  add(entry: Entry): void {
    this.requests++
    this.byStatus.set(entry.status, (this.byStatus.get(entry.status) ?? 0) + 1)
    if (entry.status === 429) this.refused++
    if (entry.applied) this.applied++
    if (entry.status === 0) return
    this.firstAtMillis ??= entry.atMillis
    if (entry.status === 200) {
      this.succeeded++
      this.lastSuccessAtMillis = entry.atMillis
    }
  }
}

const NO_COUNTS: Counts = new Tally()

/**
 * The journal of one fake.
 *
 * @example
 * ```ts
 * const { journal } = yield* FakeFrameio.FakeFrameio
 * const { refused } = journal.counts("assets.version")
 * const changed = journal.changes.flatMap(({ assetIds }) => assetIds)
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export class Journal {
  private readonly all = new Tally()
  private readonly ofEndpoint = new Map<string, Tally>()
  private readonly kept: Array<Entry> = []
  private oldest = 0
  private readonly keep: number

  /** Keeps the last `keep` entries: a whole number of at least 0, or infinity. */
  constructor(keep: number) {
    this.keep = keep
  }

  /** Adds one request. */
  add(entry: Entry): void {
    this.all.add(entry)
    let tally = this.ofEndpoint.get(entry.endpoint)
    if (tally === undefined) {
      tally = new Tally()
      this.ofEndpoint.set(entry.endpoint, tally)
    }
    tally.add(entry)
    if (this.kept.length < this.keep) {
      this.kept.push(entry)
    } else if (this.keep > 0) {
      this.kept[this.oldest] = entry
      this.oldest = (this.oldest + 1) % this.keep
    }
  }

  /** The kept requests, oldest first, in the order in which the server finished them. */
  get entries(): ReadonlyArray<Entry> {
    return [...this.kept.slice(this.oldest), ...this.kept.slice(0, this.oldest)]
  }

  /** The kept requests of one endpoint, oldest first. */
  of(endpoint: EndpointName): ReadonlyArray<Entry> {
    return this.entries.filter((entry) => entry.endpoint === endpoint)
  }

  /** The kept requests that changed something, oldest first. */
  get changes(): ReadonlyArray<Entry> {
    return this.entries.filter((entry) => entry.applied)
  }

  /** Counts of all requests, or of those to one endpoint, however many entries are kept. */
  counts(endpoint?: EndpointName): Counts {
    return endpoint === undefined ? this.all : (this.ofEndpoint.get(endpoint) ?? NO_COUNTS)
  }
}

/**
 * An empty journal that keeps the last `keep` requests.
 *
 * @internal
 */
export const make = (keep: number): Journal => new Journal(keep)
