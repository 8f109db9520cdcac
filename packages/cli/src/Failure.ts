/**
 * How a command ends when the library fails: what to do about it is said here, by the kind of the error.
 *
 * @since 0.1.0
 */
import type * as FrameioError from "@effect-frameio/core/FrameioError"
import { CliError, ExitCode } from "./CliError.js"

type Failure = FrameioError.ReadError | FrameioError.WriteError

const certificate = /certificate|self[- ]signed|UNABLE_TO_VERIFY|CERT_/i

/** What a person can do. */
const todo = (error: Failure): ReadonlyArray<string> => {
  switch (error._tag) {
    case "FrameioUnauthorized":
      return ["Set FRAMEIO_TOKEN to a token that is accepted; https://developer.frame.io makes one."]
    case "FrameioForbidden":
      return ["Ask for access to the project, or use a token of somebody who has it."]
    case "FrameioNotFound":
      return ["frameio ls <folder> and frameio show <asset> find what is there."]
    case "FrameioTransportError":
      return certificate.test(error.message)
        ? ["If a proxy of your company signs its own certificates: NODE_EXTRA_CA_CERTS=<file>.pem names its authority."]
        : []
    default:
      return []
  }
}

/**
 * A failure of a call, as the command ends with it. A token that is refused is bad input: nothing was done.
 *
 * @since 0.1.0
 * @category constructors
 */
export const toCliError = (error: Failure | CliError): CliError =>
  error._tag === "CliError"
    ? error
    : new CliError({
        exitCode: error._tag === "FrameioUnauthorized" ? ExitCode.badInput : ExitCode.failed,
        message: error.message,
        todo: todo(error)
      })
