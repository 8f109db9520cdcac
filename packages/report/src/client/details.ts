/** One link with everything known about it, beside the list. */

import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import { type Fault, OUTCOMES } from "../internal/reportEmbedded.js"
import { count } from "../internal/reportText.js"
import { assetUrl, meaningOf, stateChip } from "./cells.js"
import { link as anchor, button, byIdAs, el, outside } from "./dom.js"
import type { List } from "./list.js"
import { how, type Link, took, version, written } from "./rows.js"
import { timeElement } from "./times.js"

/** How many links of one stack are listed. */
const MOST_LINKS = 200

const faultCard = (fault: Fault): HTMLElement =>
  el(
    "div",
    "fault",
    el("p", "", el("b", "tag", outside(fault.tag)), fault.status === undefined ? null : ` ${fault.status}`),
    el("p", "", ...fault.message.split(/\r\n|\r|\n/).flatMap((line) => [outside(line), "\n"])),
    el("p", "quiet", OUTCOMES[fault.outcome])
  )

const idLink = (id: string): HTMLElement => {
  const link = anchor(assetUrl(id), "id", outside(id))
  link.title = "Open on Frame.io"
  return link
}

const orNull = <A>(value: A | null, shown: (value: A) => Node | string): Node | string | null =>
  value === null ? null : shown(value)

const factsOf = (link: Link): ReadonlyArray<readonly [Node | string, Node | string | null]> => [
  ["State", el("span", "", stateChip(link.state), `: ${meaningOf(link)}`)],
  ["How", how(link) || null],
  ["Line", count(link.line)],
  ["Version", idLink(link.nextAssetId)],
  ["Target", idLink(link.assetId)],
  ["Stack", orNull(link.stack, outside)],
  ["Stack id", orNull(link.stackId, idLink)],
  ...Object.entries(link.fields).map(([name, value]) => [outside(name), outside(written(value))] as const),
  ["Version calls", count(link.attempts)],
  ["Last sent", orNull(link.sentAtMillis, timeElement)],
  ["Ended", orNull(link.doneAtMillis, timeElement)],
  ["Took", orNull(took(link), DurationText.words)]
]

const chainsOf = (links: ReadonlyArray<Link>): ReadonlyMap<number, ReadonlyArray<Link>> => {
  const chains = new Map<number, Array<Link>>()
  for (const link of links) {
    const chain = chains.get(link.chain)
    if (chain === undefined) chains.set(link.chain, [link])
    else chain.push(link)
  }
  for (const chain of chains.values()) chain.sort((one, other) => one.line - other.line)
  return chains
}

/** Answers how to open one link, by its place in the list. */
export const make = (links: ReadonlyArray<Link>, list: () => List): ((at: number) => void) => {
  const dialog = byIdAs("details", HTMLDialogElement)
  dialog.removeAttribute("open")
  let chains: ReadonlyMap<number, ReadonlyArray<Link>> | undefined

  const sameStack = (link: Link): ReadonlyArray<Node> => {
    chains ??= chainsOf(links)
    const chain = chains.get(link.chain) ?? []
    if (chain.length < 2) return []
    const begin = Math.max(Math.min(chain.indexOf(link) - MOST_LINKS / 2, chain.length - MOST_LINKS), 0)
    const near = chain.slice(begin, begin + MOST_LINKS)
    const entries = near.map((one) => {
      const entry = button(
        () => goTo(one),
        el("span", "quiet", `line ${count(one.line)}`),
        stateChip(one.state),
        el("span", "", outside(version(one)))
      )
      if (one === link) entry.setAttribute("aria-current", "true")
      return el("li", "", entry)
    })
    return [
      el("h3", "", "On the same stack"),
      el("ol", "", ...entries),
      ...(near.length < chain.length ? [el("p", "note", `${count(chain.length - near.length)} more`)] : [])
    ]
  }

  const show = (link: Link | undefined, focus: "previous" | "next" | "close"): void => {
    if (link === undefined) return
    const shown = list().shown()
    const at = shown.indexOf(link)
    const title = el("h2", "", outside(version(link)))
    title.id = "details-title"
    const go = (to: number, direction: "previous" | "next") => {
      show(list().shown()[list().move(to)], direction)
    }
    const buttons = {
      previous: button(() => go(at - 1, "previous"), "Previous"),
      next: button(() => go(at + 1, "next"), "Next"),
      close: button(() => dialog.close(), "Close")
    }
    buttons.previous.disabled = at <= 0
    buttons.next.disabled = at < 0 || at >= shown.length - 1
    dialog.replaceChildren(
      el("nav", "", buttons.previous, buttons.next, buttons.close),
      title,
      ...(link.fault === null ? [] : [faultCard(link.fault)]),
      el(
        "dl",
        "",
        ...factsOf(link).flatMap(([name, value]) => (value === null ? [] : [el("dt", "", name), el("dd", "", value)]))
      ),
      ...sameStack(link)
    )
    const wanted = buttons[focus]
    ;(wanted.disabled ? buttons.close : wanted).focus()
  }

  const goTo = (link: Link) => {
    const at = list().shown().indexOf(link)
    if (at >= 0) list().move(at)
    show(link, "close")
  }

  dialog.addEventListener("click", (event) => {
    if (event.target === dialog && event.offsetX < 0) dialog.close()
  })
  return (at) => {
    dialog.showModal()
    show(list().shown()[at], "close")
  }
}
