/**
 * `node bundle.mjs [folder]` writes the command to `dist`, from the sources of all packages: what is published, and what
 * `npm run frameio` and `npm run demo` run. A command's modules are in chunks of their own, loaded when it is called.
 */
import { rmSync } from "node:fs"
import { resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const folder = (path) => fileURLToPath(new URL(path, import.meta.url))

/** CommonJS modules that were bundled still require Node's own. */
const REQUIRE = `import { createRequire as createRequireOfBundle } from "node:module"
const require = createRequireOfBundle(import.meta.url)`

const outdir = resolve(process.argv[2] ?? folder("dist"))
rmSync(outdir, { recursive: true, force: true })
await build({
  absWorkingDir: folder("."),
  entryPoints: ["src/bin.ts"],
  outdir,
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  // Names stay, for the stack in the report of a fault.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: "linked",
  platform: "node",
  format: "esm",
  target: "node20.19",
  // UMD modules require what a bundler does not see.
  mainFields: ["module", "main"],
  tsconfig: "tsconfig.src.json",
  // A binary for each platform.
  external: ["libsql"],
  banner: { js: REQUIRE },
  logLevel: "warning"
})
