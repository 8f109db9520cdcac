/** A real Chromium for the tests of pages: found on the PATH, with its own profile, which is deleted with it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { pathToFileURL } from "node:url"
import { Context, Effect, Layer } from "effect"
import * as Playwright from "playwright-core"

const NAMES = ["chromium", "chromium-browser", "google-chrome"]

const folders = (process.env.PATH ?? "").split(delimiter)
const executable = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync)

/** Whether there is none on this machine. Says so once per test file, as loudly as a test can. */
export const missing = executable === undefined

if (missing) {
  console.warn(`!!! none of ${NAMES.join(", ")} is installed: THE TESTS IN A REAL BROWSER ARE SKIPPED !!!`)
}

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

/** One Chromium for all tests of a group; each test opens its own context in it. */
export class Browser extends Context.Tag("@effect-frameio/batch/test/Browser")<Browser, Playwright.Browser>() {}

export const layer: Layer.Layer<Browser> = Layer.scoped(
  Browser,
  Effect.acquireRelease(
    Effect.promise(() =>
      Playwright.chromium.launch({ executablePath: executable ?? "", args: ARGUMENTS, timeout: 60_000 })
    ),
    (browser) => Effect.promise(() => browser.close())
  )
)

/** A page opened from a file, and what it did. */
export interface Opened {
  readonly page: Playwright.Page
  /** Addresses other than its own that it requested; none is let through. */
  readonly requests: ReadonlyArray<string>
  /** Errors that it threw or wrote to its console, dialogs that it opened. */
  readonly complaints: ReadonlyArray<string>
}

/** Writes a page to its own file and opens it, as a person would. */
export const open = (html: string, options?: Playwright.BrowserContextOptions) =>
  Effect.gen(function* () {
    const browser = yield* Browser
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "frameio-page-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const file = join(folder, "page.html")
    writeFileSync(file, html)
    const address = pathToFileURL(file).href
    const context = yield* Effect.acquireRelease(
      Effect.promise(() => browser.newContext({ timezoneId: "Asia/Kolkata", ...options })),
      (context) => Effect.promise(() => context.close())
    )
    const page = yield* Effect.promise(() => context.newPage())
    const requests: Array<string> = []
    const complaints: Array<string> = []
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("console", (message) => complaints.push(message.text()))
    page.on("dialog", (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    yield* Effect.promise(() =>
      context.route("**/*", (route) => {
        if (route.request().url() === address) return route.continue()
        requests.push(route.request().url())
        return route.abort()
      })
    )
    yield* Effect.promise(() => page.goto(address))
    return { page, requests, complaints } satisfies Opened
  })
