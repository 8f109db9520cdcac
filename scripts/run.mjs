/**
 * `node scripts/run.mjs <task> [-- arguments]`: every task of this repository, from a fresh clone with only Node and
 * npm. It installs what the lockfile says if that has not been done, and says which step failed.
 */
import { spawn } from "node:child_process"
import { createHash, randomInt } from "node:crypto"
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

/** Resolves with the exit code; a signal counts as in shells. */
const run = (command, args, { env = {}, ...options } = {}) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env }, ...options })
    // A terminal sends Ctrl-C to the child as well; any other sender reaches only this process.
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

const node = (script, args = [], options = {}) => run(process.execPath, [inRoot(script), ...args], options)

/** npx is started as a script, because on Windows the command of that name needs a shell. */
const npx = (args, options) => {
  const npm = process.env.npm_execpath ?? ""
  const beside = dirname(process.execPath)
  const script = [
    basename(npm) === "npm-cli.js" ? join(dirname(npm), "npx-cli.js") : "",
    join(beside, "node_modules/npm/bin/npx-cli.js"),
    join(beside, "../lib/node_modules/npm/bin/npx-cli.js")
  ].find((path) => path !== "" && existsSync(path))
  return script === undefined ? run("npx", args, options) : run(process.execPath, [script, ...args], options)
}

const rooms = () => ["examples", ...readdirSync(inRoot("packages")).map((name) => `packages/${name}`)]

/** The files that an install depends on, and which of the two kinds has been done, for every package. */
const installed = inRoot("node_modules/.installed")
const wantedInstall = (kind) => {
  const hash = createHash("sha256")
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]
  for (const file of [...files, ...rooms().map((room) => `${room}/package.json`)]) {
    hash.update(existsSync(inRoot(file)) ? readFileSync(inRoot(file)) : "")
  }
  return `${kind} ${hash.digest("hex")}`
}
const isInstalled = (...kinds) =>
  existsSync(installed) &&
  kinds.map(wantedInstall).includes(readFileSync(installed, "utf8")) &&
  rooms().every((room) => existsSync(inRoot(room, "node_modules")))

const install = async (kind, ...more) => {
  const pnpm = ["--yes", manifest.packageManager.split("+")[0], "install", "--frozen-lockfile", ...more]
  const code = await npx(pnpm, { stdio: ["inherit", 2, 2] })
  if (code === 0) writeFileSync(installed, wantedInstall(kind))
  return code
}

/** For checks and tests: the root's `prepare` patches the Effect language service into TypeScript. */
const setup = ["install", "npm run setup", () => (isInstalled("whole") ? 0 : install("whole"))]

/** For the command alone: without scripts, so nothing is patched. */
const lightSetup = [
  "install",
  "npm run setup",
  () => {
    if (isInstalled("whole", "light")) return 0
    console.error("First time here: fetching what the command is built of (a minute or less; only this once).")
    return install("light", "--ignore-scripts", "--reporter=append-only")
  }
]

const tsc = (...args) => node("node_modules/typescript/bin/tsc", ["-b", ...args])
const build = (room) => [`build of packages/${room}`, "npm run types", () => tsc(`packages/${room}/tsconfig.src.json`)]

const bundle = ["bundle of the command", "node packages/cli/bundle.mjs", () => node("packages/cli/bundle.mjs")]

/** Vitest's own reporters, and at the end one line that a machine can read. */
const vitest = async (args) => {
  const folder = mkdtempSync(join(tmpdir(), "effect-frameio-"))
  const file = join(folder, "results.json")
  const code = await node("node_modules/vitest/vitest.mjs", [
    ...["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...args]
  ])
  const results = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined
  rmSync(folder, { recursive: true, force: true })
  if (results === undefined) return code
  const notLoaded = results.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0)
  for (const { name } of notLoaded) console.log(`Not loaded, counted as one failure: ${name}`)
  const failed = results.numFailedTests + notLoaded.length
  if (code !== 0 && failed === 0) console.log("No test failed, but something failed beside them: see above.")
  const skipped = results.numPendingTests + results.numTodoTests
  console.log(`Tests: ${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped`)
  return code
}

const types = ["types", "npm run types", () => tsc()]
const openapi = (...args) => [
  build("core"),
  ["OpenAPI document", "npm run openapi", () => node("scripts/openapi.mjs", args)]
]
const page = (...args) => ["page of reports", "npm run page", () => node("packages/report/page.mjs", args)]
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
  [
    "compose file",
    "npm run lint",
    () => node("node_modules/dclint/bin/dclint.cjs", ["--quiet", "--max-warnings", "0", "deploy/compose.yaml"])
  ],
  [
    "container file",
    "npm run lint",
    () => node("node_modules/dockerfile-utils/bin/dockerfile-utils", ["lint", "deploy/Containerfile"])
  ],
  ["what nothing uses", "npm run lint", () => node("node_modules/knip/bin/knip.js", ["--no-progress"])],
  ["documentation", "node scripts/check-docs.mjs", () => node("scripts/check-docs.mjs")],
  ...openapi("--check"),
  page("--check")
]
const packages = ["packages as published", "node scripts/check-packages.mjs", () => node("scripts/check-packages.mjs")]
const programs = [
  "programs over the packages as published",
  "node scripts/check-programs.mjs",
  () => node("scripts/check-programs.mjs")
]
const tests = (args) => ["tests", "npm run vitest", () => vitest(args)]

/** The caller's folder rather than the root; npm passes it on. */
const frameio = (args) => node("packages/cli/dist/bin.js", args, { cwd: process.env.INIT_CWD ?? process.cwd() })

const histories = ([count = "200000", seed, ...more]) => {
  for (const number of [count, seed ?? "0"]) {
    if (!/^-?\d+$/.test(number)) fail(`"${number}" is no whole number: npm run histories -- [count] [seed]`, 2)
  }
  // Without one the tests draw the same each time.
  const env = { HISTORIES: count, SEED: seed ?? `${randomInt(2 ** 31)}` }
  const args = [
    "run",
    "--project",
    "ratelimit",
    "test/LeakyBucket.histories.test.ts",
    "test/RateLimitScheduler.histories.test.ts",
    ...more
  ]
  return ["histories", "npm run histories", () => node("node_modules/vitest/vitest.mjs", args, { env })]
}

const tasks = {
  setup: () => [setup],
  types: () => [setup, types],
  lint: () => [setup, ...lint],
  vitest: (args) => [setup, tests(args)],
  test: (args) => [setup, types, ...lint, bundle, packages, programs, tests(args)],
  demo: (args) => [lightSetup, bundle, ["demo", "npm run demo", () => frameio(["demo", ...args])]],
  frameio: (args) => [lightSetup, bundle, ["frameio", "npm run frameio -- --help", () => frameio(args)]],
  bench: (args) => {
    // Some measurements have a program of their own.
    const [program, rest] = ["bulk", "cluster", "kills", "reads", "start", "upload", "v4"].includes(args[0])
      ? [args[0], args.slice(1)]
      : ["bench", args]
    const alone = program === "bench" ? "npm run bench" : `npm run bench -- ${program}`
    const before = ["cluster", "start"].includes(program) ? [setup, bundle] : [setup]
    return [
      ...before,
      build("benchmarks"),
      ["bench", alone, () => node(`packages/benchmarks/dist/${program}.js`, rest)]
    ]
  },
  histories: (args) => [setup, histories(args)],
  "lower-bound": (args) => [["lower bound", "npm run lower-bound", () => node("scripts/lower-bound.mjs", args)]],
  pictures: () => [lightSetup, bundle, ["pictures", "npm run pictures", () => node("scripts/pictures.mjs")]],
  openapi: () => [setup, ...openapi()],
  page: () => [setup, page()]
}

const [task = "", ...rest] = process.argv.slice(2)
const args = rest[0] === "--" ? rest.slice(1) : rest
if (!Object.hasOwn(tasks, task)) fail(`node scripts/run.mjs <${Object.keys(tasks).join(" | ")}> [-- arguments]`, 2)
checkNode()

for (const [name, alone, step] of tasks[task](args)) {
  const code = await step()
  if (code !== 0) {
    // A program that ran says itself why it ended; this only reports what was in its way.
    if (name !== task) console.error(`\nStopped at: ${name}. Run it alone with: ${alone}`)
    process.exit(code)
  }
}
