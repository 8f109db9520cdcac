/** Times at which waiters give up, earliest first: a binary heap, entries that left early are skipped when they surface. */
export interface Expiry<A> {
  readonly at: number
  readonly value: A
}

export interface Expiries<A> {
  readonly add: (at: number, value: A) => void
  /** The earliest one that still matters. */
  readonly peek: () => Expiry<A> | undefined
  /** Takes out all that are due. */
  readonly due: (now: number) => Array<A>
}

export const make = <A>(matters: (value: A) => boolean): Expiries<A> => {
  let heap: Array<Expiry<A>> = []
  let compactAt = 1024

  const up = (start: number) => {
    let index = start
    while (index > 0) {
      const parent = (index - 1) >> 1
      const a = heap[index]
      const b = heap[parent]
      if (a === undefined || b === undefined || b.at <= a.at) return
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
      const smallest = r !== undefined && l !== undefined && r.at < l.at ? right : left
      const a = heap[index]
      const b = heap[smallest]
      if (a === undefined || b === undefined || a.at <= b.at) return
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

  const peek = () => {
    let first = heap[0]
    while (first !== undefined && !matters(first.value)) {
      pop()
      first = heap[0]
    }
    return first
  }

  return {
    add: (at, value) => {
      if (heap.length >= compactAt) {
        // Sorted by time is a valid heap.
        heap = heap.filter((entry) => matters(entry.value)).sort((a, b) => a.at - b.at)
        compactAt = Math.max(1024, 2 * heap.length)
      }
      heap.push({ at, value })
      up(heap.length - 1)
    },
    peek,
    due: (now) => {
      const values: Array<A> = []
      for (let first = peek(); first !== undefined && first.at <= now; first = peek()) {
        values.push(first.value)
        pop()
      }
      return values
    }
  }
}
