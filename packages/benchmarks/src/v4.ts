/**
 * Stacking at V4's printed limits: `npm run bench -- v4`. Prints the table, and writes it into `docs/v4.md`.
 */
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Table from "./Table.js"
import * as V4Limits from "./V4Limits.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/v4.md", import.meta.url))

Effect.runPromise(Effect.map(V4Limits.measureAll, V4Limits.render)).then(
  (table) => {
    process.stdout.write(`${table}\n`)
    Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), "v4", table))
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
)
