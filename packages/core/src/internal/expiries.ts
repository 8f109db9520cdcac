/**
 * Times at which waiters give up, earliest first; those that left early are skipped when they surface.
 *
 * Nearly all wait for equally long, and so come in the order in which they expire: those stand in a line, where each
 * step is constant work. Only what expires before one that came earlier goes into a binary heap.
 */

/** What gives up is its own link in the line. */
export interface Expiring<Self> {
  /** In ms, on the caller's clock. */
  readonly expiresAt: number
  /** Whether it is still there, so that its time matters. */
  waiting: boolean
  nextToExpire: Self | undefined
}

export interface Expiries<A> {
  readonly add: (value: A) => void
  /** The earliest one that still matters. */
  readonly peek: () => A | undefined
  /** Takes out all that are due. */
  readonly due: (now: number) => Array<A>
}

/** So few that left are not worth clearing away. */
const SLACK = 1024

export const make = <A extends Expiring<A>>(): Expiries<A> => {
  let head: A | undefined
  let tail: A | undefined
  let standing = 0
  let heap: Array<A> = []
  let compactAt = SLACK

  const up = (start: number) => {
    let index = start
    while (index > 0) {
      const parent = (index - 1) >> 1
      const a = heap[index]
      const b = heap[parent]
      if (a === undefined || b === undefined || b.expiresAt <= a.expiresAt) return
      heap[index] = b
      heap[parent] = a
      index = parent
    }
  }

  const down = () => {
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const right = left + 1
      const l = heap[left]
      const r = heap[right]
      const smallest = r !== undefined && l !== undefined && r.expiresAt < l.expiresAt ? right : left
      const a = heap[index]
      const b = heap[smallest]
      if (a === undefined || b === undefined || a.expiresAt <= b.expiresAt) return
      heap[index] = b
      heap[smallest] = a
      index = smallest
    }
  }

  const pop = () => {
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) {
      heap[0] = last
      down()
    }
  }

  const append = (value: A) => {
    if (tail === undefined) head = value
    else tail.nextToExpire = value
    tail = value
    standing++
  }

  const shift = () => {
    const first = head
    if (first === undefined) return
    head = first.nextToExpire
    if (head === undefined) tail = undefined
    // Else what has left, and is old, would keep what is young until the old are collected.
    first.nextToExpire = undefined
    standing--
  }

  const compact = () => {
    let value = head
    head = undefined
    tail = undefined
    standing = 0
    while (value !== undefined) {
      const next: A | undefined = value.nextToExpire
      value.nextToExpire = undefined
      if (value.waiting) append(value)
      value = next
    }
    // Sorted by time is a valid heap.
    heap = heap.filter((entry) => entry.waiting).sort((a, b) => a.expiresAt - b.expiresAt)
    compactAt = Math.max(SLACK, 2 * (standing + heap.length))
  }

  const peek = () => {
    while (head !== undefined && !head.waiting) shift()
    let top = heap[0]
    while (top !== undefined && !top.waiting) {
      pop()
      top = heap[0]
    }
    return top !== undefined && (head === undefined || top.expiresAt < head.expiresAt) ? top : head
  }

  return {
    add: (value) => {
      if (standing + heap.length >= compactAt) compact()
      if (tail === undefined || tail.expiresAt <= value.expiresAt) {
        append(value)
        return
      }
      heap.push(value)
      up(heap.length - 1)
    },
    peek,
    due: (now) => {
      const values: Array<A> = []
      for (let first = peek(); first !== undefined && first.expiresAt <= now; first = peek()) {
        values.push(first)
        if (first === head) shift()
        else pop()
      }
      return values
    }
  }
}
