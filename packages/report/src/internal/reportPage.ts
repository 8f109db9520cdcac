/** The markup of a report's page. Its look and program are in `src/client`, the plot is in `reportPlot`. */

import type { Head, Row, Run } from "@effect-frameio/batch/JobRecord"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { script, styles } from "./pageBundle.js"
import { OUTCOMES, STATES } from "./reportEmbedded.js"
import { endOf, faultOf, isTrouble, sentence, shares, totals, workedMillis } from "./reportFacts.js"
import { html, Markup, moment, outside } from "./reportHtml.js"
import { figure } from "./reportPlot.js"
import { block, type Reason, type RowPicker } from "./reportRows.js"
import { count, decimal, oneLine, visible } from "./reportText.js"

/**
 * A page's own texts.
 *
 * @internal
 */
export interface Wording {
  readonly title: string | undefined
  readonly assetUrl: string
  readonly next: ReadonlyArray<{ readonly when: string; readonly command: string }>
}

/** How many failures and unsettled links are written out for a page without its script, and for print. */
const MAX_STATIC = 1000

const base64 = (bytes: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(bytes)))

/** How a policy names a script or a style within the page. */
const hashOf = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => globalThis.crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (digest) => `'sha256-${base64(digest)}'`
  )

/**
 * Allows the page its one script and its one style: no request of any kind, no other script, no form, and no string that
 * becomes markup.
 */
const policy = Effect.map(
  Effect.all([hashOf(script), hashOf(styles)]),
  ([scriptHash, styleHash]) =>
    `default-src 'none'; script-src ${scriptHash}; style-src ${styleHash}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`
)

const next = (wording: Wording): Markup =>
  html`${wording.next.map(({ command, when }) => html`<div class="next"><p>${when}</p><p class="command"><code>${command}</code></p></div>`)}`

const stateOf = new Map(STATES.map((words) => [words.state, words]))

const chip = (state: Row["state"]): Markup => {
  const words = stateOf.get(state)
  return html`<span class="state ${state}"><span aria-hidden="true">${words?.mark ?? ""}</span> ${words?.label ?? state}</span>`
}

const bar = ({ counts }: Head): Markup => {
  let x = 0
  const parts = [...shares(counts)].reverse().map(({ percent, state }) => {
    const part = html`<rect class="${state}" x="${x}%" width="${percent}%" height="100%"/>`
    x += percent
    return part
  })
  return html`<svg class="share" width="100%" height="10" aria-hidden="true"><rect class="ground" width="100%" height="100%"/>${parts}</svg>`
}

const tile = (label: string, value: string, kind: string, note: string): Markup =>
  html`<div class="tile ${kind}"><dt>${label}</dt><dd><b>${value}</b> <span>${note}</span></dd></div>`

const tiles = ({ counts }: Head): Markup =>
  html`<dl class="tiles">${[...STATES]
    .reverse()
    .filter(({ state }) => counts[state] > 0 || state === "confirmed" || state === "failed")
    .map(({ label, meaning, state }) => {
      const already =
        state === "confirmed" && counts.already > 0 ? `${count(counts.already)} of them before this job` : ""
      return tile(
        label,
        count(counts[state]),
        counts[state] === 0 ? `${state} none` : state,
        already === "" ? meaning : already
      )
    })}</dl>`

const waits = (head: Head): Markup => {
  const { longestQueue, meanWaitMillis, queuedMillis, refused, sent, share } = totals(head.samples)
  const wait = meanWaitMillis === null ? "–" : DurationText.words(meanWaitMillis)
  return html`<dl class="tiles">${[
    tile("Requests", count(sent), "plain", "version calls that went out"),
    tile("Refused", count(refused), refused > 0 ? "failed" : "plain", "answered with 429"),
    tile("Of the limit", share === null ? "–" : `${decimal(share * 100)} %`, "plain", "was used while it was known"),
    tile("Wait", wait, "plain", "for the limit, each request on average"),
    tile("Longest queue", count(longestQueue), "plain", "requests at one time"),
    tile("Queued", DurationText.words(queuedMillis), "plain", "with at least one request waiting")
  ]}</dl>`
}

/** The last runs only, because a job that a timer resumes has many. */
const MAX_RUNS = 20

const runs = (head: Head): Markup => {
  const ordered = [...head.runs].sort((one, other) => one.beganAtMillis - other.beganAtMillis)
  const last = ordered.slice(-MAX_RUNS)
  const left = ordered.length - last.length
  const ended = (run: Run) =>
    run.endedAtMillis === null
      ? "no end was recorded: it was at work when this was written, or died"
      : run.stopped === null
        ? "to the end"
        : `stopped: ${visible(oneLine(run.stopped))}`
  return html`<ol class="runs" start="${left + 1}">${last.map(
    (run) =>
      html`<li>${moment(run.beganAtMillis)}, ${run.kind === "undo" ? "undo, " : null}${DurationText.words(endOf(head, run) - run.beganAtMillis)}, ${ended(run)}</li>`
  )}</ol>${left > 0 ? html`<p class="note">${count(left)} earlier runs are not listed.</p>` : null}`
}

/**
 * The page before the rows.
 *
 * @internal
 */
export const opening = (head: Head, wording: Wording): Stream.Stream<string> =>
  Stream.fromEffect(
    Effect.map(policy, (content) => {
      const title = wording.title ?? head.plan?.replace(/^.*[/\\]/s, "") ?? head.job
      const said = (what: string, text: string | null) =>
        text === null || text === title ? null : html`<span>${what} ${outside(text)}</span>`
      return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${content}">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${visible(title)} – ${sentence(head)}</title>
<style>${new Markup(styles)}</style>
</head>
<body>
<a class="skip" href="#versions">Skip to the versions</a>
<header>
<div><p class="over">Frame.io version job</p><h1>${outside(title)}</h1>
<p class="facts">${said("Plan", head.plan)}${said("Job", head.job)}<span>Begun ${moment(head.createdAtMillis)}</span><span>${DurationText.words(workedMillis(head))} of work in ${head.runs.length === 1 ? "one run" : `${count(head.runs.length)} runs`}</span><span>As of ${moment(head.reportedAtMillis)}</span><span id="zone">Times are UTC</span></p></div>
<button type="button" id="theme" hidden></button>
</header>
<main data-asset-url="${wording.assetUrl}">
<section aria-labelledby="outcome-title"><h2 id="outcome-title">${sentence(head)}</h2>
${bar(head)}${tiles(head)}${next(wording)}</section>
`.text
    })
  )

/**
 * Some rows of the table.
 *
 * @internal
 */
export const rows = block

/**
 * A bounded list of failed and unsettled links, for a page without script.
 *
 * @internal
 */
export class StaticFailures {
  constructor(readonly assetUrl: string) {}

  private readonly kept: Array<Markup> = []
  total = 0

  add(row: Row): void {
    if (!isTrouble(row)) return
    this.total++
    if (this.kept.length < MAX_STATIC) this.kept.push(this.line(row))
  }

  private line(row: Row): Markup {
    const fault = faultOf(row)
    const why =
      fault === null
        ? html`No cause was recorded.`
        : html`<b>${fault.tag}</b>${fault.status === undefined ? null : html` ${fault.status}`} ${outside(oneLine(fault.message))} ${OUTCOMES[fault.outcome]}`
    const id = (text: string) =>
      html`<a href="${this.assetUrl}${encodeURIComponent(text)}" rel="noopener noreferrer"><code>${outside(text)}</code></a>`
    return html`<tr><td>${row.line}</td><td>${chip(row.state)}</td><td>${outside(row.name ?? row.nextAssetId)}<br>${id(row.nextAssetId)}</td><td>${row.stack === null ? null : html`${outside(row.stack)}<br>`}${id(row.stackId ?? row.assetId)}</td><td>${why}</td></tr>
`
  }

  markup(): Markup {
    const left = this.total - this.kept.length
    return html`<section class="static" aria-labelledby="static-title"><h2 id="static-title">Failed and unsettled</h2>
${
  this.total === 0
    ? html`<p>None.</p>`
    : html`<table><thead><tr><th scope="col">Line</th><th scope="col">State</th><th scope="col">Version</th><th scope="col">On</th><th scope="col">Why</th></tr></thead><tbody>
${this.kept}</tbody></table>${left > 0 ? html`<p class="note">And ${count(left)} more: the CSV has them all.</p>` : null}`
}
<p class="note">The table of all versions needs the page's script.</p></section>`
  }
}

const reasonLine = (reason: Reason): Markup =>
  html`<tr><td class="number">${count(reason.count)}</td><td><b class="tag">${outside(reason.tag)}</b>${reason.status === null ? null : html` <span class="status">${reason.status}</span>`}</td><td>${outside(oneLine(reason.message))} <span class="note">line ${count(reason.line)}${reason.count > 1 ? ", for one" : ""}</span></td></tr>
`

const reasons = (picker: RowPicker): Markup => {
  const sorted = [...picker.reasons.values()].sort((one, other) => other.count - one.count)
  if (sorted.length === 0) return html``
  return html`<section aria-labelledby="reasons-title"><h2 id="reasons-title">What failed, and why</h2>
<table id="reasons"><thead><tr><th scope="col" class="number">Versions</th><th scope="col">Error</th><th scope="col">What it says</th></tr></thead><tbody>${sorted.map(reasonLine)}</tbody></table>
${picker.otherReasons > 0 ? html`<p class="note">${count(picker.otherReasons)} more failed for other causes.</p>` : null}<div id="names" class="live"></div></section>`
}

const leftOut = (picker: RowPicker): Markup => {
  if (picker.keptTotal === picker.seenTotal) return html``
  const parts = STATES.map(({ several, state }) => ({
    several,
    left: (picker.seen.get(state) ?? 0) - (picker.kept.get(state) ?? 0)
  })).filter(({ left }) => left > 0)
  return html`<p class="notice">The table holds ${count(picker.keptTotal)} of ${count(picker.seenTotal)} versions. Left out: ${parts.map(({ left, several }) => `${count(left)} ${several}`).join(", ")}. The report as CSV or JSON lines has every one.</p>`
}

/**
 * The page after the rows.
 *
 * @internal
 */
export const closing = (head: Head, picker: RowPicker, failures: StaticFailures): string =>
  html`${reasons(picker)}
${failures.markup()}
<section class="live" id="versions" tabindex="-1" aria-labelledby="versions-title"><h2 id="versions-title">Versions</h2>
${leftOut(picker)}
<div class="tools"><label class="search"><span class="unseen">Search versions</span><input id="search" type="search" placeholder="Search names, ids, errors" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"><kbd aria-hidden="true">/</kbd></label><label class="within"><span class="unseen">Column to search</span><select id="within"></select></label><div id="states" role="group" aria-label="States to show"></div><p id="found" role="status"></p></div>
<div class="table"><div id="grid" role="grid" tabindex="0" aria-labelledby="versions-title" aria-describedby="keys"></div>
<p id="empty" hidden>No version matches.</p></div>
<p id="keys" class="note"><kbd>/</kbd> search <kbd>↑</kbd> <kbd>↓</kbd> <kbd>PgUp</kbd> <kbd>PgDn</kbd> move <kbd>Enter</kbd> details <kbd>Esc</kbd> close</p></section>
<section aria-labelledby="limit-title"><h2 id="limit-title">Requests against the limit</h2>
${figure(head)}${head.samples.length === 0 ? null : waits(head)}
${head.runs.length === 0 ? null : html`<h3>Runs</h3>${runs(head)}`}</section>
</main>
<footer class="note">Written by effect-frameio. This page loads nothing and sends nothing.</footer>
<dialog id="details" aria-labelledby="details-title"></dialog>
<script>${new Markup(script)}</script>
</body>
</html>
`.text
