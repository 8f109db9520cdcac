/**
 * The requests that wait for one bucket: by priority, then jobs in turn, then first in first out.
 * Every step is constant work, whatever the number of waiters; taking one out of the middle leaves no trace.
 */

export const PRIORITIES = ["interactive", "normal", "bulk"] as const

export type Priority = (typeof PRIORITIES)[number]

/** Grants in a row that may pass a lower priority, before one of the lower goes. */
const OVERTAKES = 16

/**
 * Intrusive list node: one object per request keeps garbage low.
 *
 * @internal
 */
export interface Waiter<Self> {
  readonly rank: number
  readonly lane: object
  previous: Self | undefined
  next: Self | undefined
  waiting: boolean
}

interface Lane<A> {
  readonly name: object
  head: A | undefined
  tail: A | undefined
}

interface Rank<A> {
  /** Insertion order is the turn: a lane that was served goes to the end. */
  readonly lanes: Map<object, Lane<A>>
  size: number
  overtaken: number
}

/** @internal */
export interface WaitingLine<A extends Waiter<A>> {
  readonly size: number
  /** How many wait at this priority or a higher one. */
  readonly upTo: (rank: number) => number
  /** How many wait at this priority. */
  readonly at: (rank: number) => number
  readonly add: (waiter: A) => void
  readonly remove: (waiter: A) => void
  readonly take: () => A | undefined
  readonly drain: () => Array<A>
}

/** @internal */
export const make = <A extends Waiter<A>>(): WaitingLine<A> => {
  const ranks: ReadonlyArray<Rank<A>> = PRIORITIES.map(() => ({
    lanes: new Map(),
    size: 0,
    overtaken: 0
  }))
  let size = 0

  const unlink = (rank: Rank<A>, lane: Lane<A>, waiter: A) => {
    if (waiter.previous === undefined) lane.head = waiter.next
    else waiter.previous.next = waiter.next
    if (waiter.next === undefined) lane.tail = waiter.previous
    else waiter.next.previous = waiter.previous
    waiter.previous = undefined
    waiter.next = undefined
    waiter.waiting = false
    rank.size--
    size--
    if (lane.head === undefined) rank.lanes.delete(lane.name)
  }

  const choose = (): Rank<A> | undefined => {
    let chosen: Rank<A> | undefined
    for (const rank of ranks) {
      if (rank.size === 0) continue
      if (chosen === undefined) chosen = rank
      else if (++rank.overtaken > OVERTAKES) chosen = rank
    }
    if (chosen !== undefined) chosen.overtaken = 0
    return chosen
  }

  const take = () => {
    const rank = choose()
    if (rank === undefined) return undefined
    for (const lane of rank.lanes.values()) {
      const waiter = lane.head
      if (waiter === undefined) continue
      unlink(rank, lane, waiter)
      if (lane.head !== undefined && rank.lanes.size > 1) {
        rank.lanes.delete(lane.name)
        rank.lanes.set(lane.name, lane)
      }
      return waiter
    }
    return undefined
  }

  return {
    get size() {
      return size
    },
    upTo: (index) => {
      let count = 0
      for (let i = 0; i <= index; i++) count += ranks[i]?.size ?? 0
      return count
    },
    at: (index) => ranks[index]?.size ?? 0,
    add: (waiter) => {
      const rank = ranks[waiter.rank]
      if (rank === undefined) return
      waiter.waiting = true
      let lane = rank.lanes.get(waiter.lane)
      if (lane === undefined) {
        lane = { name: waiter.lane, head: undefined, tail: undefined }
        rank.lanes.set(lane.name, lane)
      }
      if (lane.tail === undefined) lane.head = waiter
      else {
        lane.tail.next = waiter
        waiter.previous = lane.tail
      }
      lane.tail = waiter
      rank.size++
      size++
    },
    remove: (waiter) => {
      const rank = ranks[waiter.rank]
      const lane = rank?.lanes.get(waiter.lane)
      if (waiter.waiting && rank !== undefined && lane !== undefined) unlink(rank, lane, waiter)
    },
    take,
    drain: () => {
      const all: Array<A> = []
      for (let waiter = take(); waiter !== undefined; waiter = take()) all.push(waiter)
      return all
    }
  }
}
