/** The program of a report's page: it makes the static page searchable. */
import { count, visible } from "../internal/reportText.js"
import * as Details from "./details.js"
import { button, byIdAs, copyButton, el } from "./dom.js"
import * as List from "./list.js"
import * as Plot from "./plot.js"
import { readLinks, version } from "./rows.js"
import * as Theme from "./theme.js"
import { localize } from "./times.js"

document.documentElement.classList.add("js")
Theme.start()
localize()
Plot.start()

const links = readLinks()
const open = Details.make(links, () => list)
const list: List.List = List.make({ links, open })

/** A cause leads to the versions that failed because of it. */
for (const cell of document.querySelectorAll("#reasons tbody td:nth-child(2)")) {
  const tag = cell.querySelector(".tag, button")
  if (tag === null) continue
  const words = (cell.textContent ?? "").trim()
  const follow = button(() => list.show("failed", words), ...tag.childNodes)
  follow.title = "Show these versions"
  tag.replaceWith(follow)
}

/** The names of all failed versions, one a line: harmless in a terminal, whatever they contain. */
const failed = links.filter(({ state }) => state === "failed")
const names = document.getElementById("names")
if (names !== null && failed.length > 0) {
  const text = el("textarea", "", failed.map((link) => visible(version(link))).join("\n"))
  text.readOnly = true
  text.rows = Math.min(failed.length, 8)
  text.setAttribute("aria-label", "Names of the versions that failed")
  const title = el("h3", "", failed.length === 1 ? "Its name" : `All ${count(failed.length)} names`)
  names.replaceChildren(
    el(
      "div",
      "titled",
      title,
      copyButton("Copy", () => text.value, text)
    ),
    text
  )
}

for (const command of document.querySelectorAll<HTMLElement>(".command")) {
  const code = command.querySelector("code")
  command.querySelector("button")?.remove()
  if (code !== null) command.append(copyButton("Copy", () => code.textContent ?? "", code))
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.altKey || event.ctrlKey || event.metaKey) return
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return
  if (document.querySelector("dialog[open]") !== null) return
  event.preventDefault()
  const search = byIdAs("search", HTMLInputElement)
  search.focus()
  search.select()
})
