/**
 * `node binary.mjs <file>` writes the command as one executable for this platform, with this Node, the bundle, and
 * SQLite's library in it. The release workflow runs it on each platform.
 */
import { execFileSync } from "node:child_process"
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const folder = (path) => fileURLToPath(new URL(path, import.meta.url))
const target = resolve(process.argv[2] ?? "frameio")
const scratch = mkdtempSync(join(tmpdir(), "frameio-binary-"))
const { platform } = process

/** libsql requires the package of its platform by a name that no bundler can see. */
const ofCli = createRequire(import.meta.url)
const libsql = ofCli.resolve("libsql")
const ofLibsql = createRequire(libsql)
const native = ofLibsql.resolve(`@libsql/${ofLibsql("@neon-rs/load").currentTarget()}`)

/** A library can only be loaded from a file; this one is private to the process and removed with it. */
const LOAD_NATIVE = `
const { mkdtempSync, rmSync, writeFileSync } = require("node:fs")
const { join } = require("node:path")
const folder = mkdtempSync(join(require("node:os").tmpdir(), "frameio-"))
process.on("exit", () => { try { rmSync(folder, { recursive: true, force: true }) } catch {} })
const file = join(folder, "libsql.node")
writeFileSync(file, new Uint8Array(require("node:sea").getRawAsset("libsql.node")))
process.dlopen(module, file)
`

const embedded = {
  name: "embedded libsql",
  setup: (on) => {
    on.onLoad({ filter: /[/\\]libsql[/\\]index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(
        /return require\(`@libsql\/\$\{target\}`\)/,
        'return require("native")'
      ),
      loader: "js"
    }))
    on.onResolve({ filter: /^native$/ }, () => ({ path: "native", namespace: "native" }))
    on.onLoad({ filter: /.*/, namespace: "native" }, () => ({ contents: LOAD_NATIVE, loader: "js" }))
  }
}

const at = (name) => join(scratch, name)
await build({
  absWorkingDir: folder("."),
  entryPoints: ["src/bin.ts"],
  outfile: at("frameio.cjs"),
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20.19",
  mainFields: ["module", "main"],
  tsconfig: "tsconfig.src.json",
  banner: { js: 'const urlOfBundle = require("node:url").pathToFileURL(__filename).href' },
  define: {
    "import.meta.url": "urlOfBundle",
    ONCE: "undefined",
    // ws, a dependency of libsql, would look for modules that are not included.
    "process.env.WS_NO_BUFFER_UTIL": '"1"',
    "process.env.WS_NO_UTF_8_VALIDATE": '"1"'
  },
  plugins: [embedded],
  logLevel: "warning"
})
writeFileSync(
  at("sea.json"),
  JSON.stringify({
    main: at("frameio.cjs"),
    output: at("frameio.blob"),
    disableExperimentalSEAWarning: true,
    assets: { "libsql.node": native }
  })
)
execFileSync(process.execPath, ["--experimental-sea-config", at("sea.json")], {
  stdio: ["ignore", "ignore", "inherit"]
})
copyFileSync(process.execPath, target)
chmodSync(target, 0o755)
if (platform === "darwin") execFileSync("codesign", ["--remove-signature", target])
execFileSync(
  platform === "win32" ? "npx.cmd" : "npx",
  [
    ...["--yes", "postject@1.0.0-alpha.6", target, "NODE_SEA_BLOB", at("frameio.blob")],
    ...["--sentinel-fuse", "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2"],
    ...(platform === "darwin" ? ["--macho-segment-name", "NODE_SEA"] : [])
  ],
  { stdio: ["ignore", "ignore", "inherit"], shell: platform === "win32" }
)
if (platform === "darwin") execFileSync("codesign", ["--sign", "-", target])
rmSync(scratch, { recursive: true, force: true })
