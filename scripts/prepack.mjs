/** Before a package is packed (its `prepack`): builds it from scratch, and adds the licence. */
import { spawnSync } from "node:child_process"
import { copyFileSync, existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const room = process.cwd()

const node = (...args) => {
  const { status } = spawnSync(process.execPath, args, { cwd: room, stdio: ["ignore", "inherit", "inherit"] })
  if (status !== 0) process.exit(status ?? 1)
}

copyFileSync(join(root, "LICENSE"), join(room, "LICENSE"))
rmSync(join(room, "dist"), { recursive: true, force: true })
if (existsSync(join(room, "bundle.mjs"))) node("bundle.mjs")
else {
  rmSync(join(room, "build/src.tsbuildinfo"), { force: true })
  node(join(root, "node_modules/typescript/bin/tsc"), "-b", "tsconfig.src.json")
}
