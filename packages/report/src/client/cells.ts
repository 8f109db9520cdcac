/** The content of a cell of the list, and of the details. */
import { STATES } from "../internal/reportEmbedded.js"
import { visible } from "../internal/reportText.js"
import { link as anchor, el, outside, outsideCut } from "./dom.js"
import { cutOf, excerptOf, hitsIn } from "./find.js"
import { isShown, type Link, partsOf, target, targetId, version, why } from "./rows.js"

const stateOf = new Map(STATES.map((words) => [words.state, words]))

export const meaningOf = ({ state }: Link): string => stateOf.get(state)?.meaning ?? ""

export const stateChip = (state: Link["state"]): HTMLElement => {
  const words = stateOf.get(state)
  const mark = el("span", "", words?.mark ?? "")
  mark.setAttribute("aria-hidden", "true")
  return el("span", `state ${state}`, mark, ` ${words?.label ?? state}`)
}

const prefix = document.querySelector("main")?.dataset.assetUrl ?? ""

/** The asset's address on Frame.io. */
export const assetUrl = (id: string): string => prefix + encodeURIComponent(id)

/** Characters that show at the end of a name: a version with its extension, the end of a stack's name. */
const VERSION = 15
const STACK = 6

const named = (text: string, kept: number, isId: boolean, id: string, words: ReadonlyArray<string>): Node => {
  const cut = cutOf(text, kept, words)
  const name = el("span", isId ? "name id" : "name", cut < text.length ? outsideCut(text, cut) : outside(text))
  name.title = visible(text)
  const open = anchor(assetUrl(id), "open")
  open.tabIndex = -1
  open.setAttribute("aria-label", `${visible(text)} on Frame.io`)
  const both = document.createDocumentFragment()
  both.append(name, open)
  return both
}

export const versionCell = (link: Link, words: ReadonlyArray<string>): Node =>
  named(version(link), VERSION, link.name === null, link.nextAssetId, words)

export const targetCell = (link: Link, words: ReadonlyArray<string>): Node =>
  named(target(link), STACK, link.stack === null, targetId(link), words)

/** Hits in fields that the list does not show. */
const foundElsewhere = (link: Link, words: ReadonlyArray<string>, column: string | null): Node | null => {
  if (words.length === 0) return null
  const parts = partsOf(link).filter((part) => column === null || part.column === column)
  const seen = parts.filter((part) => isShown(link, part))
  const missing = words.filter((word) => seen.every(({ text }) => hitsIn(text, [word]).length === 0))
  const part = parts.find((part) => !isShown(link, part) && hitsIn(part.text, missing).length > 0)
  if (missing.length === 0 || part === undefined || part.column === "Line") return null
  return el("span", "elsewhere", outside(part.column), ": ", outside(excerptOf(part.text, missing)))
}

export const whyCell = (link: Link, words: ReadonlyArray<string>, column: string | null): Node => {
  const text = why(link)
  const element = link.fault === null ? el("span", "quiet", text) : el("span", "", outside(text))
  element.title = visible(text)
  const found = foundElsewhere(link, words, column)
  if (found === null) return element
  const both = document.createDocumentFragment()
  both.append(found, element)
  return both
}
