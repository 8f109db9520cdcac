/**
 * The script of a report's page: plain JavaScript as a browser runs it, without a framework. Texts reach the page as text
 * nodes only; the page's policy forbids anything else. It holds no backtick and no interpolation.
 */
export const script = String.raw`"use strict"
;(() => {
  const byId = (id) => document.getElementById(id)
  const dataOf = (element) => JSON.parse(element.textContent)
  const { columns, states, outcomes, hidden } = dataOf(byId("config"))
  const stateOf = new Map(states.map((state, rank) => [state.state, { ...state, rank }]))

  // ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────

  const HIDDEN = new RegExp(hidden, "gu")
  const number = (value) => value.toLocaleString("en-US")
  const two = (value) => String(value).padStart(2, "0")

  /** An element with classes and children; strings become text nodes. */
  const el = (tag, kind, ...children) => {
    const element = document.createElement(tag)
    if (kind) element.className = kind
    element.append(...children.filter((child) => child !== null))
    return element
  }
  const role = (element, name) => {
    element.setAttribute("role", name)
    return element
  }
  const button = (kind, onClick, ...children) => {
    const element = el("button", kind, ...children)
    element.type = "button"
    element.addEventListener("click", onClick)
    return element
  }

  const codePoints = (text) =>
    Array.from(text, (one) => "U+" + one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")).join(" ")

  /** A text from outside: its change of direction ends with it, its extension stays at its end, what is hidden shows. */
  const outside = (text) => {
    const bdi = el("bdi")
    bdi.dir = "ltr"
    let end = 0
    for (const match of text.matchAll(HIDDEN)) {
      if (match.index > end) bdi.append(text.slice(end, match.index))
      bdi.append(el("span", "hidden", codePoints(match[0])))
      end = match.index + match[0].length
    }
    if (end < text.length) bdi.append(text.slice(end))
    return bdi
  }
  const plain = (text) => text.replace(HIDDEN, (match) => "[" + codePoints(match) + "]")
  const oneLine = (text) => text.replace(/\s+/g, " ").trim()

  const day = (date) => date.getFullYear() + "-" + two(date.getMonth() + 1) + "-" + two(date.getDate())
  const minute = (date) => two(date.getHours()) + ":" + two(date.getMinutes())
  const second = (date) => minute(date) + ":" + two(date.getSeconds())
  const local = (millis) => day(new Date(millis)) + " " + second(new Date(millis))
  const utc = (millis) => new Date(millis).toISOString().slice(0, 23).replace("T", " ") + " UTC"
  const time = (millis) => {
    const element = el("time", "", local(millis))
    element.dateTime = new Date(millis).toISOString()
    element.title = utc(millis)
    return element
  }
  const took = (millis) => {
    if (millis < 1000) return Math.round(millis) + " ms"
    if (millis < 60000) return (millis / 1000).toFixed(1) + " s"
    const seconds = Math.round(millis / 1000)
    const hours = Math.floor(seconds / 3600)
    return (hours > 0 ? hours + ":" : "") + two(Math.floor(seconds / 60) % 60) + ":" + two(seconds % 60)
  }

  // ── Bright and dark ──────────────────────────────────────────────────────────────────────────────────────────────

  const THEMES = ["auto", "bright", "dark"]
  const STORED = "effect-frameio report theme"
  const themeButton = byId("theme")
  // A page from a file may not be allowed to remember anything.
  const recall = () => {
    try {
      return localStorage.getItem(STORED)
    } catch {
      return null
    }
  }
  const setTheme = (theme) => {
    document.documentElement.dataset.theme = theme
    themeButton.textContent = "Colours: " + theme
    try {
      localStorage.setItem(STORED, theme)
    } catch {}
  }
  themeButton.addEventListener("click", () => {
    const next = THEMES.indexOf(document.documentElement.dataset.theme) + 1
    setTheme(THEMES[next % THEMES.length])
  })
  themeButton.hidden = false
  setTheme(THEMES.includes(recall()) ? recall() : "auto")

  // ── Times in the viewer's zone ───────────────────────────────────────────────────────────────────────────────────

  for (const element of document.querySelectorAll("time")) {
    const millis = Date.parse(element.dateTime)
    if (Number.isNaN(millis)) continue
    element.title = utc(millis)
    element.textContent = local(millis)
  }
  for (const element of document.querySelectorAll("#plot [data-time]")) {
    const date = new Date(Number(element.dataset.time))
    const form = element.dataset.form
    element.textContent =
      form === "day" ? day(date).slice(5) + " " + minute(date) : form === "second" ? second(date) : minute(date)
  }
  byId("zone").textContent = "Times are " + Intl.DateTimeFormat().resolvedOptions().timeZone

  // ── The plot: a cursor that reads out the row of its table ───────────────────────────────────────────────────────

  const plotTime = byId("time")
  if (plotTime !== null) {
    const moments = Array.from(document.querySelectorAll("#samples tbody tr"))
    const names = Array.from(document.querySelectorAll("#samples th"), (th) => th.textContent)
    const places = moments.map((row) => parseFloat(row.dataset.x) + parseFloat(row.dataset.width) / 2)
    const cursor = byId("cursor")
    const readout = byId("readout")
    let at = 0
    const words = (row) => {
      const [from, to, mean, highest, limit, sent, refused, waiting, free] = Array.from(row.cells, (td) => td.textContent)
      const unit = names[2].replace(/^Requests per |, mean$/g, "")
      return (
        from + " to " + to.slice(11) + ": " + mean + " requests per " + unit +
        (highest === mean ? "" : ", at most " + highest) + ", limit " + limit + "; " + sent + " sent, " +
        refused + " refused, " + waiting + " waiting, free at least " + free
      )
    }
    const point = (index) => {
      at = Math.min(Math.max(index, 0), moments.length - 1)
      const row = moments[at]
      cursor.setAttribute("x", row.dataset.x)
      cursor.setAttribute("width", row.dataset.width)
      readout.textContent = words(row)
      plotTime.setAttribute("aria-valuenow", String(at + 1))
      plotTime.setAttribute("aria-valuetext", words(row))
    }
    role(plotTime, "slider")
    plotTime.tabIndex = 0
    plotTime.setAttribute("aria-label", "A moment of the job")
    plotTime.setAttribute("aria-valuemin", "1")
    plotTime.setAttribute("aria-valuemax", String(moments.length))
    plotTime.addEventListener("keydown", (event) => {
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -1e9, End: 1e9 }
      if (!Object.hasOwn(steps, event.key) || event.altKey || event.ctrlKey || event.metaKey) return
      event.preventDefault()
      point(at + steps[event.key])
    })
    plotTime.addEventListener("pointermove", (event) => {
      const box = plotTime.getBoundingClientRect()
      const x = ((event.clientX - box.left) / box.width) * 100
      let nearest = 0
      for (let index = 1; index < places.length; index++) {
        if (Math.abs(places[index] - x) < Math.abs(places[nearest] - x)) nearest = index
      }
      point(nearest)
    })
    point(0)
  }

  // ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  // The blocks stay: a browser that saves the page saves what stands in it, and then this runs once more.
  const rows = []
  for (const block of document.querySelectorAll("script.rows")) {
    for (const values of dataOf(block)) {
      const row = { index: rows.length }
      columns.forEach((column, place) => {
        row[column] = values[place]
      })
      rows.push(row)
    }
  }

  /** The file systems of some store é as two characters. */
  const folded = (text) => text.normalize("NFC").toLowerCase()
  const fault = (row) =>
    row.fault === null ? "" : row.fault.tag + " " + (row.fault.status ?? "") + " " + oneLine(row.fault.reason)
  const HOW = { answered: "", settled: "the answer was lost, the stack was read", already: "was there before" }
  const why = (row) => {
    if (row.fault !== null) return fault(row)
    if (row.state === "skipped") return "one before it on its stack failed"
    if (row.state === "sent" || row.state === "undoing") return "no answer is known"
    return HOW[row.how] ?? ""
  }
  const written = (value) => (typeof value === "string" ? value : JSON.stringify(value))
  /** Made at the first search. */
  const haystack = (row) =>
    (row.folded ??= folded(
      [row.name, row.stack, row.nextAssetId, row.assetId, row.stackId, why(row), row.fault === null ? null : row.fault.message, "line " + row.line, ...Object.values(row.fields).map(written)]
        .filter((text) => text !== null)
        .join("\n")
    ))

  const collator = new Intl.Collator("en", { numeric: true })
  /** What has no value comes last, whichever way the others go. */
  const by = (value, compare) => (direction) => (one, other) => {
    const [left, right] = [value(one), value(other)]
    if (left === null || right === null) return Number(left === null) - Number(right === null)
    return compare(left, right) * direction
  }
  const byText = (text) => by((row) => text(row) || null, collator.compare)
  const byNumber = (value) => by(value, (one, other) => one - other)
  const lasted = (row) => (row.sentAtMillis === null || row.doneAtMillis === null ? null : row.doneAtMillis - row.sentAtMillis)
  const version = (row) => row.name ?? row.nextAssetId
  const target = (row) => row.stack ?? row.stackId ?? row.assetId

  const stateChip = (state) => {
    const words = stateOf.get(state)
    const mark = el("span", "", words.mark)
    mark.setAttribute("aria-hidden", "true")
    return el("span", "state " + state, mark, " " + words.label)
  }
  const nameOrId = (name, id) => {
    const element = el("span", name === null ? "id" : "", outside(name ?? id))
    element.title = plain(name ?? id)
    return element
  }
  const whyCell = (row) => {
    const text = why(row)
    const element = row.fault === null ? el("span", "quiet", text) : el("span", "", outside(text))
    element.title = plain(text)
    return element
  }

  /** The table's columns: heading, class, what a cell shows, what it is sorted by. */
  const TABLE = [
    { head: "Line", kind: "number quiet", cell: (row) => number(row.line), order: byNumber((row) => row.line) },
    { head: "State", kind: "", cell: (row) => stateChip(row.state), order: byNumber((row) => stateOf.get(row.state).rank) },
    { head: "Version", kind: "", cell: (row) => nameOrId(row.name, row.nextAssetId), order: byText(version) },
    { head: "On", kind: "", cell: (row) => nameOrId(row.stack, row.stackId ?? row.assetId), order: byText(target) },
    { head: "Why", kind: "", cell: whyCell, order: byText(why) },
    { head: "Calls", kind: "number quiet", cell: (row) => number(row.attempts), order: byNumber((row) => row.attempts) },
    { head: "Last sent", kind: "quiet", cell: (row) => (row.sentAtMillis === null ? "" : time(row.sentAtMillis)), order: byNumber((row) => row.sentAtMillis) },
    { head: "Took", kind: "number quiet", cell: (row) => (lasted(row) === null ? "" : took(lasted(row))), order: byNumber(lasted) }
  ]

  // ── Search, states, order: which rows are shown ──────────────────────────────────────────────────────────────────

  const search = byId("search")
  const grid = byId("grid")
  const found = byId("found")
  const chosen = new Set()
  let sorted = { column: 1, direction: 1 }
  let words = []
  let shown = []
  let active = 0

  const stateButtons = new Map(
    states
      .filter(({ state }) => rows.some((row) => row.state === state))
      .map(({ state }) => {
        const total = el("b")
        const toggle = button("", () => {
          if (chosen.has(state)) chosen.delete(state)
          else chosen.add(state)
          choose()
        }, stateChip(state), " ", total)
        return [state, { toggle, total }]
      })
  )
  byId("states").replaceChildren(...Array.from(stateButtons.values(), ({ toggle }) => toggle))

  const choose = () => {
    words = folded(search.value).split(/\s+/).filter((word) => word !== "")
    const hits = words.length === 0 ? rows : rows.filter((row) => words.every((word) => haystack(row).includes(word)))
    const totals = new Map()
    for (const row of hits) totals.set(row.state, (totals.get(row.state) ?? 0) + 1)
    for (const [state, { toggle, total }] of stateButtons) {
      total.textContent = number(totals.get(state) ?? 0)
      toggle.setAttribute("aria-pressed", String(chosen.has(state)))
    }
    const order = TABLE[sorted.column].order(sorted.direction)
    shown = (chosen.size === 0 ? hits : hits.filter((row) => chosen.has(row.state)))
      .slice()
      .sort((one, other) => order(one, other) || one.line - other.line)
    found.textContent =
      shown.length === rows.length
        ? number(rows.length) + " versions"
        : number(shown.length) + " of " + number(rows.length) + " versions"
    active = 0
    grid.scrollTop = 0
    grid.setAttribute("aria-rowcount", String(shown.length + 1))
    body.style.height = shown.length * ROW + "px"
    empty.hidden = shown.length > 0
    drawn.clear()
    body.replaceChildren()
    draw()
  }
  /** Many keys between two pictures are one search. */
  let asked = 0
  const chooseSoon = () => {
    cancelAnimationFrame(asked)
    asked = requestAnimationFrame(choose)
  }

  // ── The table: only the rows in sight are in the page ────────────────────────────────────────────────────────────

  const ROW = 34
  const SPARE = 8
  const body = role(el("div", "body"), "rowgroup")
  const empty = byId("empty")
  const drawn = new Map()

  const headings = TABLE.map(({ head, kind }, column) => {
    const heading = role(el("div", kind.split(" ")[0] === "number" ? "number" : ""), "columnheader")
    const sort = button("", () => {
      sorted = { column, direction: sorted.column === column ? -sorted.direction : 1 }
      showOrder()
      choose()
    }, head)
    heading.append(sort)
    return heading
  })
  const showOrder = () => {
    headings.forEach((heading, column) => {
      if (column !== sorted.column) heading.removeAttribute("aria-sort")
      else heading.setAttribute("aria-sort", sorted.direction > 0 ? "ascending" : "descending")
    })
  }
  const headRow = role(el("div", "", ...headings), "row")
  headRow.setAttribute("aria-rowindex", "1")
  grid.replaceChildren(role(el("div", "head", headRow), "rowgroup"), body)
  // A short job has a short table; a search in a long one does not move the page.
  grid.style.height = "min(68vh, 680px, " + ((Math.max(rows.length, 2) + 1) * ROW + 2) + "px)"
  grid.setAttribute("aria-colcount", String(TABLE.length))

  const rowElement = (at) => {
    const row = shown[at]
    const element = role(
      el("div", "", ...TABLE.map(({ cell, kind }) => role(el("div", kind, cell(row)), "gridcell"))),
      "row"
    )
    element.id = "row-" + at
    element.dataset.at = String(at)
    element.setAttribute("aria-rowindex", String(at + 2))
    element.style.top = at * ROW + "px"
    return element
  }

  const draw = () => {
    const inside = Math.max(grid.clientHeight - ROW, ROW)
    const first = Math.max(Math.floor(grid.scrollTop / ROW) - SPARE, 0)
    const last = Math.min(Math.ceil((grid.scrollTop + inside) / ROW) + SPARE, shown.length)
    for (const [at, element] of drawn) {
      if (at >= first && at < last) continue
      element.remove()
      drawn.delete(at)
    }
    for (let at = first; at < last; at++) {
      if (drawn.has(at)) continue
      const element = rowElement(at)
      drawn.set(at, element)
      const after = drawn.get(at + 1)
      if (after === undefined) body.append(element)
      else after.before(element)
    }
    for (const [at, element] of drawn) element.setAttribute("aria-selected", String(at === active))
    if (drawn.has(active)) grid.setAttribute("aria-activedescendant", "row-" + active)
    else grid.removeAttribute("aria-activedescendant")
    showHits()
  }

  /** Marks in the rows in sight what was searched for. The page stays as it is: these are ranges, not elements. */
  const showHits = () => {
    if (!("highlights" in CSS)) return
    const ranges = []
    const texts = document.createTreeWalker(body, NodeFilter.SHOW_TEXT)
    for (let node = words.length > 0 ? texts.nextNode() : null; node !== null; node = texts.nextNode()) {
      const text = node.data.toLowerCase()
      // Where lower case has another length, places would be wrong.
      if (text.length !== node.data.length) continue
      for (const word of words) {
        for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          const range = new Range()
          range.setStart(node, at)
          range.setEnd(node, at + word.length)
          ranges.push(range)
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges))
  }

  const move = (to) => {
    if (shown.length === 0) return
    active = Math.min(Math.max(to, 0), shown.length - 1)
    const inside = grid.clientHeight - ROW
    const top = active * ROW
    if (top < grid.scrollTop) grid.scrollTop = top
    else if (top + ROW > grid.scrollTop + inside) grid.scrollTop = top + ROW - inside
    draw()
  }
  const page = () => Math.max(Math.floor((grid.clientHeight - ROW) / ROW) - 1, 1)

  grid.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true })
  new ResizeObserver(draw).observe(grid)
  const rowAt = (event) => {
    const element = event.target.closest(".body [role='row']")
    return element === null ? null : Number(element.dataset.at)
  }
  grid.addEventListener("click", (event) => {
    const at = rowAt(event)
    // Whoever marks text wants to copy it.
    if (at === null || !getSelection().isCollapsed) return
    move(at)
    open(active)
  })
  grid.addEventListener("keydown", (event) => {
    if (event.target !== grid || event.altKey || event.ctrlKey || event.metaKey) return
    const moves = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page(),
      PageUp: active - page(),
      Home: 0,
      End: shown.length - 1
    }
    if (Object.hasOwn(moves, event.key)) {
      event.preventDefault()
      move(moves[event.key])
    } else if (event.key === "Enter" && shown.length > 0) {
      event.preventDefault()
      open(active)
    }
  })

  // ── Details of one row ───────────────────────────────────────────────────────────────────────────────────────────

  const details = byId("details")
  details.removeAttribute("open")
  let chains
  const chainOf = (row) => {
    if (chains === undefined) {
      chains = new Map()
      for (const one of rows) {
        const chain = chains.get(one.chain)
        if (chain === undefined) chains.set(one.chain, [one])
        else chain.push(one)
      }
      for (const chain of chains.values()) chain.sort((one, other) => one.line - other.line)
    }
    return chains.get(row.chain)
  }
  const MOST_LINKS = 200

  const faultCard = ({ fault }) =>
    el(
      "div",
      "fault",
      el("p", "", el("b", "tag", outside(fault.tag)), fault.status === undefined ? null : " " + fault.status),
      el("p", "", ...fault.message.split(/\r\n|\r|\n/).flatMap((line) => [outside(line), "\n"])),
      el("p", "quiet", outcomes[fault.outcome])
    )
  const id = (text) => el("span", "id", outside(text))

  const show = (row, focus) => {
    const at = shown.indexOf(row)
    const title = el("h2", "", outside(version(row)))
    title.id = "details-title"
    const previous = button("", () => go(at - 1, "previous"), "Previous")
    const next = button("", () => go(at + 1, "next"), "Next")
    const close = button("", () => details.close(), "Close")
    previous.disabled = at <= 0
    next.disabled = at < 0 || at >= shown.length - 1
    const facts = [
      ["State", el("span", "", stateChip(row.state), ": " + stateOf.get(row.state).meaning)],
      ["How", row.how === null || HOW[row.how] === "" ? null : HOW[row.how]],
      ["Line", number(row.line)],
      ["Version", id(row.nextAssetId)],
      ["Target", id(row.assetId)],
      ["Stack", row.stack === null ? null : outside(row.stack)],
      ["Stack id", row.stackId === null ? null : id(row.stackId)],
      ...Object.entries(row.fields).map(([name, value]) => [outside(name), outside(written(value))]),
      ["Version calls", number(row.attempts)],
      ["Last sent", row.sentAtMillis === null ? null : time(row.sentAtMillis)],
      ["Ended", row.doneAtMillis === null ? null : time(row.doneAtMillis)],
      ["Took", lasted(row) === null ? null : took(lasted(row))]
    ].filter(([, value]) => value !== null)
    const links = chainOf(row)
    const begin = Math.max(Math.min(links.indexOf(row) - MOST_LINKS / 2, links.length - MOST_LINKS), 0)
    const near = links.slice(begin, begin + MOST_LINKS)
    const list = el("ol", "", ...near.map((link) => {
      const entry = button("", () => goTo(link), el("span", "quiet", "line " + number(link.line)), stateChip(link.state), el("span", "", outside(version(link))))
      if (link === row) entry.setAttribute("aria-current", "true")
      return el("li", "", entry)
    }))
    details.replaceChildren(
      el("nav", "", previous, next, close),
      title,
      ...(row.fault === null ? [] : [faultCard(row)]),
      el("dl", "", ...facts.flatMap(([name, value]) => [el("dt", "", name), el("dd", "", value)])),
      ...(links.length < 2
        ? []
        : [el("h3", "", "On the same stack"), list, ...(near.length < links.length ? [el("p", "note", number(links.length - near.length) + " more")] : [])])
    )
    const wanted = { previous, next }[focus]
    ;(wanted === undefined || wanted.disabled ? close : wanted).focus()
  }
  const go = (at, focus) => {
    move(at)
    show(shown[active], focus)
  }
  const goTo = (row) => {
    const at = shown.indexOf(row)
    if (at >= 0) move(at)
    show(row, "close")
  }
  const open = (at) => {
    details.showModal()
    show(shown[at], "close")
  }
  details.addEventListener("click", (event) => {
    if (event.target === details && event.offsetX < 0) details.close()
  })

  // ── Keys of the whole page; causes that can be followed ──────────────────────────────────────────────────────────

  search.addEventListener("input", chooseSoon)
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
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.altKey || event.ctrlKey || event.metaKey || details.open) return
    if (event.target instanceof HTMLInputElement) return
    event.preventDefault()
    search.focus()
    search.select()
  })
  for (const cell of document.querySelectorAll("#reasons tbody td:nth-child(2)")) {
    const tag = cell.querySelector(".tag, button")
    const words = cell.textContent.trim()
    const follow = button("", () => {
      chosen.clear()
      chosen.add("failed")
      search.value = words
      choose()
      byId("versions").scrollIntoView()
      grid.focus({ preventScroll: true })
    }, ...tag.childNodes)
    follow.title = "Show these versions"
    tag.replaceWith(follow)
  }

  document.documentElement.classList.add("js")
  showOrder()
  choose()
})()
`
