import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { assert, describe, layer } from "@effect/vitest"
import { type JobRecord, LinkError } from "@effect-frameio/batch"
import { BatchReport } from "@effect-frameio/report"
import { Effect, Schema, type Scope, Stream } from "effect"
import type { Page } from "playwright-core"
import * as Browser from "./support/Browser.js"
import { HOSTILE, head, id, recorded, row, sample, T0 } from "./support/report.js"

const pageOf = (
  rows: ReadonlyArray<JobRecord.Row>,
  more?: Partial<JobRecord.Head>,
  options?: BatchReport.HtmlOptions
) => Stream.mkString(BatchReport.toHtml(head(rows, more), Stream.fromIterable(rows), options))

const openRows = (
  rows: ReadonlyArray<JobRecord.Row>,
  options?: Parameters<typeof Browser.open>[1] & {
    readonly head?: Partial<JobRecord.Head>
    readonly html?: BatchReport.HtmlOptions
  }
) => Effect.flatMap(pageOf(rows, options?.head, options?.html), (html) => Browser.open(html, options))

const promise = <A>(evaluate: () => Promise<A>) => Effect.promise(evaluate)

/** Most are on their stacks; every fiftieth failed, and the one after it was skipped. */
const job = (count: number): ReadonlyArray<JobRecord.Row> =>
  Array.from({ length: count }, (_, at) => {
    const line = at + 2
    const chain = Math.floor(at / 5)
    if (at % 50 === 3)
      return row(line, {
        chain,
        state: "failed",
        how: null,
        error: recorded("FrameioNotFound", 404, `No asset ${line}.`)
      })
    if (at % 50 === 4)
      return row(line, { chain, state: "skipped", how: null, attempts: 0, sentAtMillis: null, doneAtMillis: null })
    return row(line, { chain })
  })

const lines = (page: Page) =>
  page.locator("#grid .body [role=row]").evaluateAll((rows) => rows.map((row) => row.firstElementChild?.textContent))
const found = (page: Page) => page.locator("#found").textContent()
const selected = (page: Page) =>
  page.evaluate(() => {
    const grid = document.getElementById("grid")
    const row = document.getElementById(grid?.getAttribute("aria-activedescendant") ?? "")
    return row?.getAttribute("aria-selected") === "true" ? row.firstElementChild?.textContent : undefined
  })
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id)
/** A search is done with the next picture. */
const nextPicture = (page: Page) =>
  promise(() => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))))
const search = (page: Page, text: string) =>
  promise(() => page.fill("#search", text)).pipe(
    Effect.zipRight(nextPicture(page)),
    Effect.zipRight(promise(() => found(page)))
  )

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

interface Violation {
  readonly id: string
  readonly nodes: ReadonlyArray<string>
}

/** All that axe finds by WCAG 2.2 AA and its best practices. Run outside the page's own policy, which would forbid it. */
const violations = (page: Page): Effect.Effect<ReadonlyArray<Violation>> =>
  promise(() =>
    page.evaluate<ReadonlyArray<Violation>>(
      `${axeSource}; axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 200) + failureSummary) })))`
    )
  )

describe.skipIf(Browser.missing)("A report in Chromium", () => {
  layer(Browser.layer, { timeout: "90 seconds" })((it) => {
    const test = (name: string, body: () => Effect.Effect<void, never, Browser.Browser | Scope.Scope>) =>
      it.scoped(name, body, 90_000)

    test("asks for nothing and complains of nothing, whatever its names are", () =>
      Effect.gen(function* () {
        const rows = HOSTILE.map((name, at) =>
          row(at + 2, {
            name,
            stack: name,
            chain: 0,
            state: "failed",
            how: null,
            error: recorded(name, undefined, name, "unknown")
          })
        )
        const { complaints, page, requests } = yield* openRows(rows, { head: { job: HOSTILE[0], plan: HOSTILE[3] } })
        yield* promise(() => page.focus("#grid"))
        yield* promise(() => page.keyboard.press("Enter"))
        yield* promise(() =>
          page.evaluate((count) => {
            for (let seen = 1; seen < count; seen++) {
              document.querySelector<HTMLButtonElement>("#details nav button:nth-child(2)")?.click()
            }
          }, HOSTILE.length)
        )
        assert.isTrue(yield* promise(() => page.getByRole("button", { name: "Next" }).isDisabled()))
        yield* promise(() => page.keyboard.press("Escape"))
        assert.strictEqual(yield* search(page, "vom.exe"), "1 of 26 versions")
        const version = page.locator("#grid .body [role=gridcell]").nth(2)
        assert.strictEqual(yield* promise(() => version.textContent()), "planU+202Evom.exe")
        assert.strictEqual(yield* search(page, "família"), "1 of 26 versions")
        assert.strictEqual(yield* promise(() => version.textContent()), "👩‍👩‍👧 família.mov")
        assert.strictEqual(yield* promise(() => page.locator("script:not(.rows), img").count()), 1)
        assert.deepStrictEqual(requests, [])
        assert.deepStrictEqual(complaints, [])
      }))

    test("cannot be made to run or load anything by somebody who gets markup into it", () =>
      Effect.gen(function* () {
        const { page, requests } = yield* openRows(job(5))
        const outcome = yield* promise(() =>
          page.evaluate(() => {
            const tried: Array<string> = []
            try {
              document.body.innerHTML = "<img src=x>"
              tried.push("markup")
            } catch {}
            const image = document.createElement("img")
            image.src = "https://example.com/x.png"
            document.body.append(image)
            return fetch("https://example.com/").then(
              () => [...tried, "fetch"],
              () => tried
            )
          })
        )
        assert.deepStrictEqual(outcome, [])
        assert.deepStrictEqual(requests, [])
      }))

    test("searches names, ids and errors as one types, and says how many", () =>
      Effect.gen(function* () {
        const rows = [...job(200), row(900, { name: "Caf\u0065\u0301_final.mov" })]
        const { page } = yield* openRows(rows)
        assert.strictEqual(yield* promise(() => found(page)), "201 versions")
        assert.strictEqual(yield* search(page, "SHOT_15"), "11 of 201 versions")
        assert.strictEqual(yield* search(page, id(2 * 42 + 1)), "1 of 201 versions")
        assert.deepStrictEqual(yield* promise(() => lines(page)), ["42"])
        assert.strictEqual(yield* search(page, "404 notfound"), "4 of 201 versions")
        assert.strictEqual(yield* search(page, "404 shot_55"), "1 of 201 versions")
        assert.strictEqual(yield* search(page, "café"), "1 of 201 versions")
        assert.strictEqual(yield* search(page, "nowhere"), "0 of 201 versions")
        assert.isTrue(yield* promise(() => page.locator("#empty").isVisible()))
        yield* promise(() => page.keyboard.press("Escape"))
        assert.strictEqual(yield* promise(() => found(page)), "201 versions")
        assert.isFalse(yield* promise(() => page.locator("#empty").isVisible()))
      }))

    test("shows the states that are asked for, with counts that follow the search", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows(job(200))
        const states = page.locator("#states button")
        assert.deepStrictEqual(yield* promise(() => states.allTextContents()), [
          "✕ Failed 4",
          "» Skipped 4",
          "✓ On its stack 192"
        ])
        yield* promise(() => states.nth(0).click())
        assert.strictEqual(yield* promise(() => found(page)), "4 of 200 versions")
        yield* promise(() => states.nth(1).click())
        assert.strictEqual(yield* promise(() => found(page)), "8 of 200 versions")
        assert.deepStrictEqual(yield* promise(() => lines(page)), ["5", "55", "105", "155", "6", "56", "106", "156"])
        assert.strictEqual(yield* search(page, "shot_5"), "3 of 200 versions")
        assert.deepStrictEqual(yield* promise(() => states.allTextContents()), [
          "✕ Failed 2",
          "» Skipped 1",
          "✓ On its stack 8"
        ])
        yield* promise(() => states.nth(0).click())
        yield* promise(() => states.nth(1).click())
        assert.strictEqual(yield* promise(() => found(page)), "11 of 200 versions")
        yield* promise(() => page.locator("#reasons button").first().click())
        assert.strictEqual(yield* promise(() => found(page)), "4 of 200 versions")
        assert.strictEqual(yield* promise(() => focused(page)), "grid")
      }))

    test("sorts by any column, either way, the graver states first to begin with", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows([
          row(2, { name: "b_10" }),
          row(3, { name: "b_9", sentAtMillis: null }),
          row(4, { name: "a", state: "failed", attempts: 3, error: recorded("FrameioForbidden", 403, "No.") })
        ])
        const sorted = (name: string) =>
          promise(() => page.getByRole("columnheader", { name }).getByRole("button").click()).pipe(
            Effect.zipRight(promise(() => lines(page)))
          )
        assert.deepStrictEqual(yield* promise(() => lines(page)), ["4", "2", "3"])
        assert.deepStrictEqual(yield* sorted("Line"), ["2", "3", "4"])
        assert.deepStrictEqual(yield* sorted("Line"), ["4", "3", "2"])
        assert.deepStrictEqual(yield* sorted("Version"), ["4", "3", "2"])
        assert.deepStrictEqual(yield* sorted("Calls"), ["2", "3", "4"])
        assert.deepStrictEqual(yield* sorted("Last sent"), ["2", "4", "3"])
        assert.strictEqual(
          yield* promise(() => page.getByRole("columnheader", { name: "Last sent" }).getAttribute("aria-sort")),
          "ascending"
        )
        assert.deepStrictEqual(yield* sorted("Last sent"), ["4", "2", "3"], "without a time last, whichever way")
        assert.deepStrictEqual(yield* sorted("Took"), ["2", "4", "3"])
        assert.deepStrictEqual(yield* sorted("Took"), ["2", "4", "3"])
        assert.deepStrictEqual(yield* sorted("Why"), ["4", "2", "3"])
        assert.deepStrictEqual(yield* sorted("Why"), ["4", "2", "3"])
      }))

    test("can be walked with a keyboard alone", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows(job(1000))
        const press = (key: string) => promise(() => page.keyboard.press(key))
        yield* press("Tab")
        assert.strictEqual(yield* promise(() => page.evaluate(() => document.activeElement?.className)), "skip")
        yield* press("Enter")
        yield* press("/")
        assert.strictEqual(yield* promise(() => focused(page)), "search")
        yield* press("/")
        assert.strictEqual(yield* promise(() => page.inputValue("#search")), "/")
        yield* press("Escape")
        assert.strictEqual(yield* promise(() => page.inputValue("#search")), "")
        yield* press("ArrowDown")
        assert.strictEqual(yield* promise(() => focused(page)), "grid")
        assert.strictEqual(yield* promise(() => selected(page)), "5")
        yield* press("ArrowDown")
        assert.strictEqual(yield* promise(() => selected(page)), "55")
        yield* press("End")
        assert.strictEqual(yield* promise(() => selected(page)), "1,001")
        yield* press("PageUp")
        yield* press("PageDown")
        assert.strictEqual(yield* promise(() => selected(page)), "1,001")
        yield* press("Home")
        yield* press("PageDown")
        const jumped = yield* promise(() => page.locator("[aria-selected=true]").getAttribute("aria-rowindex"))
        assert.isAbove(Number(jumped), 5)
        const inSight = yield* promise(() =>
          page.evaluate(() => {
            const row = document.querySelector("[aria-selected=true]")?.getBoundingClientRect()
            const grid = document.getElementById("grid")?.getBoundingClientRect()
            return row !== undefined && grid !== undefined && row.top >= grid.top + 33 && row.bottom <= grid.bottom + 1
          })
        )
        assert.isTrue(inSight)
        yield* press("Home")
        yield* press("Enter")
        const details = page.locator("#details")
        assert.isTrue(yield* promise(() => details.isVisible()))
        assert.include(yield* promise(() => details.textContent()), "No asset 5.")
        assert.deepStrictEqual(yield* promise(() => details.locator("li").allTextContents()), [
          "line 2✓ On its stackshot_2.mov",
          "line 3✓ On its stackshot_3.mov",
          "line 4✓ On its stackshot_4.mov",
          "line 5✕ Failedshot_5.mov",
          "line 6» Skippedshot_6.mov"
        ])
        // From Close on around to Previous, which the first row has not, to Next.
        yield* promise(() => details.getByRole("button", { name: "Next" }).focus())
        yield* press("Enter")
        assert.include(yield* promise(() => details.textContent()), "No asset 55.")
        yield* press("Escape")
        assert.isFalse(yield* promise(() => details.isVisible()))
        assert.strictEqual(yield* promise(() => focused(page)), "grid")
        assert.strictEqual(yield* promise(() => selected(page)), "55")
        const outline = yield* promise(() =>
          page.evaluate(() => getComputedStyle(document.getElementById("grid") ?? document.body).outlineStyle)
        )
        assert.strictEqual(outline, "solid")
      }))

    test("opens and closes details with a pointer", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows(job(60))
        const details = page.locator("#details")
        const one = page.locator("#grid .body [role=row]").nth(1)
        yield* promise(() => one.locator("[role=gridcell]").first().click())
        assert.include(yield* promise(() => details.textContent()), "No asset 55.")
        yield* promise(() => details.getByRole("button", { name: "line 56" }).click())
        assert.include(
          yield* promise(() => details.textContent()),
          "not sent, because one before it on its stack failed"
        )
        yield* promise(() => page.mouse.click(20, 300))
        assert.isFalse(yield* promise(() => details.isVisible()))
        assert.strictEqual(yield* promise(() => selected(page)), "56")
      }))

    test("reads the plot out, by key and by pointer", () =>
      Effect.gen(function* () {
        const samples = [
          sample(0, { sent: 11 }),
          sample(1, { sent: 22, refused: 1, waiting: 77, free: 0 }),
          ...Array.from({ length: 28 }, (_, at) => sample(at + 2))
        ]
        const { page } = yield* openRows(job(5), { head: { samples } })
        const slider = page.getByRole("slider")
        yield* promise(() => slider.focus())
        yield* promise(() => page.keyboard.press("ArrowRight"))
        const words =
          "2026-11-24 22:30:01 to 22:30:02: 22 requests per s, limit 20; 22 sent, 1 refused, 77 waiting, free at least 0"
        assert.strictEqual(yield* promise(() => slider.getAttribute("aria-valuetext")), words)
        assert.strictEqual(yield* promise(() => page.locator("#readout").textContent()), words)
        yield* promise(() => page.keyboard.press("End"))
        assert.strictEqual(yield* promise(() => slider.getAttribute("aria-valuenow")), "30")
        const box = yield* promise(() => slider.boundingBox())
        yield* promise(() => page.mouse.move((box?.x ?? 0) + 3, (box?.y ?? 0) + 20))
        assert.strictEqual(yield* promise(() => slider.getAttribute("aria-valuenow")), "1")
        assert.strictEqual(yield* promise(() => page.locator("#plot .refused").count()), 1)
      }))

    test("tells times in the viewer's zone, and UTC beside it", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows([row(2, { sentAtMillis: T0 })])
        const time = page.locator("#grid time").first()
        assert.strictEqual(yield* promise(() => time.textContent()), "2026-11-24 22:30:00")
        assert.strictEqual(yield* promise(() => time.getAttribute("title")), "2026-11-24 17:00:00.000 UTC")
        assert.include(yield* promise(() => page.locator("header").textContent()), "Asia/Calcutta")
        assert.strictEqual(yield* promise(() => page.locator("#plot .tick text").first().textContent()), "22:30:00")
      }))

    test("is bright or dark as the system is, unless it is told", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows(job(5), { colorScheme: "dark" })
        const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
        const dark = yield* promise(ground)
        yield* promise(() => page.emulateMedia({ colorScheme: "light" }))
        const bright = yield* promise(ground)
        assert.notStrictEqual(dark, bright)
        const theme = page.locator("#theme")
        yield* promise(() => theme.click())
        yield* promise(() => theme.click())
        assert.strictEqual(yield* promise(() => theme.textContent()), "Colours: dark")
        assert.strictEqual(yield* promise(ground), dark)
        yield* promise(() => page.reload())
        assert.strictEqual(yield* promise(ground), dark)
      }))

    test("works again when a browser has saved it as it stood", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows(job(60))
        yield* search(page, "shot_5")
        yield* promise(() => page.focus("#grid"))
        yield* promise(() => page.keyboard.press("Enter"))
        const saved = yield* promise(() => page.evaluate(() => document.documentElement.outerHTML))
        const { complaints, page: again } = yield* Browser.open(`<!doctype html>${saved}`)
        // The places of the rows that were in sight are in the file, of no use, and the policy says no to them.
        assert.deepStrictEqual(
          complaints.filter((complaint) => !complaint.startsWith("Applying inline style")),
          []
        )
        assert.isFalse(yield* promise(() => again.locator("#details").isVisible()))
        assert.strictEqual(yield* promise(() => found(again)), "60 versions")
        assert.strictEqual(yield* promise(() => again.locator("#grid").getByRole("columnheader").count()), 8)
        yield* promise(() => again.locator("#reasons button").click())
        assert.deepStrictEqual(yield* promise(() => lines(again)), ["5", "55"])
      }))

    test("shows the plan's other columns, and the words of an error before the call that met it", () =>
      Effect.gen(function* () {
        const error = Schema.decodeUnknownSync(LinkError.LinkError)({
          _tag: "FrameioNotFound",
          endpoint: "assets.version",
          assetIds: [id(4), id(5)]
        })
        const fields = { name: "shot_2.mov", "shot <b>": "010\u202e", take: { first: 3 } }
        const rows = [row(2, { fields, state: "failed", how: null, error }), row(3)]
        const { page } = yield* openRows(rows)
        const cells = page.locator("#grid .body [role=row]").first().getByRole("gridcell")
        assert.strictEqual(
          yield* promise(() => cells.nth(4).textContent()),
          `NotFound 404 ${LinkError.explanationOf(error)}`
        )
        assert.strictEqual(yield* search(page, '{"first":3} assets.version'), "1 of 2 versions")
        yield* promise(() => cells.first().click())
        const facts = yield* promise(() => page.locator("#details dt, #details dd").allTextContents())
        assert.deepStrictEqual(facts.slice(facts.indexOf("shot <b>"), facts.indexOf("Version calls")), [
          "shot <b>",
          "010U+202E",
          "take",
          '{"first":3}'
        ])
        assert.isFalse(facts.includes("name"))
        assert.include(yield* promise(() => page.locator("#details .fault").textContent()), error.message)
      }))

    test("marks what was searched for", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows(job(60))
        const marked = () =>
          page.evaluate(() => [...(CSS.highlights.get("found") ?? [])].map((range) => (range as Range).toString()))
        yield* search(page, "shot_11 ANS")
        assert.deepStrictEqual(yield* promise(marked), [])
        yield* search(page, "SHOT_11")
        assert.deepStrictEqual(yield* promise(marked), ["shot_11", "shot_11"])
        yield* search(page, "")
        assert.deepStrictEqual(yield* promise(marked), [])
      }))

    test("marks a hit across the place where a name is cut, in any spelling, and only those that are seen", () =>
      Effect.gen(function* () {
        const name = "AGM_104_0010_comp_main_Caf\u0065\u0301_v004_review.mov"
        const { page } = yield* openRows([row(2, { name, stack: "AGM_104_0010" }), row(3)])
        const marked = () =>
          page.evaluate(() => [...(CSS.highlights.get("found") ?? [])].map((range) => (range as Range).toString()))
        yield* search(page, "café_v004_r")
        assert.deepStrictEqual(yield* promise(marked), ["Caf\u0065\u0301_v004_r"])
      }))

    test("shows both ends of a name where it is cut, and the whole of it to whoever asks", () =>
      Effect.gen(function* () {
        const name = "AGM_104_0010_comp_main_precomp_beauty_v004_review.mov"
        const { page } = yield* openRows([row(2, { name })], { viewport: { width: 1000, height: 800 } })
        const inSight = (selector: string) =>
          page.locator(`#grid .body .version ${selector}`).evaluate((part) => {
            const cell = part.closest("[role=gridcell]")?.getBoundingClientRect()
            const { left, right } = part.getBoundingClientRect()
            return cell !== undefined && left >= cell.left && right <= cell.right && right - left > 30
          })
        assert.isTrue(yield* promise(() => inSight(".start")))
        assert.isTrue(yield* promise(() => inSight(".end")))
        const cell = page.locator("#grid .body .version")
        assert.strictEqual(yield* promise(() => cell.locator(".end").textContent()), "v004_review.mov")
        assert.isTrue(yield* promise(() => cell.locator(".end").evaluate((end) => end.scrollWidth <= end.clientWidth)))
        assert.strictEqual(yield* promise(() => cell.textContent()), name)
        assert.strictEqual(yield* promise(() => cell.locator(".name").getAttribute("title")), name)
      }))

    test("shows names as they are usual whole, where the window is as wide as usual", () =>
      Effect.gen(function* () {
        const name = "AGM_101_005_010_comp_NFX_v003.mov"
        const { page } = yield* openRows([row(2, { name, stack: "AGM_101_005_010_comp_NFX" })], {
          viewport: { width: 1280, height: 800 }
        })
        for (const column of ["version", "target"]) {
          const parts = page.locator(`#grid .body .${column} .name, #grid .body .${column} .start`)
          for (const part of yield* promise(() => parts.all())) {
            assert.isTrue(yield* promise(() => part.evaluate((one) => one.scrollWidth <= one.clientWidth)), column)
          }
        }
      }))

    test("shows names and states whole in a narrower window, where no reason needs the room", () =>
      Effect.gen(function* () {
        const name = "AGM_101_005_010_comp_NFX_v003.mov"
        const { page } = yield* openRows([row(2, { name, stack: "AGM_101_005_010_comp_NFX" })], {
          viewport: { width: 1200, height: 800 }
        })
        for (const part of [".version .name", ".version .start", ".target .name", ".status"]) {
          for (const one of yield* promise(() => page.locator(`#grid .body ${part}`).all())) {
            assert.isTrue(yield* promise(() => one.evaluate((at) => at.scrollWidth <= at.clientWidth)), part)
          }
        }
      }))

    test("searches one column, and says where it found what the list does not show", () =>
      Effect.gen(function* () {
        const rows = [
          row(2, { name: "harbour.mov", fields: { artist: "Jorge", note: "night" } }),
          row(3, { name: "jorge.mov", fields: { artist: "Ada" } })
        ]
        const { page } = yield* openRows(rows)
        const within = page.locator("#within")
        assert.deepStrictEqual(yield* promise(() => within.locator("option").allTextContents()), [
          "Everywhere",
          "Version",
          "On",
          "Why",
          "Ids",
          "artist",
          "note"
        ])
        assert.strictEqual(yield* search(page, "jorge"), "2 versions")
        const elsewhere = page.locator("#grid .elsewhere")
        assert.deepStrictEqual(yield* promise(() => elsewhere.allTextContents()), ["artist: Jorge"])
        yield* promise(() => within.selectOption("artist"))
        assert.deepStrictEqual(yield* promise(() => lines(page)), ["2"])
        yield* promise(() => within.selectOption("Version"))
        assert.deepStrictEqual(yield* promise(() => lines(page)), ["3"])
        assert.strictEqual(yield* promise(() => elsewhere.count()), 0)
        yield* promise(() => within.selectOption("Ids"))
        assert.strictEqual(yield* search(page, id(5)), "1 of 2 versions")
        assert.deepStrictEqual(yield* promise(() => elsewhere.allTextContents()), [`Ids: ${id(5)}`])
      }))

    test("gives the names that failed and the next command to copy", () =>
      Effect.gen(function* () {
        const rows = [
          ...job(120),
          row(500, {
            state: "failed",
            how: null,
            name: "end\r\nrm -rf.mov",
            error: recorded("FrameioForbidden", 403, "No.")
          })
        ]
        const { page } = yield* openRows(rows, {
          permissions: ["clipboard-read", "clipboard-write"],
          html: { next: [{ when: "To try again:", command: "frameio batch run 'a b.csv' --retry-failed" }] }
        })
        const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
        yield* promise(() => page.locator("#names .copy").click())
        assert.strictEqual(
          yield* promise(clipboard),
          ["shot_5.mov", "shot_55.mov", "shot_105.mov", "end[U+000D][U+000A]rm -rf.mov"].join("\n")
        )
        assert.strictEqual(yield* promise(() => page.locator("#names .copy").textContent()), "Copied")
        yield* promise(() => page.locator(".command .copy").click())
        assert.strictEqual(yield* promise(clipboard), "frameio batch run 'a b.csv' --retry-failed")
        const { page: none } = yield* openRows([row(2)])
        assert.strictEqual(yield* promise(() => none.locator("#names, .command").count()), 0)
      }))

    test("links each version and stack to Frame.io, from the list, the details and the static page", () =>
      Effect.gen(function* () {
        const stackId = id(900)
        const rows = [
          row(2, { stackId, state: "failed", how: null, error: recorded("FrameioNotFound", 404, "Gone.") }),
          row(3)
        ]
        const { page, requests } = yield* openRows(rows)
        const hrefs = (selector: string) =>
          promise(() => page.locator(selector).evaluateAll((links) => links.map((link) => link.getAttribute("href"))))
        const player = "https://app.frame.io/player/"
        assert.deepStrictEqual(yield* hrefs("#grid .open"), [
          player + id(5),
          player + stackId,
          player + id(7),
          player + id(6)
        ])
        assert.deepStrictEqual(yield* hrefs(".static a"), [player + id(5), player + stackId])
        yield* promise(() => page.locator("#grid .body [role=gridcell]").first().click())
        assert.deepStrictEqual(yield* hrefs("#details a"), [player + id(5), player + id(4), player + stackId])
        assert.deepStrictEqual(requests, [])
        const { page: v4 } = yield* openRows(rows, { html: { assetUrl: "https://next.frame.io/project/p/view/" } })
        assert.strictEqual(
          yield* promise(() => v4.locator("#grid .open").first().getAttribute("href")),
          `https://next.frame.io/project/p/view/${id(5)}`
        )
      }))

    test("shows five failures of twenty thousand in its bar, the list before the chart, and is called by its plan", () =>
      Effect.gen(function* () {
        const counts = { ...head([]).counts, total: 20_000, confirmed: 19_995, failed: 5 }
        for (const width of [1200, 360]) {
          const { page } = yield* openRows(job(10), { head: { counts }, viewport: { width, height: 800 } })
          const wide = (state: string) =>
            promise(() => page.locator(`.share .${state}`).evaluate((part) => part.getBoundingClientRect().width))
          assert.isAtLeast(yield* wide("failed"), 3.5)
          assert.isAbove((yield* wide("confirmed")) / (yield* wide("failed")), 50)
          const top = (selector: string) =>
            promise(() => page.locator(selector).evaluate((part) => part.getBoundingClientRect().top))
          assert.isBelow(yield* top("#grid"), yield* top("#plot"))
          assert.strictEqual(yield* promise(() => page.locator("h1").textContent()), "versions.csv")
          assert.match(yield* promise(() => page.title()), /^versions\.csv – 19,995 of 20,000/)
        }
        const { page } = yield* openRows(job(1), { html: { title: "Friday" } })
        assert.strictEqual(yield* promise(() => page.locator("h1").textContent()), "Friday")
        assert.include(yield* promise(() => page.locator(".facts").textContent()), "Plan versions.csv")
      }))

    test("fits a phone: nothing to scroll sideways, and each version with its state, its stack and why", () =>
      Effect.gen(function* () {
        const { complaints, page } = yield* openRows(job(60), { viewport: { width: 390, height: 844 }, hasTouch: true })
        const overflow = () =>
          page.evaluate(() => {
            const grid = document.querySelector("#grid .body")
            return [document.documentElement, ...(grid === null ? [] : [grid])].map(
              (one) => one.scrollWidth - one.clientWidth
            )
          })
        assert.deepStrictEqual(yield* promise(overflow), [0, 0])
        const cells = page.locator("#grid .body [role=row]").first().locator(":scope > :visible")
        assert.deepStrictEqual((yield* promise(() => cells.allTextContents())).sort(), [
          "5",
          "NotFound 404 No asset 5.",
          "shot_5",
          "shot_5.mov",
          "✕ Failed"
        ])
        const why = page.locator("#reasons tbody td:nth-child(3)").first()
        assert.isAbove(yield* promise(() => why.evaluate((cell) => cell.clientWidth)), 300, "the words have the width")
        yield* promise(() => page.focus("#grid"))
        yield* promise(() => page.keyboard.press("End"))
        assert.strictEqual(yield* promise(() => selected(page)), "61")
        assert.deepStrictEqual(yield* violations(page), [])
        yield* promise(() => page.setViewportSize({ width: 1200, height: 844 }))
        yield* nextPicture(page)
        assert.strictEqual(
          yield* promise(() =>
            page
              .locator("#grid .body [role=row]")
              .first()
              .evaluate((part) => part.clientHeight)
          ),
          33
        )
        assert.deepStrictEqual(complaints, [])
      }))

    for (const colorScheme of ["light", "dark"] as const) {
      test(`has no fault that axe can find, ${colorScheme}`, () =>
        Effect.gen(function* () {
          const states = ["planned", "sent", "confirmed", "failed", "skipped", "undone"] as const
          const rows = states.flatMap((state, at) =>
            [0, 1].map((n) =>
              row(at * 2 + n + 2, {
                chain: 0,
                state,
                error: state === "failed" ? recorded("FrameioNotFound", 404, "Gone.") : null
              })
            )
          )
          const runs = [
            { kind: "run" as const, beganAtMillis: T0, endedAtMillis: T0 + 10_000, stopped: "Ctrl-C" },
            { kind: "run" as const, beganAtMillis: T0 + 90_000, endedAtMillis: null, stopped: null }
          ]
          const samples = [
            ...Array.from({ length: 10 }, (_, at) => sample(at, { refused: at % 3 })),
            sample(90),
            sample(91)
          ]
          const { page } = yield* openRows(rows, { colorScheme, head: { runs, samples } })
          assert.deepStrictEqual(yield* violations(page), [])
          yield* promise(() => page.locator("summary").click())
          yield* promise(() => page.locator("#states button").first().click())
          yield* promise(() => page.focus("#grid"))
          assert.deepStrictEqual(yield* violations(page), [])
          yield* promise(() => page.keyboard.press("Enter"))
          assert.deepStrictEqual(yield* violations(page), [])
        }))
    }

    test("shows the outcome, the plot and the failures without its script, and on paper", () =>
      Effect.gen(function* () {
        const { page } = yield* openRows(job(60), { javaScriptEnabled: false })
        assert.isTrue(yield* promise(() => page.getByText("56 of 60 versions are on their stacks").isVisible()))
        assert.isTrue(yield* promise(() => page.locator("#plot .mean").isVisible()))
        assert.isTrue(yield* promise(() => page.locator(".static").getByText("No asset 55.").isVisible()))
        assert.isFalse(yield* promise(() => page.locator("#grid").isVisible()))
        const { page: printed } = yield* openRows(job(60))
        assert.isFalse(yield* promise(() => printed.locator(".static").isVisible()))
        yield* promise(() => printed.emulateMedia({ media: "print" }))
        assert.isTrue(yield* promise(() => printed.locator(".static").getByText("No asset 55.").isVisible()))
        assert.isFalse(yield* promise(() => printed.locator("#grid").isVisible()))
        // A4 without its margins is as narrow as what a phone's page is made for.
        yield* promise(() => printed.setViewportSize({ width: 717, height: 1040 }))
        assert.isTrue(yield* promise(() => printed.locator(".static td:first-child").first().isVisible()))
        assert.isTrue(yield* promise(() => printed.locator(".static code").first().isVisible()))
      }))

    test("keeps few rows in the page of fifty thousand, wherever one is", () =>
      Effect.gen(function* () {
        const { complaints, page } = yield* openRows(job(50_000))
        const drawn = () => page.locator("#grid .body [role=row]").count()
        assert.strictEqual(yield* promise(() => found(page)), "50,000 versions")
        assert.isBelow(yield* promise(drawn), 60)
        yield* promise(() => page.focus("#grid"))
        yield* promise(() => page.keyboard.press("End"))
        assert.strictEqual(yield* promise(() => selected(page)), "50,001")
        assert.isBelow(yield* promise(drawn), 60)
        yield* promise(() => page.evaluate(() => document.getElementById("grid")?.scrollTo(0, 500_000)))
        yield* promise(() => page.locator("#row-14706").waitFor())
        assert.isBelow(yield* promise(drawn), 60)
        assert.strictEqual(yield* search(page, "shot_4999"), "11 of 50,000 versions")
        assert.strictEqual(yield* promise(drawn), 11)
        assert.deepStrictEqual(complaints, [])
      }))
  })
})
