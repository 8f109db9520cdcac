/**
 * `node bundle.mjs [folder]` writes the command to `dist`, from the sources of all packages: what is published, and what
 * `npm run frameio` and `npm run demo` run. There are three parts, each loaded when it is needed: `bin` answers help, `once`
 * has the commands of a call or two in one file, `main` all commands, each in chunks of its own.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const folder = (path) => fileURLToPath(new URL(path, import.meta.url))

/** CommonJS modules that were bundled still require Node's own. */
const REQUIRE = `import { createRequire as createRequireOfBundle } from "node:module"
const require = createRequireOfBundle(import.meta.url)`

/** The words of the commands in `once`, joined by dashes. */
const COMMANDS = ["version", "ls", "show", "rm", "whoami"]

const outdir = resolve(process.argv[2] ?? folder("dist"))
const common = {
  absWorkingDir: folder("."),
  outdir,
  bundle: true,
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "linked",
  platform: "node",
  target: "node20.19",
  // UMD modules require what a bundler does not see.
  mainFields: ["module", "main"],
  tsconfig: "tsconfig.src.json",
  // A binary for each platform.
  external: ["libsql"],
  logLevel: "warning"
}

/** What the sources load later is loaded at once where all of it is in one file: nothing has to be wrapped for it. */
const atOnce = {
  name: "at once",
  setup: (on) => {
    on.onLoad({ filter: /[/\\]cli[/\\]src[/\\]\w+\.ts$/ }, ({ path }) => {
      const modules = []
      const contents = readFileSync(path, "utf8").replace(/\bimport\("([^"]+)"\)/g, (_, name) => {
        const found = modules.indexOf(name)
        return `Promise.resolve(atOnce${found < 0 ? modules.push(name) - 1 : found})`
      })
      const imports = modules.map((name, index) => `import * as atOnce${index} from "${name}"\n`)
      return { contents: imports.join("") + contents, loader: "ts" }
    })
  }
}

rmSync(outdir, { recursive: true, force: true })
await build({
  ...common,
  entryPoints: ["src/main.ts"],
  // Names stay, for the stack in the report of a fault.
  splitting: true,
  format: "esm",
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunks/[name]-[hash]",
  banner: { js: REQUIRE }
})
const once = await build({
  ...common,
  entryPoints: ["src/once.ts"],
  // Shorter, and so read faster.
  minifyIdentifiers: true,
  legalComments: "external",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  entryNames: "[name]-[hash]",
  plugins: [atOnce],
  banner: { js: "(function(exports,require,module){" },
  footer: { js: "})" },
  metafile: true
})
const file = Object.keys(once.metafile.outputs).find((name) => name.endsWith(".cjs"))
// Node starts CommonJS modules sooner.
writeFileSync(join(outdir, "package.json"), '{"type":"commonjs"}\n')
await build({
  ...common,
  entryPoints: ["src/bin.ts"],
  format: "cjs",
  banner: { js: 'const urlOfBundle = require("node:url").pathToFileURL(__filename).href' },
  define: {
    "import.meta.url": "urlOfBundle",
    ONCE: JSON.stringify({ file: basename(file), commands: COMMANDS })
  },
  plugins: [
    {
      name: "main",
      setup: (on) => on.onResolve({ filter: /^\.\/main\.js$/ }, () => ({ path: "./main.mjs", external: true }))
    }
  ]
})
