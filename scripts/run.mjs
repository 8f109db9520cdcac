/**
 * `node scripts/run.mjs <task> [-- arguments]`: every task of this repository, from a fresh clone with Node and npm
 * only. It installs what the lockfile says when that has not been done, and says which step failed.
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { constants, tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const inRoot = (...path) => join(root, ...path)
const manifest = JSON.parse(readFileSync(inRoot("package.json"), "utf8"))

const fail = (message, code = 1) => {
  console.error(message)
  process.exit(code)
}

const checkNode = () => {
  const wanted = manifest.engines.node
    .replace(/[^\d.]/g, "")
    .split(".")
    .map(Number)
  const [major, minor] = process.versions.node.split(".").map(Number)
  if (major < wanted[0] || (major === wanted[0] && minor < (wanted[1] ?? 0))) {
    fail(
      `This needs Node ${manifest.engines.node}; you have ${process.versions.node}. See https://nodejs.org/en/download`
    )
  }
}

/** Resolves with the exit code; a signal counts as the shells count it. */
const run = (command, args, env = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } })
    // A terminal sends Ctrl-C to the child as well; anyone else sends it to us alone.
    const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
    const listeners = ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => {
      const listener = () => {
        if (signal !== "SIGINT" || !onTerminal) child.kill(signal)
      }
      process.on(signal, listener)
      return () => process.off(signal, listener)
    })
    const done = (code) => {
      for (const remove of listeners) remove()
      resolve(code)
    }
    child.on("error", (error) => {
      console.error(`${command} cannot be started: ${error.message}`)
      done(127)
    })
    child.on("close", (code, signal) => done(code ?? 128 + (constants.signals[signal] ?? 0)))
  })

const node = (script, args = [], env = {}) => run(process.execPath, [inRoot(script), ...args], env)

/** npx is started as a script, since on Windows the command of that name needs a shell. */
const npx = (args) => {
  const npm = process.env.npm_execpath ?? ""
  const beside = dirname(process.execPath)
  const script = [
    basename(npm) === "npm-cli.js" ? join(dirname(npm), "npx-cli.js") : "",
    join(beside, "node_modules/npm/bin/npx-cli.js"),
    join(beside, "../lib/node_modules/npm/bin/npx-cli.js")
  ].find((path) => path !== "" && existsSync(path))
  return script === undefined ? run("npx", args) : run(process.execPath, [script, ...args])
}

const rooms = () => ["examples", ...readdirSync(inRoot("packages")).map((name) => `packages/${name}`)]

/** What an install depends on, and that it has been done for every package. */
const installed = inRoot("node_modules/.installed")
const wantedInstall = () => {
  const hash = createHash("sha256")
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]
  for (const file of [...files, ...rooms().map((room) => `${room}/package.json`)]) {
    hash.update(existsSync(inRoot(file)) ? readFileSync(inRoot(file)) : "")
  }
  return hash.digest("hex")
}
const isInstalled = () =>
  existsSync(installed) &&
  readFileSync(installed, "utf8") === wantedInstall() &&
  rooms().every((room) => existsSync(inRoot(room, "node_modules")))

const install = async () => {
  if (!isInstalled()) {
    const code = await npx(["--yes", manifest.packageManager.split("+")[0], "install", "--frozen-lockfile"])
    if (code !== 0) return code
    writeFileSync(installed, wantedInstall())
  }
  return node("scripts/patch.mjs")
}

const tsc = (...args) => node("node_modules/typescript/bin/tsc", ["-b", ...args])
const build = (room) => [`build of packages/${room}`, "npm run types", () => tsc(`packages/${room}/tsconfig.src.json`)]

const bundle = ["bundle of the command", "node packages/cli/bundle.mjs", () => node("packages/cli/bundle.mjs")]

/** Vitest's own summary comes last, and under it one line that a machine can read. */
const vitest = async (args) => {
  const folder = mkdtempSync(join(tmpdir(), "effect-frameio-"))
  const file = join(folder, "tally.json")
  const code = await node(
    "node_modules/vitest/vitest.mjs",
    ["run", `--reporter=${inRoot("scripts/tally.mjs")}`, "--reporter=default", ...args],
    { TALLY_FILE: file }
  )
  const counts = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined
  rmSync(folder, { recursive: true, force: true })
  return { code, counts }
}

const tally = ({ code, counts }) => {
  if (counts === undefined) return
  const { passed, skipped, notLoaded } = counts
  const failed = counts.failed + notLoaded.length
  for (const file of notLoaded) console.log(`Not loaded, counted as one failure: ${file}`)
  if (code !== 0 && failed === 0) console.log("No test failed, but something failed beside them: see above.")
  console.log(`Tests: ${passed} passed, ${failed} failed, ${skipped} skipped`)
}

const types = ["types", "npm run types", () => tsc()]
const openapi = (...args) => [
  build("core"),
  ["OpenAPI document", "npm run openapi", () => node("scripts/openapi.mjs", args)]
]
const lint = [
  [
    "format and lint",
    "npm run lint",
    () => node("node_modules/@biomejs/biome/bin/biome", ["check", "--error-on-warnings", "."])
  ],
  [
    "walls between packages",
    "npm run lint",
    () =>
      node("node_modules/dependency-cruiser/bin/dependency-cruise.mjs", [
        ...["--config", ".dependency-cruiser.mjs", "packages", "examples"]
      ])
  ],
  ["what nothing uses", "npm run lint", () => node("node_modules/knip/bin/knip.js", ["--no-progress"])],
  ["documentation", "node scripts/check-docs.mjs", () => node("scripts/check-docs.mjs")],
  ...openapi("--check")
]
const packages = ["packages as published", "node scripts/check-packages.mjs", () => node("scripts/check-packages.mjs")]
const tests = (args) => [
  "tests",
  "npm run vitest",
  async () => {
    const outcome = await vitest(args)
    tally(outcome)
    return outcome.code
  }
]

const histories = ([count = "200000", seed, ...more]) => {
  for (const number of [count, seed ?? "0"]) {
    if (!/^-?\d+$/.test(number)) fail(`"${number}" is no whole number: npm run histories -- [count] [seed]`, 2)
  }
  const env = { HISTORIES: count, ...(seed === undefined ? {} : { SEED: seed }) }
  const args = ["run", "--project", "ratelimit", "test/LeakyBucket.histories.test.ts", ...more]
  return ["histories", "npm run histories", () => node("node_modules/vitest/vitest.mjs", args, env)]
}

const tasks = {
  setup: () => [],
  types: () => [types],
  lint: () => lint,
  vitest: (args) => [tests(args)],
  test: (args) => [types, ...lint, bundle, packages, tests(args)],
  demo: (args) => [bundle, ["demo", "npm run demo", () => node("packages/cli/dist/bin.js", ["demo", ...args])]],
  frameio: (args) => [bundle, ["frameio", "npm run frameio -- --help", () => node("packages/cli/dist/bin.js", args)]],
  bench: (args) => {
    // Beside the clients there are measurements with a program of their own.
    const [program, rest] = ["bulk", "reads"].includes(args[0]) ? [args[0], args.slice(1)] : ["bench", args]
    const alone = program === "bench" ? "npm run bench" : `npm run bench -- ${program}`
    return [build("benchmarks"), ["bench", alone, () => node(`packages/benchmarks/dist/${program}.js`, rest)]]
  },
  histories: (args) => [histories(args)],
  openapi: () => openapi()
}

const [task = "", ...rest] = process.argv.slice(2)
const args = rest[0] === "--" ? rest.slice(1) : rest
if (!Object.hasOwn(tasks, task)) fail(`node scripts/run.mjs <${Object.keys(tasks).join(" | ")}> [-- arguments]`, 2)
checkNode()

for (const [name, alone, step] of [["install", "npm run setup", install], ...tasks[task](args)]) {
  const code = await step()
  if (code !== 0) {
    // A program that ran says itself why it ended; only what was in its way is ours to tell.
    if (name !== task) console.error(`\nStopped at: ${name}. Run it alone with: ${alone}`)
    process.exit(code)
  }
}
