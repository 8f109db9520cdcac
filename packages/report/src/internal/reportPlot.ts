/**
 * The plot of requests against the limit: the layout, then the SVG; pure. It is drawn here, so that it shows in print and
 * without a script; the page's script adds a cursor.
 *
 * The time axis has the runs side by side, to scale, with a band of fixed width between them: otherwise a job that went
 * on the next day would be two hairlines.
 */
import type { Head, Sample } from "@effect-frameio/batch/JobRecord"
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import { endOf, limitRate } from "./reportFacts.js"
import { html, iso, type Markup, moment } from "./reportHtml.js"
import { decimal } from "./reportText.js"

/** Columns are merged down to about this many: more cannot be told apart on a screen. */
const COLUMNS = 240

/** In percent of the width: one band between two runs, and all bands together. */
const GAP = 2.4
const GAPS = 20
/** Less than a band, so not a gap. */
const GAPLESS = 0.1

/**
 * One column: consecutive samples of one run. Rates are requests per second, places are percent of the width.
 *
 * @internal
 */
export interface Column {
  readonly fromMillis: number
  readonly toMillis: number
  /** The mean and the highest rate. */
  readonly mean: number
  readonly peak: number
  /** The lowest limit in force. */
  readonly limit: number | null
  readonly sent: number
  readonly refused: number
  /** The longest queue. */
  readonly waiting: number
  /** The fewest free places. */
  readonly free: number | null
  readonly x: number
  readonly width: number
}

/**
 * A time between runs.
 *
 * @internal
 */
export interface Gap {
  readonly millis: number
  readonly x: number
  readonly width: number
}

/** @internal */
export interface Tick {
  readonly atMillis: number
  readonly x: number
  readonly form: "day" | "minute" | "second"
}

/** @internal */
export interface Plot {
  readonly columns: ReadonlyArray<Column>
  readonly gaps: ReadonlyArray<Gap>
  readonly ticks: ReadonlyArray<Tick>
  /** How many samples a column holds, at most. */
  readonly merged: number
  /** The highest rate or limit, and the longest queue. */
  readonly topRate: number
  readonly topWaiting: number
}

interface Span {
  readonly fromMillis: number
  toMillis: number
}

const byTime = (samples: ReadonlyArray<Sample>): ReadonlyArray<Sample> =>
  samples
    .filter((sample) => sample.millis > 0 && Number.isFinite(sample.atMillis))
    .sort((one, other) => one.atMillis - other.atMillis)

/** When something was at work: the runs, and samples outside any run. In order, without overlap. */
const spansOf = (head: Pick<Head, "runs" | "samples">, samples: ReadonlyArray<Sample>): ReadonlyArray<Span> => {
  const runs: ReadonlyArray<Span> = head.runs.map((run) => ({
    fromMillis: run.beganAtMillis,
    toMillis: Math.max(endOf(head, run), run.beganAtMillis + 1)
  }))
  const stray = samples.filter(
    ({ atMillis }) => !runs.some((run) => atMillis >= run.fromMillis && atMillis <= run.toMillis)
  )
  const strays = stray.map((sample) => ({
    fromMillis: sample.atMillis,
    toMillis: sample.atMillis + sample.millis,
    // Samples without a gap between them belong to one run.
    reach: sample.millis * 2
  }))
  const merged: Array<Span> = []
  const all = [...runs.map((run) => ({ ...run, reach: 0 })), ...strays]
  for (const { fromMillis, reach, toMillis } of all.sort((one, other) => one.fromMillis - other.fromMillis)) {
    const last = merged.at(-1)
    if (last !== undefined && fromMillis <= last.toMillis + reach) last.toMillis = Math.max(last.toMillis, toMillis)
    else merged.push({ fromMillis, toMillis })
  }
  return merged
}

/**
 * The rate at the end of each sample, over the limit's own window if that is longer than the sample: a burst of 60
 * within one second is no excess if the limit is 100 a minute.
 */
const ratesOf = (samples: ReadonlyArray<Sample>): ReadonlyArray<number> =>
  samples.map((sample, index) => {
    const end = sample.atMillis + sample.millis
    const window = Math.max(sample.windowMillis ?? 0, sample.millis)
    let sum = 0
    for (let at = index; at >= 0; at--) {
      const earlier = samples[at]
      if (earlier === undefined) break
      const overlap = Math.min(earlier.atMillis + earlier.millis - (end - window), earlier.millis)
      if (overlap <= 0) break
      sum += (earlier.sent * overlap) / earlier.millis
    }
    return (sum / window) * 1000
  })

const least = (numbers: ReadonlyArray<number | null>): number | null => {
  const known = numbers.filter((one) => one !== null)
  return known.length === 0 ? null : Math.min(...known)
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400].map(
  (seconds) => seconds * 1000
)

/** Labels closer than this, in percent, would touch. */
const APART = 9

const ticksOf = (spans: ReadonlyArray<Span>, place: (millis: number, span: number) => number): ReadonlyArray<Tick> => {
  const active = spans.reduce((sum, span) => sum + span.toMillis - span.fromMillis, 0)
  const step = STEPS.find((one) => one >= active / 8) ?? Math.ceil(active / 8 / 86_400_000) * 86_400_000
  const first = spans[0]?.fromMillis ?? 0
  const severalDays = (spans.at(-1)?.toMillis ?? first) - first > 20 * 3_600_000
  const form = step < 60_000 ? "second" : "minute"
  const ticks: Array<Tick> = []
  for (const [index, span] of spans.entries()) {
    const begin = place(span.fromMillis, index)
    const before = ticks.at(-1)
    if (before === undefined || begin - before.x >= APART * (severalDays ? 1.4 : 1)) {
      ticks.push({ atMillis: span.fromMillis, x: begin, form: severalDays ? "day" : form })
    }
    for (let at = Math.ceil(span.fromMillis / step) * step; at < span.toMillis; at += step) {
      const x = place(at, index)
      const last = ticks.at(-1)
      const near = last?.form === "day" ? APART * 1.4 : APART
      if (last === undefined || x - last.x >= near) ticks.push({ atMillis: at, x, form })
    }
  }
  return ticks
}

/** The layout of the plot. */
const layout = (head: Pick<Head, "runs" | "samples">): Plot => {
  const samples = byTime(head.samples)
  const rates = ratesOf(samples)
  const spans = spansOf(head, samples)
  const active = spans.reduce((sum, span) => sum + span.toMillis - span.fromMillis, 0)
  const gapWidth = spans.length < 2 ? 0 : Math.min(GAP, GAPS / (spans.length - 1))
  const scale = (100 - gapWidth * Math.max(spans.length - 1, 0)) / Math.max(active, 1)

  const begins: Array<number> = []
  const gaps: Array<Gap> = []
  let x = 0
  for (const [index, span] of spans.entries()) {
    const before = spans[index - 1]
    if (before !== undefined) {
      gaps.push({ millis: span.fromMillis - before.toMillis, x, width: gapWidth })
      x += gapWidth
    }
    begins.push(x)
    x += (span.toMillis - span.fromMillis) * scale
  }
  const place = (millis: number, index: number): number =>
    (begins[index] ?? 0) + (millis - (spans[index]?.fromMillis ?? 0)) * scale

  const merged = Math.max(Math.ceil(samples.length / COLUMNS), 1)
  const columns: Array<Column> = []
  let at = 0
  for (const [index, span] of spans.entries()) {
    while (at < samples.length) {
      const group: Array<Sample> = []
      let weight = 0
      let weighted = 0
      let peak = 0
      for (; at < samples.length && group.length < merged; at++) {
        const sample = samples[at]
        if (sample === undefined || sample.atMillis > span.toMillis) break
        const last = group.at(-1)
        // A gap in the record stays a gap.
        if (last !== undefined && sample.atMillis > last.atMillis + last.millis * 2) break
        const rate = rates[at] ?? 0
        group.push(sample)
        weight += sample.millis
        weighted += rate * sample.millis
        peak = Math.max(peak, rate)
      }
      const first = group[0]
      const last = group.at(-1)
      if (first === undefined || last === undefined) break
      const from = place(first.atMillis, index)
      const to = place(Math.min(last.atMillis + last.millis, span.toMillis), index)
      columns.push({
        fromMillis: first.atMillis,
        toMillis: last.atMillis + last.millis,
        mean: weighted / weight,
        peak,
        limit: least(group.map(limitRate)),
        sent: group.reduce((sum, sample) => sum + sample.sent, 0),
        refused: group.reduce((sum, sample) => sum + sample.refused, 0),
        waiting: group.reduce((most, sample) => Math.max(most, sample.waiting), 0),
        free: least(group.map((sample) => sample.free)),
        x: from,
        width: Math.max(to - from, 0)
      })
    }
  }
  return {
    columns,
    gaps,
    ticks: columns.length === 0 ? [] : ticksOf(spans, place),
    merged,
    topRate: columns.reduce((top, column) => Math.max(top, column.peak, column.limit ?? 0), 0),
    topWaiting: columns.reduce((top, column) => Math.max(top, column.waiting), 0)
  }
}

/** Slow limits are given per minute: `0.2 a second` says nothing. */
const unitOf = (plot: Plot): { readonly name: string; readonly factor: number } =>
  plot.topRate < 2 ? { name: "min", factor: 60 } : { name: "s", factor: 1 }

/** A round number not below `value`, for the top of an axis that is also marked in its middle. */
const roundUp = (value: number): number => {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10) * power
}

const RATE_HEIGHT = 180
const LANE_TOP = RATE_HEIGHT + 12
const LANE_HEIGHT = 48
const AXIS = LANE_TOP + LANE_HEIGHT + 18
const HEIGHT = AXIS + 6

const percent = (value: number): string => `${Math.round(value * 1000) / 1000}%`
/** In a viewBox of 1000 by 100. */
const across = (value: number): string => String(Math.round(value * 1000) / 100)
const up = (value: number, top: number): string => String(Math.round((100 - (value / top) * 100) * 100) / 100)

const area = (columns: ReadonlyArray<Column>, value: (column: Column) => number, top: number): string =>
  columns
    .filter((column) => value(column) > 0)
    .map((column) => `M${across(column.x)} 100V${up(value(column), top)}H${across(column.x + column.width)}V100Z`)
    .join("")

/** A line that steps from column to column; broken where the limit is unknown, or nothing was at work or recorded. */
const limitLine = (plot: Plot, top: number): string => {
  let path = ""
  let end: number | undefined
  for (const { limit, width, x } of plot.columns) {
    if (limit === null) {
      end = undefined
      continue
    }
    const y = up(limit, top)
    // Two measurements never meet to the millisecond.
    path += end !== undefined && x - end < Math.min(width, GAPLESS) ? `H${across(x)}V${y}` : `M${across(x)} ${y}`
    path += `H${across(x + width)}`
    end = x + width
  }
  return path
}

const clock = ({ atMillis, form }: Tick): string => {
  const text = iso(atMillis)
  return form === "day" ? text.slice(5, 16).replace("T", " ") : text.slice(11, form === "second" ? 19 : 16)
}

const anchor = (x: number): string => (x < 3 ? "start" : x > 97 ? "end" : "middle")

const gapLabel = (gap: Gap): string => `nothing at work for ${DurationText.words(gap.millis)}`

const picture = (plot: Plot): Markup => {
  const unit = unitOf(plot)
  const top = roundUp(plot.topRate * unit.factor * 1.05) / unit.factor
  const waitingTop = Math.max(plot.topWaiting, 1)
  const refused = plot.columns.filter((column) => column.refused > 0)
  const bands = (y: number, height: number) =>
    plot.gaps.map(
      (gap) =>
        html`<rect class="gap" x="${percent(gap.x)}" width="${percent(gap.width)}" y="${y}" height="${height}" fill="url(#hatch)"><title>${gapLabel(gap)}</title></rect>`
    )
  const scale = (share: number) =>
    html`<text x="100%" dx="-6" y="${RATE_HEIGHT * (1 - share) + (share === 1 ? 10 : share === 0 ? 0 : 4)}">${decimal(top * unit.factor * share)}</text>`
  const axis = html`<svg class="axis" width="100%" height="${HEIGHT}" aria-hidden="true">${scale(1)}${scale(0.5)}${scale(0)}${plot.topWaiting === 0 ? null : html`<text x="100%" dx="-6" y="${LANE_TOP + 10}">${decimal(plot.topWaiting)}</text>`}<text x="100%" dx="-6" y="${LANE_TOP + LANE_HEIGHT}">0</text></svg>`
  const main = html`<svg id="plot" width="100%" height="${HEIGHT}" role="img" aria-label="Requests per second against the rate limit over time; the same numbers are in the table below.">
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch" width="2" height="6"/></pattern></defs>
<rect class="ground" width="100%" height="${RATE_HEIGHT}"/><rect class="ground" y="${LANE_TOP}" width="100%" height="${LANE_HEIGHT}"/>
${bands(0, RATE_HEIGHT)}${bands(LANE_TOP, LANE_HEIGHT)}
<line class="grid" x2="100%" y1="${RATE_HEIGHT / 2}" y2="${RATE_HEIGHT / 2}"/>
<svg y="0" width="100%" height="${RATE_HEIGHT}" viewBox="0 0 1000 100" preserveAspectRatio="none"><path class="peak" d="${area(plot.columns, (column) => column.peak, top)}"/><path class="mean" d="${area(plot.columns, (column) => column.mean, top)}"/><path class="limit" d="${limitLine(plot, top)}"/></svg>
<svg y="${LANE_TOP}" width="100%" height="${LANE_HEIGHT}" viewBox="0 0 1000 100" preserveAspectRatio="none"><path class="waiting" d="${area(plot.columns, (column) => column.waiting, waitingTop * 1.05)}"/></svg>
<line class="base" x2="100%" y1="${RATE_HEIGHT}" y2="${RATE_HEIGHT}"/><line class="base" x2="100%" y1="${LANE_TOP + LANE_HEIGHT}" y2="${LANE_TOP + LANE_HEIGHT}"/>
${refused.map((column) => html`<g class="refused"><line x1="${percent(column.x + column.width / 2)}" x2="${percent(column.x + column.width / 2)}" y1="0" y2="${RATE_HEIGHT}"/><circle cx="${percent(column.x + column.width / 2)}" cy="6" r="4"/></g>`)}
${plot.ticks.map((tick, index) => html`<g class="${index % 2 === 0 ? "tick" : "tick odd"}"><line x1="${percent(tick.x)}" x2="${percent(tick.x)}" y1="${LANE_TOP + LANE_HEIGHT}" y2="${LANE_TOP + LANE_HEIGHT + 4}"/><text x="${percent(tick.x)}" y="${AXIS}" text-anchor="${anchor(tick.x)}" data-time="${tick.atMillis}" data-form="${tick.form}">${clock(tick)}</text></g>`)}
<rect id="cursor" y="0" height="${LANE_TOP + LANE_HEIGHT}" x="0" width="0"/>
</svg>`
  return html`<div class="plot">${axis}<div id="time">${main}</div></div>`
}

/** The numbers of the plot, for screen readers and for the cursor. */
const table = (plot: Plot): Markup => {
  const unit = unitOf(plot)
  const rate = (value: number | null) => (value === null ? "not known" : decimal(value * unit.factor))
  return html`<details id="samples"><summary>The same as a table</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Requests over time"><table><thead><tr><th scope="col">From</th><th scope="col">To</th><th scope="col">Requests per ${unit.name}, mean</th><th scope="col">highest</th><th scope="col">limit</th><th scope="col">sent</th><th scope="col">refused (429)</th><th scope="col">waiting, at most</th><th scope="col">free, at least</th></tr></thead><tbody>
${plot.columns.map(
  (column) =>
    html`<tr data-x="${percent(column.x)}" data-width="${percent(column.width)}"><td>${moment(column.fromMillis)}</td><td>${moment(column.toMillis)}</td><td>${rate(column.mean)}</td><td>${rate(column.peak)}</td><td>${rate(column.limit)}</td><td>${decimal(column.sent)}</td><td>${decimal(column.refused)}</td><td>${decimal(column.waiting)}</td><td>${column.free === null ? "not known" : decimal(column.free)}</td></tr>
`
)}</tbody></table></div></details>`
}

const caption = (plot: Plot): Markup => {
  const first = plot.columns[0]
  const long = first === undefined ? "" : DurationText.words(first.toMillis - first.fromMillis)
  const columns =
    plot.merged === 1
      ? ""
      : ` A column is ${plot.merged} measurements, about ${long}; dark is their mean, light the highest of them.`
  const gaps = plot.gaps.length === 0 ? "" : " Hatched bands have the same width however long nothing was at work."
  return html`Rates are taken over the limit's own window. An empty bucket lets a full window through at once, so a run may begin or end above the line.${columns}${gaps}`
}

/**
 * The plot with its legend, its sentences and its table.
 *
 * @internal
 */
export const figure = (head: Pick<Head, "runs" | "samples">): Markup => {
  const plot = layout(head)
  if (plot.columns.length === 0) return html`<p class="note">No measurements were recorded.</p>`
  return html`<figure>
<ul class="legend"><li class="mean">requests per ${unitOf(plot).name}</li>${plot.merged > 1 ? html`<li class="peak">highest</li>` : null}<li class="limit">the limit</li><li class="refused">refused (429)</li><li class="waiting">waiting for the limit</li>${plot.gaps.length > 0 ? html`<li class="gap">nothing at work</li>` : null}</ul>
${picture(plot)}
<p id="readout" class="note" aria-hidden="true"></p>
<figcaption class="note">${caption(plot)}</figcaption>
${table(plot)}
</figure>`
}
