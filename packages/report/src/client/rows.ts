/** The links of the job as the page holds them, and the texts shown for each. */
import { type Cells, type Embedded, STATES } from "../internal/reportEmbedded.js"
import { count, oneLine } from "../internal/reportText.js"
import { folded } from "./find.js"

/** A link, with what the search derives from it. */
export interface Link extends Embedded {
  haystack?: string
}

const linkOf = ([
  line,
  chain,
  assetId,
  nextAssetId,
  stackId,
  name,
  stack,
  fields,
  state,
  how,
  fault,
  attempts,
  sentAtMillis,
  doneAtMillis
]: Cells): Link => ({
  line,
  chain,
  assetId,
  nextAssetId,
  stackId,
  name,
  stack,
  fields,
  state,
  how,
  fault,
  attempts,
  sentAtMillis,
  doneAtMillis
})

/** The blocks stay: a browser that saves the page saves its current content, where this runs once more. */
export const readLinks = (): ReadonlyArray<Link> => {
  const links: Array<Link> = []
  for (const block of document.querySelectorAll("script.rows")) {
    const cells: ReadonlyArray<Cells> = JSON.parse(block.textContent ?? "[]")
    for (const one of cells) links.push(linkOf(one))
  }
  return links
}

const rankOf = new Map(STATES.map(({ state }, rank) => [state, rank]))
export const rank = (link: Link): number => rankOf.get(link.state) ?? STATES.length

export const version = (link: Link): string => link.name ?? link.nextAssetId
export const target = (link: Link): string => link.stack ?? targetId(link)
export const targetId = (link: Link): string => link.stackId ?? link.assetId

/** How long its last call took, in ms. */
export const took = ({ doneAtMillis, sentAtMillis }: Link): number | null =>
  sentAtMillis === null || doneAtMillis === null ? null : doneAtMillis - sentAtMillis

const HOW = {
  answered: "",
  settled: "the answer was lost, the stack was read",
  already: "was there before",
  uploaded: "a new file"
}
export const how = (link: Link): string => (link.how === null ? "" : HOW[link.how])

export const why = (link: Link): string => {
  if (link.fault !== null) return `${link.fault.tag} ${link.fault.status ?? ""} ${oneLine(link.fault.reason)}`
  if (link.state === "skipped") return "one before it on its stack failed"
  if (link.state === "sent" || link.state === "undoing") return "no answer is known"
  return how(link)
}

export const written = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value))

/** A searchable text of a link. */
export interface Part {
  readonly column: string
  readonly text: string
}

/** All of them; those that the list shows come first. */
export const partsOf = (link: Link): ReadonlyArray<Part> =>
  [
    { column: "Version", text: link.name },
    { column: "On", text: link.stack },
    { column: "Why", text: why(link) },
    { column: "Line", text: `line ${link.line}` },
    { column: "Ids", text: link.nextAssetId },
    { column: "Ids", text: link.assetId },
    { column: "Ids", text: link.stackId },
    { column: "Why", text: link.fault?.message ?? null },
    ...Object.entries(link.fields).map(([column, value]) => ({ column, text: written(value) }))
  ].flatMap(({ column, text }) => (text === null || text === "" ? [] : [{ column, text }]))

/** Whether the list shows the part: an id stands in for a missing name. */
export const isShown = (link: Link, { column, text }: Part): boolean =>
  column === "Version" || column === "On" || text === version(link) || text === target(link) || text === why(link)

/** The plan's columns that say something besides names and ids. */
export const fieldsOf = (links: ReadonlyArray<Link>): ReadonlyArray<string> => {
  const names = new Set<string>()
  for (const link of links) for (const name of Object.keys(link.fields)) names.add(name)
  return [...names]
}

const haystackOf = (link: Link, column: string | null): string =>
  folded(
    partsOf(link)
      .flatMap((part) => (column === null || part.column === column ? [part.text] : []))
      .join("\n")
  )

/** Whether every word is in the link: anywhere, or in one column. */
export const matches = (link: Link, words: ReadonlyArray<string>, column: string | null): boolean => {
  if (words.length === 0) return true
  if (column === null) link.haystack ??= haystackOf(link, null)
  const haystack = column === null ? link.haystack : haystackOf(link, column)
  return words.every((word) => haystack?.includes(word))
}

/** `1 version`, `12,345 versions`. */
export const versions = (number: number): string => `${count(number)} ${number === 1 ? "version" : "versions"}`
