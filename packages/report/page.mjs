/**
 * `node page.mjs` bundles the program and the style of a report's page into a module that the report writes into each
 * page; with `--check` only says whether that module is current.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"

const MODULE = "src/internal/pageBundle.ts"
const folder = fileURLToPath(new URL(".", import.meta.url))
const file = fileURLToPath(new URL(MODULE, import.meta.url))

const bundled = async (entry, options) => {
  const { metafile, outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    charset: "ascii",
    legalComments: "none",
    tsconfig: "tsconfig.client.json",
    logLevel: "warning",
    metafile: true,
    write: false,
    ...options
  })
  const foreign = Object.keys(metafile.inputs).filter(
    (input) => !input.startsWith("src/") && input !== "../ratelimit/src/DurationText.ts"
  )
  if (foreign.length > 0) throw new Error(`the page would bring along ${foreign.join(", ")}`)
  const text = outputFiles[0].text.trim()
  // A browser ends the element there, or reads on past its end.
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error(`what ${entry} is bundled to ends its own element`)
  return text
}

const script = await bundled("src/client/main.ts", { format: "iife", target: "es2022" })
const styles = await bundled("src/client/page.css", {})
const wanted = `/** Made by \`npm run page\` of \`src/client\`; a change here is lost. */
export const script = ${JSON.stringify(script)}
export const styles = ${JSON.stringify(styles)}
`

if (!process.argv.includes("--check")) writeFileSync(file, wanted)
else if (readFileSync(file, "utf8") !== wanted) {
  console.error(`packages/report/${MODULE} is not what src/client says any more. Run: npm run page`)
  process.exit(1)
}
