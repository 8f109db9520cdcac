import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { ViteUserConfig } from "vitest/config"

const packages = readdirSync(new URL("packages/", import.meta.url))

/** Tests run against the sources, so they need no build. */
const alias = packages.flatMap((name) => [
  {
    find: new RegExp(`^@effect-frameio/${name}/(.+)$`),
    replacement: fileURLToPath(new URL(`packages/${name}/src/$1.ts`, import.meta.url))
  },
  {
    find: new RegExp(`^@effect-frameio/${name}$`),
    replacement: fileURLToPath(new URL(`packages/${name}/src/index.ts`, import.meta.url))
  }
])

export const shared = (name: string): ViteUserConfig => ({
  resolve: { alias },
  esbuild: { target: "es2022" },
  test: {
    name,
    include: ["test/**/*.test.ts"],
    setupFiles: fileURLToPath(new URL("vitest.setup.ts", import.meta.url)),
    testTimeout: 60_000
  }
})
