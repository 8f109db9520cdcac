/**
 * `node bundle.mjs [folder]` writes the command to `dist`, from the sources of all packages: the published form, which
 * `npm run frameio` and `npm run demo` run too. It has three parts, each loaded when needed: `bin` answers help, `once`
 * has the commands that make few calls in one file, `main` has all commands, each in chunks of its own.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const folder = (path) => fileURLToPath(new URL(path, import.meta.url))

/** Bundled CommonJS modules still require Node's own modules. */
const REQUIRE = `import { createRequire as createRequireOfBundle } from "node:module"
const require = createRequireOfBundle(import.meta.url)`

/** The words of the commands in `once`, joined by dashes. */
const COMMANDS = ["version", "ls", "show", "rm", "whoami", "plan"]

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
  // UMD modules use a `require` that a bundler does not see.
  mainFields: ["module", "main"],
  tsconfig: "tsconfig.src.json",
  // It has a binary for each platform.
  external: ["libsql"],
  logLevel: "warning"
}

/** Modules that `once` loads only when needed: together, in a second file. */
const LATER = ["ConnectionV4", "Identity", "WhoAmICommand", "PlanCommand"]

/** In a single file, all other modules that the sources load later are loaded at once, so none has to be wrapped. */
const atOnce = {
  name: "at once",
  setup: (on) => {
    on.onLoad({ filter: /[/\\]cli[/\\]src[/\\]\w+\.ts$/ }, ({ path }) => {
      const modules = []
      const contents = readFileSync(path, "utf8").replace(/\bimport\("([^"]+)"\)/g, (_, name) => {
        const later = LATER.find((one) => name === `./${one}.js`)
        if (later !== undefined) return `import("later").then((later) => later.${later})`
        const found = modules.indexOf(name)
        return `Promise.resolve(atOnce${found < 0 ? modules.push(name) - 1 : found})`
      })
      const imports = modules.map((name, index) => `import * as atOnce${index} from "${name}"\n`)
      return { contents: imports.join("") + contents, loader: "ts" }
    })
    on.onResolve({ filter: /^later$/ }, ({ path }) => ({ path, namespace: "later" }))
    on.onLoad({ filter: /^later$/, namespace: "later" }, () => ({
      contents: LATER.map((name) => `export * as ${name} from "./src/${name}.js"`).join("\n"),
      resolveDir: folder(".")
    }))
  }
}

/** Only ECMAScript modules are split; each part is then made a script. */
const parts = async () => {
  const { outputFiles } = await build({
    ...common,
    minifyWhitespace: false,
    minifySyntax: false,
    legalComments: "inline",
    entryPoints: ["src/once.ts"],
    splitting: true,
    format: "esm",
    // once, later, and the chunk that both share.
    chunkNames: "[name]",
    plugins: [atOnce],
    write: false
  })
  return new Map(outputFiles.map(({ path, text }) => [`./${basename(path)}`, text]))
}

/** Writes a module as a script, which requires the others by names that `Compiled.ts` knows. */
const script = async (texts, name, contents, others) => {
  const { metafile } = await build({
    ...common,
    stdin: { contents, resolveDir: outdir },
    // Shorter, so faster to read.
    minifyIdentifiers: true,
    legalComments: "external",
    supported: { "dynamic-import": false },
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    entryNames: `${name}-[hash]`,
    plugins: [
      {
        name: "parts",
        setup: (on) => {
          on.onResolve({ filter: /^\.\/\w+\.js$/ }, ({ path }) =>
            Object.hasOwn(others, path) ? { path: others[path], external: true } : { path, namespace: "parts" }
          )
          on.onLoad({ filter: /./, namespace: "parts" }, ({ path }) => ({ contents: texts.get(path) }))
        }
      }
    ],
    banner: { js: "(function(exports,require,module){" },
    footer: { js: "})" },
    metafile: true
  })
  const [file, { imports }] = Object.entries(metafile.outputs).find(([path]) => path.endsWith(".cjs"))
  return { file: basename(file), imports: imports.map(({ path }) => path) }
}

rmSync(outdir, { recursive: true, force: true })
await build({
  ...common,
  entryPoints: ["src/main.ts"],
  // Names stay, for the stack in a fault's report.
  splitting: true,
  format: "esm",
  outExtension: { ".js": ".mjs" },
  chunkNames: "chunks/[name]-[hash]",
  banner: { js: REQUIRE }
})
const texts = await parts()
const once = await script(texts, "once", 'export { run } from "./once.js"\nexport * as shared from "./chunk.js"', {
  "./later.js": "./later"
})
const later = await script(texts, "later", 'export * from "./later.js"', { "./chunk.js": "./once" })
const builtins = [...new Set([...once.imports, "node:perf_hooks"])].filter((name) => name.startsWith("node:"))
// Node starts CommonJS modules sooner.
writeFileSync(join(outdir, "package.json"), '{"type":"commonjs"}\n')
await build({
  ...common,
  entryPoints: ["src/bin.ts"],
  format: "cjs",
  banner: { js: 'const urlOfBundle = require("node:url").pathToFileURL(__filename).href' },
  define: {
    "import.meta.url": "urlOfBundle",
    ONCE: JSON.stringify({ file: once.file, later: later.file, builtins, commands: COMMANDS })
  },
  plugins: [
    {
      name: "main",
      setup: (on) => on.onResolve({ filter: /^\.\/main\.js$/ }, () => ({ path: "./main.mjs", external: true }))
    }
  ]
})
