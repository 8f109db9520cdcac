/** A real Chromium for one test: headless, with its own profile, deleted when its scope closes. */
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { Effect } from "effect"
import { chromium } from "playwright-core"

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const executablePath = ["chromium", "chromium-browser", "google-chrome"]
  .flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)))
  .find(isExecutable)

/** Whether there is none on this machine. Says so once per test file, as loudly as a test can. */
export const missing = executablePath === undefined

if (missing) {
  console.warn("!!! no Chromium is installed: THE TEST OF THE PAGE IN A BROWSER IS SKIPPED !!!")
}

const ARGUMENTS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"]
]

/** An empty page. */
export const page = Effect.gen(function* () {
  const profile = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "frameio-browser-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  )
  const browser = yield* Effect.acquireRelease(
    Effect.promise(() =>
      chromium.launchPersistentContext(profile, {
        headless: true,
        args: ARGUMENTS,
        ...(executablePath === undefined ? {} : { executablePath })
      })
    ),
    (context) => Effect.promise(() => context.close())
  )
  return yield* Effect.promise(() => browser.newPage())
})
