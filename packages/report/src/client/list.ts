/** The list of links: search, states, order; the page holds only the rows in sight. */

import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import { STATES } from "../internal/reportEmbedded.js"
import { count } from "../internal/reportText.js"
import { stateChip, targetCell, versionCell, whyCell } from "./cells.js"
import { button, byId, byIdAs, el, withRole } from "./dom.js"
import { hitsIn, wordsOf } from "./find.js"
import { fieldsOf, type Link, matches, rank, target, took, version, versions, why } from "./rows.js"
import { timeElement } from "./times.js"

/** Two links, in the direction of 1 or -1. */
type Order = (direction: number) => (one: Link, other: Link) => number

interface Column {
  readonly head: string
  readonly kind: string
  readonly cell: (link: Link) => Node | string
  readonly order: Order
}

/** Rows without a value come last in either direction. */
const by =
  <A>(value: (link: Link) => A | null, compare: (left: A, right: A) => number): Order =>
  (direction) =>
  (one, other) => {
    const left = value(one)
    const right = value(other)
    if (left === null || right === null) return Number(left === null) - Number(right === null)
    return compare(left, right) * direction
  }

const collator = new Intl.Collator("en", { numeric: true })
const byText = (text: (link: Link) => string): Order => by((link) => text(link) || null, collator.compare)
const byNumber = (value: (link: Link) => number | null): Order => by(value, (left, right) => left - right)

/** In a narrow window a link takes three lines. */
const narrow = matchMedia("(max-width: 720px)")
const HEAD = 34
const SPARE = 8

/** Callbacks of the list. */
export interface Options {
  readonly links: ReadonlyArray<Link>
  /** Shows one link, by its place among the shown ones. */
  readonly open: (at: number) => void
}

/** The list, for its surroundings. */
export interface List {
  readonly shown: () => ReadonlyArray<Link>
  /** Goes to a place among the shown links; answers that place. */
  readonly move: (to: number) => number
  /** Shows the links in one state that match the words. */
  readonly show: (state: Link["state"], words: string) => void
}

export const make = ({ links, open }: Options): List => {
  const search = byIdAs("search", HTMLInputElement)
  const within = byIdAs("within", HTMLSelectElement)
  const grid = byId("grid")
  const found = byId("found")
  const empty = byId("empty")
  const body = withRole(el("div", "body"), "rowgroup")
  const drawn = new Map<number, HTMLElement>()
  const chosen = new Set<Link["state"]>()
  let sorted = { column: 1, direction: 1 }
  let words: ReadonlyArray<string> = []
  let column: string | null = null
  let shown: ReadonlyArray<Link> = []
  let active = 0

  const rowHeight = () => (narrow.matches ? 84 : 34)

  const columns: ReadonlyArray<Column> = [
    { head: "Line", kind: "line number quiet", cell: (link) => count(link.line), order: byNumber(({ line }) => line) },
    { head: "State", kind: "status", cell: (link) => stateChip(link.state), order: byNumber(rank) },
    { head: "Version", kind: "version", cell: (link) => versionCell(link, words), order: byText(version) },
    { head: "On", kind: "target", cell: (link) => targetCell(link, words), order: byText(target) },
    { head: "Why", kind: "why", cell: (link) => whyCell(link, words, column), order: byText(why) },
    {
      head: "Calls",
      kind: "calls number quiet",
      cell: (link) => count(link.attempts),
      order: byNumber(({ attempts }) => attempts)
    },
    {
      head: "Last sent",
      kind: "when quiet",
      cell: ({ sentAtMillis }) => (sentAtMillis === null ? "" : timeElement(sentAtMillis)),
      order: byNumber(({ sentAtMillis }) => sentAtMillis)
    },
    {
      head: "Took",
      kind: "took number quiet",
      cell: (link) => {
        const millis = took(link)
        return millis === null ? "" : DurationText.words(millis)
      },
      order: byNumber(took)
    }
  ]

  // -----------------------------------------------------------------------------
  // which links are shown
  // -----------------------------------------------------------------------------

  const present = new Set(links.map(({ state }) => state))
  const stateButtons = STATES.filter(({ state }) => present.has(state)).map(({ state }) => {
    const total = el("b", "")
    const toggle = button(
      () => {
        if (!chosen.delete(state)) chosen.add(state)
        choose()
      },
      stateChip(state),
      " ",
      total
    )
    return { state, toggle, total }
  })
  byId("states").replaceChildren(...stateButtons.map(({ toggle }) => toggle))

  const choices = ["Version", "On", "Why", "Ids", ...fieldsOf(links)]
  within.replaceChildren(...["Everywhere", ...choices].map((name) => el("option", "", name)))

  const isReasoned = links.some((link) => why(link) !== "")

  const choose = () => {
    words = wordsOf(search.value)
    // Matches in fields without a column are shown among the reasons.
    grid.classList.toggle("unreasoned", !isReasoned && words.length === 0)
    column = choices[within.selectedIndex - 1] ?? null
    const hits = links.filter((link) => matches(link, words, column))
    const totals = new Map<Link["state"], number>()
    for (const { state } of hits) totals.set(state, (totals.get(state) ?? 0) + 1)
    for (const { state, toggle, total } of stateButtons) {
      total.textContent = count(totals.get(state) ?? 0)
      toggle.setAttribute("aria-pressed", String(chosen.has(state)))
    }
    const order = columns[sorted.column]?.order(sorted.direction) ?? (() => 0)
    shown = hits
      .filter(({ state }) => chosen.size === 0 || chosen.has(state))
      .sort((one, other) => order(one, other) || one.line - other.line)
    found.textContent =
      shown.length === links.length ? versions(links.length) : `${count(shown.length)} of ${versions(links.length)}`
    active = 0
    grid.scrollTop = 0
    grid.setAttribute("aria-rowcount", String(shown.length + 1))
    empty.hidden = shown.length > 0
    redraw()
  }
  /** Many keys between two frames are one search. */
  let asked = 0
  const chooseSoon = () => {
    cancelAnimationFrame(asked)
    asked = requestAnimationFrame(choose)
  }

  // -----------------------------------------------------------------------------
  // the rows in sight
  // -----------------------------------------------------------------------------

  const headings = columns.map(({ head, kind }, at) => {
    const sort = button(() => {
      sorted = { column: at, direction: sorted.column === at ? -sorted.direction : 1 }
      showOrder()
      choose()
    }, head)
    return withRole(el("div", kind.includes("number") ? "number" : "", sort), "columnheader")
  })
  const showOrder = () => {
    for (const [at, heading] of headings.entries()) {
      if (at !== sorted.column) heading.removeAttribute("aria-sort")
      else heading.setAttribute("aria-sort", sorted.direction > 0 ? "ascending" : "descending")
    }
  }
  const headRow = withRole(el("div", "", ...headings), "row")
  headRow.setAttribute("aria-rowindex", "1")
  grid.replaceChildren(withRole(el("div", "head", headRow), "rowgroup"), body)
  grid.setAttribute("aria-colcount", String(columns.length))

  const rowElement = (link: Link, at: number): HTMLElement => {
    const element = withRole(
      el("div", "", ...columns.map(({ cell, kind }) => withRole(el("div", kind, cell(link)), "gridcell"))),
      "row"
    )
    element.id = `row-${at}`
    element.dataset.at = String(at)
    element.setAttribute("aria-rowindex", String(at + 2))
    element.style.top = `${at * rowHeight()}px`
    return element
  }

  const draw = () => {
    const height = rowHeight()
    const inside = Math.max(grid.clientHeight - HEAD, height)
    const first = Math.max(Math.floor(grid.scrollTop / height) - SPARE, 0)
    const last = Math.min(Math.ceil((grid.scrollTop + inside) / height) + SPARE, shown.length)
    for (const [at, element] of drawn) {
      if (at >= first && at < last) continue
      element.remove()
      drawn.delete(at)
    }
    for (let at = first; at < last; at++) {
      const link = shown[at]
      if (link === undefined || drawn.has(at)) continue
      const element = rowElement(link, at)
      drawn.set(at, element)
      const after = drawn.get(at + 1)
      if (after === undefined) body.append(element)
      else after.before(element)
    }
    for (const [at, element] of drawn) element.setAttribute("aria-selected", String(at === active))
    if (drawn.has(active)) grid.setAttribute("aria-activedescendant", `row-${active}`)
    else grid.removeAttribute("aria-activedescendant")
    showHits()
  }

  const redraw = () => {
    const height = rowHeight()
    body.style.height = `${shown.length * height}px`
    // A short job has a short list; searching a long one does not move the page.
    grid.style.height = `min(68vh, 680px, ${Math.max(links.length, 2) * height + HEAD + 2}px)`
    drawn.clear()
    body.replaceChildren()
    draw()
  }

  /** Marks the hits by ranges: the elements stay as they are. */
  const showHits = () => {
    if (!("highlights" in CSS)) return
    const ranges: Array<Range> = []
    for (const cell of words.length === 0 ? [] : body.querySelectorAll('[role="gridcell"]')) {
      const texts: Array<{ readonly node: Node; readonly from: number }> = []
      let text = ""
      const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT)
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        texts.push({ node, from: text.length })
        text += node.nodeValue ?? ""
      }
      const place = (at: number, isEnd: boolean) => {
        const part = texts.findLast(({ from }) => (isEnd ? from < at : from <= at))
        return part === undefined ? undefined : { node: part.node, offset: at - part.from }
      }
      for (const { from, to } of hitsIn(text, words)) {
        const begin = place(from, false)
        const end = place(to, true)
        if (begin === undefined || end === undefined) continue
        const range = new Range()
        range.setStart(begin.node, begin.offset)
        range.setEnd(end.node, end.offset)
        ranges.push(range)
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges))
  }

  const move = (to: number): number => {
    if (shown.length === 0) return active
    active = Math.min(Math.max(to, 0), shown.length - 1)
    const height = rowHeight()
    const inside = grid.clientHeight - HEAD
    const top = active * height
    if (top < grid.scrollTop) grid.scrollTop = top
    else if (top + height > grid.scrollTop + inside) grid.scrollTop = top + height - inside
    draw()
    return active
  }

  // -----------------------------------------------------------------------------
  // keys and pointers
  // -----------------------------------------------------------------------------

  grid.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true })
  new ResizeObserver(draw).observe(grid)
  narrow.addEventListener("change", redraw)
  grid.addEventListener("click", ({ target }) => {
    if (!(target instanceof Element) || target.closest("a") !== null) return
    const row = target.closest<HTMLElement>(".body [role='row']")
    // Selected text is for copying.
    if (row === null || getSelection()?.isCollapsed === false) return
    open(move(Number(row.dataset.at)))
  })
  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid || event.altKey || event.ctrlKey || event.metaKey) return
    const page = Math.max(Math.floor((grid.clientHeight - HEAD) / rowHeight()) - 1, 1)
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: shown.length - 1
    }
    const to = moves[event.key]
    if (to !== undefined) {
      event.preventDefault()
      move(to)
    } else if (event.key === "Enter" && shown.length > 0) {
      event.preventDefault()
      open(active)
    }
  })
  search.addEventListener("input", chooseSoon)
  within.addEventListener("change", choose)
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault()
      grid.focus()
    } else if (event.key === "Escape") {
      event.preventDefault()
      if (search.value === "") grid.focus()
      search.value = ""
      choose()
    }
  })

  showOrder()
  choose()
  return {
    shown: () => shown,
    move,
    show: (state, query) => {
      chosen.clear()
      chosen.add(state)
      search.value = query
      within.selectedIndex = 0
      choose()
      byId("versions").scrollIntoView()
      grid.focus({ preventScroll: true })
    }
  }
}
