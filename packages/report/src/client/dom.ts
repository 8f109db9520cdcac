/**
 * Elements and texts: foreign text reaches the page only as text nodes, and the page's policy forbids anything else.
 */
import { type Piece, pieces } from "../internal/reportText.js"

type Child = Node | string | null

/** The element of the page with this id. */
export const byId = (id: string): HTMLElement => {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page has no #${id}`)
  return element
}

/** The same, of a required kind. */
export const byIdAs = <E extends Element>(id: string, kind: new () => E): E => {
  const element = byId(id)
  if (!(element instanceof kind)) throw new Error(`the page's #${id} is no ${kind.name}`)
  return element
}

/** An element with classes and children; strings become text nodes. */
export const el = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  kind: string,
  ...children: ReadonlyArray<Child>
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag)
  if (kind !== "") element.className = kind
  element.append(...children.filter((child) => child !== null))
  return element
}

export const withRole = <E extends Element>(element: E, name: string): E => {
  element.setAttribute("role", name)
  return element
}

export const button = (onClick: () => void, ...children: ReadonlyArray<Child>): HTMLButtonElement => {
  const element = el("button", "", ...children)
  element.type = "button"
  element.addEventListener("click", onClick)
  return element
}

const isolated = (...children: ReadonlyArray<Child>): HTMLElement => {
  const bdi = el("bdi", "", ...children)
  bdi.dir = "ltr"
  return bdi
}

const shown = ({ hidden, text }: Piece): Child => (hidden ? el("span", "hidden", text) : text)

/**
 * A text from outside: its change of direction ends with it, its extension stays at its end, hidden characters show.
 */
export const outside = (text: string): HTMLElement => isolated(...pieces(text).map(shown))

/** The same in two parts: if there is too little room, the first part loses its end and the second stays. */
export const outsideCut = (text: string, cut: number): HTMLElement => {
  const before: Array<Child> = []
  const after: Array<Child> = []
  for (const piece of pieces(text)) {
    const inside = cut - piece.at
    if (piece.hidden || inside <= 0 || inside >= piece.text.length) {
      const side = inside > 0 ? before : after
      side.push(shown(piece))
    } else {
      before.push(piece.text.slice(0, inside))
      after.push(piece.text.slice(inside))
    }
  }
  const bdi = isolated(el("span", "start", ...before), el("span", "end", ...after))
  bdi.className = "cut"
  return bdi
}

/** A link that opens beside the page and sends no referrer. */
export const link = (href: string, kind: string, ...children: ReadonlyArray<Child>): HTMLAnchorElement => {
  const element = el("a", kind, ...children)
  element.href = href
  element.target = "_blank"
  element.rel = "noopener noreferrer"
  return element
}

/** A button that copies a text; if the browser forbids that, it selects the text for the person to copy. */
export const copyButton = (label: string, text: () => string, source: HTMLElement): HTMLButtonElement => {
  const say = (words: string) => {
    copying.textContent = words
    setTimeout(() => {
      copying.textContent = label
    }, 2000)
  }
  const mark = () => {
    getSelection()?.selectAllChildren(source)
    if (source instanceof HTMLTextAreaElement) source.select()
    say("Marked: copy it by key")
  }
  const copying = button(() => {
    if (navigator.clipboard === undefined) mark()
    else navigator.clipboard.writeText(text()).then(() => say("Copied"), mark)
  }, label)
  copying.className = "copy"
  copying.setAttribute("aria-live", "polite")
  return copying
}
