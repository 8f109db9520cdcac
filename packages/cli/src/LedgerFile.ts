/**
 * A command's ledger: opening it, reporting its faults, and ending the command.
 *
 * @since 0.1.0
 */

import type * as FileSystem from "@effect/platform/FileSystem"
import * as Ledger from "@effect-frameio/batch/Ledger"
import type { LedgerError } from "@effect-frameio/batch/LedgerError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { CliError } from "./CliError.js"

/** Faults that happened during use; the others were there from the beginning. */
const HAPPENED: ReadonlySet<LedgerError["reason"]> = new Set(["Full", "Corrupt", "Failed", "Busy", "Replaced"])

/**
 * The warning about a ledger that was copied in the middle of a run without its log.
 *
 * @since 0.1.0
 * @category constants
 */
export const PARTIAL =
  "This ledger is a copy from the middle of a run, without the -wal file that belonged to it: the last calls may be missing from it."

/**
 * How a command ends when its ledger fails.
 *
 * @since 0.1.0
 * @category errors
 */
export const toCliError = (error: LedgerError): CliError =>
  HAPPENED.has(error.reason)
    ? CliError.failed(
        error.reason === "Corrupt" || error.reason === "Replaced"
          ? `${error.message} That is: frameio batch run <plan> --ledger <new ledger> --look-first`
          : error.message
      )
    : CliError.badInput(error.message)

/**
 * Opens a ledger until the scope closes: `create` for a run, which creates a missing one; `write` for changing an
 * existing one; `read` for looking.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (
  file: string,
  mode: "read" | "write" | "create"
): Effect.Effect<Ledger.Service, CliError, Scope.Scope | FileSystem.FileSystem> =>
  Effect.mapError(
    Ledger.make({ file, mode: mode === "read" ? "read" : "write", create: mode === "create" }),
    toCliError
  )
