/**
 * The order of a stack's versions, oldest first, and how versions that are put on top of it change it. Pure.
 */

/** The order after one of them was put on top. */
export const raised = <Id extends string>(order: ReadonlyArray<Id>, id: Id): ReadonlyArray<Id> => [
  ...order.filter((one) => one !== id),
  id
]

/** The fewest versions that have to be put on top, one after the other, to make one order of another of the same versions. */
export const raisesTo = <Id extends string>(now: ReadonlyArray<Id>, wanted: ReadonlyArray<Id>): ReadonlyArray<Id> => {
  // What is raised ends up on top: the others must be the first of those wanted, in their order already.
  let kept = 0
  for (const id of now) if (id === wanted[kept]) kept++
  return wanted.slice(kept)
}

/** Whether two orders are one. */
export const isSame = (one: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  one.length === other.length && one.every((id, index) => id === other[index])
