/**
 * Writes the OpenAPI document derived from the declaration to `docs/openapi.json`; with `--check`, only says whether
 * that file is current. Needs the build of packages/core.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { OpenApi } from "@effect/platform"
import { FrameioApi } from "../packages/core/dist/FrameioApi.js"

const file = fileURLToPath(new URL("../docs/openapi.json", import.meta.url))
const wanted = `${JSON.stringify(OpenApi.fromApi(FrameioApi), null, 2)}\n`

const found = () => {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return ""
  }
}

if (process.argv.includes("--check")) {
  const text = found()
  if (text !== wanted) {
    const lines = text.split("\n")
    const differs = wanted.split("\n").findIndex((line, index) => line !== lines[index])
    console.error(`docs/openapi.json:${differs + 1} is not what the declaration says any more. Run: npm run openapi`)
    process.exit(1)
  }
} else {
  writeFileSync(file, wanted)
}
