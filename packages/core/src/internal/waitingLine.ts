/**
 * The requests that wait for one bucket: by priority, then jobs in turn, then first in first out.
 * Every step is constant work, whatever the number of waiters; taking one out of the middle leaves no trace.
 */

export const PRIORITIES = ["interactive", "normal", "bulk"] as const

export type Priority = (typeof PRIORITIES)[number]

/** After so many grants in a row over the heads of a lower priority, one of the lower goes. */
const OVERTAKES = 16

export interface Waiter<A> {
  readonly value: A
  readonly rank: number
  readonly lane: object
  previous: Waiter<A> | undefined
  next: Waiter<A> | undefined
  waiting: boolean
}

interface Lane<A> {
  readonly name: object
  head: Waiter<A> | undefined
  tail: Waiter<A> | undefined
}

interface Rank<A> {
  /** Insertion order is the turn: a lane that was served goes to the end. */
  readonly lanes: Map<object, Lane<A>>
  size: number
  overtaken: number
}

export interface WaitingLine<A> {
  readonly size: number
  /** How many wait at this priority or a higher one. */
  readonly upTo: (rank: number) => number
  /** How many wait at this priority. */
  readonly at: (rank: number) => number
  readonly add: (value: A, rank: number, lane: object) => Waiter<A>
  readonly remove: (waiter: Waiter<A>) => void
  readonly take: () => Waiter<A> | undefined
  readonly drain: () => Array<Waiter<A>>
}

export const make = <A>(): WaitingLine<A> => {
  const ranks: ReadonlyArray<Rank<A>> = PRIORITIES.map(() => ({
    lanes: new Map(),
    size: 0,
    overtaken: 0
  }))
  let size = 0

  const unlink = (rank: Rank<A>, lane: Lane<A>, waiter: Waiter<A>) => {
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
    add: (value, index, name) => {
      const waiter: Waiter<A> = {
        value,
        rank: index,
        lane: name,
        previous: undefined,
        next: undefined,
        waiting: true
      }
      const rank = ranks[index]
      if (rank === undefined) return waiter
      let lane = rank.lanes.get(name)
      if (lane === undefined) {
        lane = { name, head: undefined, tail: undefined }
        rank.lanes.set(name, lane)
      }
      if (lane.tail === undefined) lane.head = waiter
      else {
        lane.tail.next = waiter
        waiter.previous = lane.tail
      }
      lane.tail = waiter
      rank.size++
      size++
      return waiter
    },
    remove: (waiter) => {
      const rank = ranks[waiter.rank]
      const lane = rank?.lanes.get(waiter.lane)
      if (waiter.waiting && rank !== undefined && lane !== undefined) unlink(rank, lane, waiter)
    },
    take,
    drain: () => {
      const all: Array<Waiter<A>> = []
      for (let waiter = take(); waiter !== undefined; waiter = take()) all.push(waiter)
      return all
    }
  }
}
