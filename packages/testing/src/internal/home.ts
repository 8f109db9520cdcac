/**
 * The page at the root of a fake on a port: its content, with ids to copy, and the state of its buckets. It is plain
 * markup without a program, so its policy can forbid loading anything.
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { EndpointName } from "../FaultPlan.js"
import type { Journal } from "../Journal.js"
import type { RateLimiter } from "../RateLimiter.js"
import type { Entry, World } from "../World.js"

/** @internal */
export interface Shown {
  readonly world: World
  readonly limiter: RateLimiter
  readonly journal: Journal
  /** The page for trying calls. */
  readonly docs: string
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign)

/** A name may contain characters that reverse the text after it. */
const named = (text: string): string => `<bdi>${escaped(text)}</bdi>`

const STYLE = `
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; background: light-dark(#f5f6f8, #0f1318); color: light-dark(#1b232d, #e4e8ed) }
body { max-width: 1100px; margin: 0 auto; padding: 20px }
h1 { font-size: 20px; margin: 0 } h2 { font-size: 15px; margin: 20px 0 8px }
a { color: light-dark(#1f57c3, #8fb6ff) }
p, ul { margin: 4px 0 } ul { padding-left: 20px; list-style: none }
code { font: 12px ui-monospace, monospace; padding: 1px 5px; border-radius: 4px; background: light-dark(#e6eaef, #1c222b); user-select: all }
li, summary { padding: 2px 0; overflow-wrap: anywhere } .quiet { color: light-dark(#56616e, #9ba7b4) }
iframe { width: 100%; height: 200px; border: 1px solid light-dark(#d9dee4, #2c343f); border-radius: 6px }
table { border-collapse: collapse; width: 100% } th { text-align: left; font-weight: 600 } th, td { padding: 3px 14px 3px 0 }
td + td { font-variant-numeric: tabular-nums } meter { width: 160px }
`

const page = (title: string, body: string, head = ""): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.html(
    `<!doctype html><html lang="en"><head><meta charset="utf-8">${head}<meta name="viewport" content="width=device-width, initial-scale=1"><title>${escaped(title)}</title><style>${STYLE}</style></head><body>${body}</body></html>`
  ).pipe(
    HttpServerResponse.setHeaders({
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'",
      "cache-control": "no-store"
    })
  )

const PER_PAGE = 100
/** How many children of a subfolder are shown. */
const PEEK = 12

const MARKS = { folder: "📁", version_stack: "🗂", file: "🎞" } as const

const line = (entry: Entry): string => {
  const about =
    entry.kind === "file"
      ? ""
      : ` <span class="quiet">${entry.itemCount} ${entry.kind === "folder" ? "inside" : "versions"}</span>`
  return `${MARKS[entry.kind]} <a href="/?in=${entry.id}">${named(entry.name)}</a> <code>${entry.id}</code>${about}`
}

const entriesOf = (world: World, id: string, pageSize: number, number = 1) => {
  const { ids, total, totalPages } = world.children(id, { page: number, pageSize })
  return { entries: ids.flatMap((child) => world.get(child) ?? []), total, totalPages }
}

const branch = (world: World, entry: Entry): string => {
  if (entry.itemCount === 0) return `<li>${line(entry)}</li>`
  const { entries, total } = entriesOf(world, entry.id, PEEK)
  const more = total > entries.length ? `<li><a href="/?in=${entry.id}">all ${total}</a></li>` : ""
  return `<li><details><summary>${line(entry)}</summary><ul>${entries.map((child) => `<li>${line(child)}</li>`).join("")}${more}</ul></details></li>`
}

const pathOf = (world: World, entry: Entry): ReadonlyArray<Entry> => {
  const parent = entry.parentId === null ? undefined : world.get(entry.parentId)
  return parent === undefined ? [entry] : [...pathOf(world, parent), entry]
}

const commandsFor = (entry: Entry): ReadonlyArray<string> =>
  entry.kind === "folder"
    ? [`frameio ls ${entry.id}`, `frameio plan ${entry.id} --rule vfx`]
    : [`frameio show ${entry.id}`]

/** Where V4 begins: an id for each part of its paths. */
const aboutV4 = (world: World): string => {
  const rows = world.projects.map(({ accountId, id, rootId, teamId }) =>
    [accountId, teamId, id, rootId].map((one) => `<td><code>${one}</code></td>`).join("")
  )
  return `<h2>For V4</h2><table><tr><th>Account</th><th>Workspace</th><th>Project</th><th>Root folder</th></tr>${rows.map((row) => `<tr>${row}</tr>`).join("")}</table>
<p class="quiet">The same base URL, files and folders as v2. A developer token needs the header <code>x-frameio-legacy-token-auth: true</code>; Adobe's login is at <code>/ims/token/v3</code>, for any client.</p>`
}

const home = ({ docs, world }: Shown, query: URLSearchParams): HttpServerResponse.HttpServerResponse => {
  const [project] = world.projects
  const wanted = query.get("in") ?? project?.rootId ?? ""
  const entry = world.get(wanted)
  const path = entry === undefined ? [] : pathOf(world, entry)
  const number = Math.max(Math.floor(Number(query.get("page") ?? 1)) || 1, 1)
  const { entries, total, totalPages } = entriesOf(world, wanted, PER_PAGE, number)
  const step = (to: number, text: string) =>
    to < 1 || to > totalPages ? "" : ` <a href="/?in=${encodeURIComponent(wanted)}&amp;page=${to}">${text}</a>`
  const inside =
    entry === undefined
      ? "<p>There is no such asset, or it was deleted.</p>"
      : `<p>${MARKS[entry.kind]} ${path.map((one) => `<a href="/?in=${one.id}">${named(one.name)}</a>`).join(" / ")} <code>${entry.id}</code></p>
<ul>${entries.map((child) => branch(world, child)).join("")}</ul>
${totalPages > 1 ? `<p class="quiet">Page ${number} of ${totalPages}, ${total} in all.${step(number - 1, "before")}${step(number + 1, "next")}</p>` : ""}
<p>${commandsFor(entry)
          .map((command) => `<code>${escaped(command)}</code>`)
          .join(" ")}</p>`
  return page(
    "A Frame.io on this machine",
    `<h1>A Frame.io on this machine</h1>
<p class="quiet">A fake in memory. One click selects an id or a command. <a href="${docs}">Its calls, to read and to try</a>.</p>
<h2>Rate limits</h2><iframe src="/buckets" title="State of the buckets"></iframe>
<h2>What is in it</h2>${inside}
${aboutV4(world)}`
  )
}

const buckets = ({ journal, limiter, world }: Shown, nowMillis: number): HttpServerResponse.HttpServerResponse => {
  const rows = limiter.standing(nowMillis).map(({ endpoint, left, limit, userId }) => {
    const { refused, requests } = journal.counts(endpoint as EndpointName)
    const who = world.user(userId)?.name ?? userId
    return `<tr><td>${escaped(endpoint)}</td><td>${escaped(who)}</td><td><meter min="0" max="${limit.limit}" value="${left}">${left}</meter></td><td>${left} of ${limit.limit} in ${limit.windowMillis} ms</td><td>${requests}</td><td>${refused}</td></tr>`
  })
  return page(
    "Buckets",
    rows.length === 0
      ? '<p class="quiet">There were no requests yet.</p>'
      : `<table><tr><th>Call</th><th>User</th><th>Free</th><th></th><th>Requests</th><th>Refused</th></tr>${rows.join("")}</table>`,
    '<meta http-equiv="refresh" content="1">'
  )
}

/** @internal */
export const make =
  (shown: Shown) =>
  (url: string): Effect.Effect<HttpServerResponse.HttpServerResponse> | undefined => {
    const [path, query] = url.split("?", 2)
    if (path === "/") return Effect.sync(() => home(shown, new URLSearchParams(query)))
    if (path === "/buckets") return Effect.map(Clock.currentTimeMillis, (now) => buckets(shown, now))
    return undefined
  }
