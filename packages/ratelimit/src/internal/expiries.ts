/**
 * Times at which waiters give up, earliest first. A waiter that leaves early is removed at once, so that no reference to
 * it is kept.
 *
 * Nearly all wait equally long, so they come in the order in which they expire: those stand in a line, where each step is
 * constant work. Only a waiter that expires before an earlier one goes into a binary heap.
 */

/** Intrusive heap node. */
export interface Expiring<Self> {
  /** In ms, on the caller's clock. */
  readonly expiresAt: number
  sooner: Self | undefined
  later: Self | undefined
  /** Its place in the heap, or {@link NOT_IN_HEAP}. */
  heapIndex: number
}

export const NOT_IN_HEAP = -1

export interface Expiries<A> {
  readonly add: (value: A) => void
  readonly remove: (value: A) => void
  readonly peek: () => A | undefined
}

export const make = <A extends Expiring<A>>(): Expiries<A> => {
  let head: A | undefined
  let tail: A | undefined
  const heap: Array<A> = []

  const place = (value: A, index: number) => {
    heap[index] = value
    value.heapIndex = index
  }

  const up = (value: A) => {
    let index = value.heapIndex
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.expiresAt <= value.expiresAt) break
      place(above, index)
      index = parent
    }
    place(value, index)
  }

  const down = (value: A) => {
    let index = value.heapIndex
    for (;;) {
      const left = 2 * index + 1
      const l = heap[left]
      const r = heap[left + 1]
      const below = r !== undefined && l !== undefined && r.expiresAt < l.expiresAt ? r : l
      if (below === undefined || value.expiresAt <= below.expiresAt) break
      const next = below.heapIndex
      place(below, index)
      index = next
    }
    place(value, index)
  }

  const removeFromHeap = (value: A) => {
    const index = value.heapIndex
    const last = heap.pop()
    value.heapIndex = NOT_IN_HEAP
    if (last === undefined || last === value) return
    place(last, index)
    up(last)
    down(last)
  }

  const removeFromLine = (value: A) => {
    const { later, sooner } = value
    if (sooner !== undefined) sooner.later = later
    else if (head === value) head = later
    else return
    if (later === undefined) tail = sooner
    else later.sooner = sooner
    value.sooner = undefined
    value.later = undefined
  }

  return {
    add: (value) => {
      if (tail === undefined) head = value
      else if (tail.expiresAt <= value.expiresAt) {
        tail.later = value
        value.sooner = tail
      } else {
        place(value, heap.length)
        up(value)
        return
      }
      tail = value
    },
    remove: (value) => {
      if (value.heapIndex === NOT_IN_HEAP) removeFromLine(value)
      else removeFromHeap(value)
    },
    peek: () => {
      const top = heap[0]
      return top !== undefined && (head === undefined || top.expiresAt < head.expiresAt) ? top : head
    }
  }
}
