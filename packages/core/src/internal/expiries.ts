/**
 * Times at which waiters give up, earliest first; entries that left early are skipped when they surface.
 *
 * Nearly all wait for equally long, and so come in the order in which they expire: those stand in a line, where each
 * step is constant work. Only what expires before one that came earlier goes into a binary heap.
 */
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

interface Link<A> extends Expiry<A> {
  next: Link<A> | undefined
}

/** So few that left are not worth clearing away. */
const SLACK = 1024

export const make = <A>(matters: (value: A) => boolean): Expiries<A> => {
  let head: Link<A> | undefined
  let tail: Link<A> | undefined
  let standing = 0
  let heap: Array<Expiry<A>> = []
  let compactAt = SLACK

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

  const append = (at: number, value: A) => {
    const link: Link<A> = { at, value, next: undefined }
    if (tail === undefined) head = link
    else tail.next = link
    tail = link
    standing++
  }

  const shift = () => {
    const first = head
    if (first === undefined) return
    head = first.next
    if (head === undefined) tail = undefined
    // Else what has left, and is old, would keep what is young until the old are collected.
    first.next = undefined
    standing--
  }

  const compact = () => {
    let link = head
    head = undefined
    tail = undefined
    standing = 0
    for (; link !== undefined; link = link.next) if (matters(link.value)) append(link.at, link.value)
    // Sorted by time is a valid heap.
    heap = heap.filter((entry) => matters(entry.value)).sort((a, b) => a.at - b.at)
    compactAt = Math.max(SLACK, 2 * (standing + heap.length))
  }

  const peek = () => {
    while (head !== undefined && !matters(head.value)) shift()
    let top = heap[0]
    while (top !== undefined && !matters(top.value)) {
      pop()
      top = heap[0]
    }
    return top !== undefined && (head === undefined || top.at < head.at) ? top : head
  }

  return {
    add: (at, value) => {
      if (standing + heap.length >= compactAt) compact()
      if (tail === undefined || tail.at <= at) {
        append(at, value)
        return
      }
      heap.push({ at, value })
      up(heap.length - 1)
    },
    peek,
    due: (now) => {
      const values: Array<A> = []
      for (let first = peek(); first !== undefined && first.at <= now; first = peek()) {
        values.push(first.value)
        if (first === head) shift()
        else pop()
      }
      return values
    }
  }
}
