/**
 * The requests that reading takes: `npm run bench -- reads`. Prints the table, and writes it into `docs/reads.md`.
 */
import * as Fs from "node:fs"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as ReadCounts from "./ReadCounts.js"
import * as Table from "./Table.js"

const DOCUMENT = fileURLToPath(new URL("../../../docs/reads.md", import.meta.url))

Effect.runPromise(Effect.map(ReadCounts.measure(ReadCounts.world), ReadCounts.render)).then(
  (table) => {
    process.stdout.write(`${table}\n`)
    Fs.writeFileSync(DOCUMENT, Table.replaceSection(Fs.readFileSync(DOCUMENT, "utf8"), "reads", table))
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
)
