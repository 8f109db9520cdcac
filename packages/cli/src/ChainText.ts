/**
 * Which versions go on which stacks, for a person; by name if the plan has names. Pure.
 *
 * @since 0.1.0
 */
import type * as VersionPlan from "@effect-frameio/batch/VersionPlan"

/**
 * How many stacks are listed; the file has all.
 *
 * @since 0.1.0
 * @category constants
 */
export const LISTED = 20

const fieldOf = (link: VersionPlan.Link | undefined, field: string): string | undefined => {
  const value = link?.fields?.[field]
  return typeof value === "string" && value !== "" ? value : undefined
}

/**
 * The versions of each stack on a line, and the number of further stacks.
 *
 * @since 0.1.0
 * @category printing
 */
export const listed = (
  /** The first of them, at least {@link LISTED} if there are as many. */
  chains: ReadonlyArray<
    Pick<VersionPlan.Chain, "links" | "target"> & Partial<Pick<VersionPlan.StackedChain, "stackName">>
  >,
  options: {
    /** How many there are in all. */
    readonly total: number
    /** Between the versions and their stack. */
    readonly word: "on" | "off" | "for"
  }
): ReadonlyArray<string> => [
  ...chains.slice(0, LISTED).map(({ links, stackName, target }) => {
    const names = links.map((link) => link.name ?? fieldOf(link, "name") ?? link.nextAssetId)
    return `  ${names.join(", ")}  ${options.word}  ${stackName ?? fieldOf(links[0], "stack") ?? target}`
  }),
  ...(options.total > LISTED ? [`  and ${options.total - LISTED} more stacks`] : [])
]
