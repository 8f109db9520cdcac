/**
 * The order of a stack's versions, oldest first, and how putting versions on top changes it. Pure.
 */

/** The order after one of them was put on top. */
export const raised = <Id extends string>(order: ReadonlyArray<Id>, id: Id): ReadonlyArray<Id> => [
  ...order.filter((one) => one !== id),
  id
]

/** The fewest versions to put on top, one after the other, to turn one order into another of the same versions. */
export const raisesTo = <Id extends string>(now: ReadonlyArray<Id>, wanted: ReadonlyArray<Id>): ReadonlyArray<Id> => {
  // Raised versions end up on top, so the others must be the first of the wanted order, and in that order already.
  let kept = 0
  for (const id of now) if (id === wanted[kept]) kept++
  return wanted.slice(kept)
}

/** Whether two orders are equal. */
export const isSame = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  one.length === other.length && one.every((id, index) => id === other[index])
