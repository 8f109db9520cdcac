/**
 * Checks the packed packages with publint and arethetypeswrong: every module resolves, with its types, for Node's ES
 * modules and for bundlers. Needs the build. `node scripts/check-packages.mjs [name…]`
 */
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { checkPackage, Package } from "@arethetypeswrong/core"
import { publint } from "publint"
import { formatMessage } from "publint/utils"

const root = fileURLToPath(new URL("../packages/", import.meta.url))
const named = process.argv.slice(2)

/** ES modules only: `require` is Node's affair, and TypeScript's old resolution knows no `exports`. */
const isExpected = ({ kind, resolutionKind }) => kind === "CJSResolvesToESM" || resolutionKind === "node10"

const filesOf = (room, names) =>
  names.flatMap((name) => {
    const at = join(room, name)
    const stat = statSync(at, { throwIfNoEntry: false })
    if (stat === undefined) return []
    if (!stat.isDirectory()) return [name]
    return readdirSync(at, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(room.length + 1))
  })

const problems = []
let modules = 0
for (const name of named.length > 0 ? named : readdirSync(root)) {
  const room = join(root, name)
  const manifest = JSON.parse(readFileSync(join(room, "package.json"), "utf8"))
  if (manifest.private === true) continue
  const files = filesOf(room, ["package.json", "README.md", ...manifest.files])

  for (const file of files.filter((file) => /\.tsbuildinfo$/.test(file))) problems.push(`${name}: would hold ${file}`)
  for (const field of ["description", "keywords", "homepage", "bugs", "repository", "license", "engines"]) {
    if (manifest[field] === undefined) problems.push(`${name}: its package.json has no ${field}`)
  }

  const pack = { files: files.map((file) => ({ name: `package/${file}`, data: readFileSync(join(room, file)) })) }
  const { messages } = await publint({ pkgDir: "package", pack, strict: true })
  for (const message of messages) problems.push(`${name}: ${formatMessage(message, manifest, { color: false })}`)

  if (manifest.exports["."] === undefined) continue
  const inPackage = files.map((file) => [
    `/node_modules/${manifest.name}/${file}`,
    readFileSync(join(room, file), "utf8")
  ])
  const entrypoints = files.flatMap((file) => /^src\/([A-Z]\w*)\.ts$/.exec(file)?.[1] ?? [])
  const result = await checkPackage(new Package(Object.fromEntries(inPackage), manifest.name, manifest.version), {
    entrypoints: [".", ...entrypoints]
  })
  modules += entrypoints.length
  for (const problem of result.types === false ? [{ kind: "NoTypes" }] : result.problems) {
    if (!isExpected(problem)) problems.push(`${name}: ${JSON.stringify(problem)}`)
  }
}

if (problems.length > 0) {
  console.error(problems.join("\n"))
  process.exit(1)
}
console.log(`Packages: ${modules} modules resolve with their types.`)
