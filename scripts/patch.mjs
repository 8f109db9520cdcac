/**
 * Patches the Effect language service into the local TypeScript, so that its diagnostics fail `tsc -b`.
 * Runs after every install ("prepare") and before every build; when nothing has changed it does nothing.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "..")
const plugin = join(root, "node_modules/@effect/language-service")
const typescript = join(root, "node_modules/typescript")
const stamp = join(root, "node_modules/.effect-language-service")

const compilers = ["_tsc.js", "typescript.js"].map((name) => join(realpathSync(typescript), "lib", name))

/** The package manager links files into its store: a patch in place would change them for every project. */
const ownCopy = (file) => {
  if (statSync(file).nlink === 1) return
  const copy = `${file}.${process.pid}`
  copyFileSync(file, copy)
  renameSync(copy, file)
}

const patched = (file) => readFileSync(file, "utf8").includes("@effect/language-service")

/** What earlier builds found out holds only for the diagnostics they ran with. */
const forgetBuilds = () => {
  const rooms = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name))
  for (const room of [...rooms, join(root, "examples")]) {
    for (const info of ["build/src.tsbuildinfo", "build/.tsbuildinfo", "build/test/.tsbuildinfo"]) {
      rmSync(join(room, info), { force: true })
    }
  }
}

const settings = JSON.parse(readFileSync(join(root, "tsconfig.base.json"), "utf8")).compilerOptions.plugins
const { version } = JSON.parse(readFileSync(join(plugin, "package.json"), "utf8"))
const wanted = createHash("sha256")
  .update(JSON.stringify([version, settings, compilers]))
  .digest("hex")

const known = existsSync(stamp) ? readFileSync(stamp, "utf8").trim() : ""
const inPlace = compilers.every(patched)

if (!inPlace) {
  compilers.forEach(ownCopy)
  const { status } = spawnSync(process.execPath, [join(plugin, "cli.js"), "patch"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"]
  })
  if (status !== 0 || !compilers.every(patched)) {
    console.error("The Effect language service could not be patched into TypeScript: run `npm run setup` again.")
    process.exit(status || 1)
  }
}
if (!inPlace || known !== wanted) {
  forgetBuilds()
  writeFileSync(stamp, wanted)
}
