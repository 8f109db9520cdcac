/**
 * `npm run pictures` makes the pictures of the README: the terminal from the command's output, the report from its
 * page, both of a job against a Frame.io on this machine. Needs the bundle, and Chromium for the report.
 */
import { execFileSync, spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const BIN = inRoot("packages/cli/dist/bin.js")
const folder = mkdtempSync(join(tmpdir(), "frameio-pictures-"))

const fake = spawn(process.execPath, [BIN, "fake"], {
  cwd: folder,
  stdio: ["ignore", "pipe", "pipe"]
})
const told = await new Promise((resolve) => {
  let text = ""
  for (const stream of [fake.stdout, fake.stderr]) {
    stream.on("data", (data) => {
      text += data
      if (text.includes("Ctrl-C") && text.includes("FRAMEIO_TOKEN=")) resolve(text)
    })
  }
})
const env = { ...process.env, NO_COLOR: "1" }
for (const [, name, value] of told.matchAll(/export (\w+)=(\S+)/g)) env[name] = value
const dirty = /frameio plan (\S+)/.exec(told)?.[1] ?? ""

/** The command with its output for people. */
const frameio = (...args) => {
  const { stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], { cwd: folder, env, encoding: "utf8" })
  return { stdout, stderr }
}

const plan = frameio("plan", dirty, "--rule", "vfx", "--out", "plan.csv")
const run = frameio("batch", "run", "plan.csv", "--ledger", "evening.db").stderr
frameio("batch", "report", "--ledger", "evening.db", "--html", "job.html")
fake.kill("SIGINT")

const COLUMNS = 106
const cut = (line) => (line.length > COLUMNS ? `${line.slice(0, COLUMNS - 1)}…` : line)
const linesOf = (text) => text.trimEnd().split("\n").map(cut)

/** The beginning of the table, of what is left out, and all of what it comes to. */
const planLines = (text) => {
  const all = linesOf(text)
  const leftOut = all.indexOf("Left out:")
  const sum = all.findIndex((line) => line.startsWith("Read "))
  return [...all.slice(0, 8), "…", "", ...all.slice(leftOut, leftOut + 7), "…", "", ...all.slice(sum)]
}
const lines = [
  `$ frameio plan ${dirty} --rule vfx --out plan.csv`,
  ...planLines(plan.stdout + plan.stderr),
  "$ frameio batch run plan.csv --ledger evening.db",
  ...linesOf(run)
]
const escaped = (text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0")
const HEIGHT = 18
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 ${lines.length * HEIGHT + 32}" role="img" aria-label="frameio in a terminal">
<rect width="100%" height="100%" rx="8" fill="#16181d"/>
<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13" fill="#d5d8de">
${lines.map((line, at) => `<text x="20" y="${at * HEIGHT + 30}"${line.startsWith("$") ? ' fill="#7fd1a0"' : ""}>${escaped(line)}</text>`).join("\n")}
</g>
</svg>
`
writeFileSync(inRoot("docs/terminal.svg"), svg)

const browser = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0
)
if (browser === undefined) console.error("Chromium is not installed: docs/report.png was left as it is.")
else {
  execFileSync(
    browser,
    [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,1480"],
      ...[`--screenshot=${inRoot("docs/report.png")}`, `file://${join(folder, "job.html")}`]
    ],
    { stdio: "ignore" }
  )
}
rmSync(folder, { recursive: true, force: true })
