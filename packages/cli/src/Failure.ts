/**
 * How a command ends when the library fails: advice and exit code, by the kind of the error. The library says what went
 * wrong; flags, variables and commands are named only here. Pure.
 *
 * @since 0.1.0
 */
import type { NotAFolder } from "@effect-frameio/batch/FolderReader"
import type { LinkError } from "@effect-frameio/batch/LinkError"
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type { UploadError } from "@effect-frameio/stacks/UploadError"
import type { VersionStackError } from "@effect-frameio/stacks/VersionStackError"
import { CliError, ExitCode } from "./CliError.js"
import type { Said } from "./ErrorText.js"

/**
 * The errors of the library.
 *
 * @since 0.1.0
 * @category models
 */
export type Failure = FrameioError.FrameioError | LinkError | UploadError | VersionStackError | NotAFolder

/** Node's codes for a certificate whose authority this machine does not know. */
const UNKNOWN_AUTHORITY: ReadonlySet<string> = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
])

const OUT_OF_DATE: ReadonlySet<string> = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"])

const NO_CONNECTION: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

const ofTransport = ({ code = "" }: FrameioError.TransportError): ReadonlyArray<string> => {
  if (UNKNOWN_AUTHORITY.has(code)) {
    return ["If your company's proxy signs its own certificates: NODE_EXTRA_CA_CERTS=<file>.pem names its authority."]
  }
  if (OUT_OF_DATE.has(code)) return ["Check the clock of this machine; frameio doctor compares it with Frame.io's."]
  return NO_CONNECTION.has(code) ? ["frameio doctor checks the network and the proxy (HTTPS_PROXY)."] : []
}

/**
 * Advice beyond the error's own message: commands, and variables to set.
 *
 * @since 0.1.0
 * @category getters
 */
export const advice = (error: Failure): ReadonlyArray<string> => {
  switch (error._tag) {
    case "FrameioUnauthorized":
    case "FrameioCredentialsError":
      return ["Log in with frameio auth login, or set FRAMEIO_TOKEN to a valid token."]
    case "FrameioForbidden":
      return ["Ask for access to the project, or use the token of somebody with access."]
    case "FrameioNotFound":
      return ["frameio ls <folder> and frameio show <asset> find what is there."]
    case "FrameioTransportError":
      return ofTransport(error)
    case "FrameioTargetChanged":
      return ["frameio plan <folder> makes a new plan."]
    case "FrameioNotVersioned":
      return [...advice(error.error), `Then: frameio version ${error.onto} ${error.assetId}`]
    case "FrameioNotMade":
    case "FrameioOutcomeUnknown":
      return error.failure === undefined ? [] : advice(error.failure)
    default:
      return []
  }
}

/** The call, and the assets that it names if the failure is about them. */
const placeOf = (error: FrameioError.FrameioError): string => {
  if (!("endpoint" in error)) return "route" in error ? error.route : ""
  const ids = FrameioError.kindOf(error) === "asset" ? error.assetIds : []
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : ""
  return [error.endpoint, ids.slice(0, 3).join(", ") + more].filter((part) => part !== "").join(" ")
}

const sentenceOf = (error: Failure): string => {
  if (!FrameioError.isFrameioError(error)) return error.message
  const reason = FrameioError.reasonOf(error)
  const place = placeOf(error)
  return `${reason.charAt(0).toUpperCase()}${reason.slice(1)}${place === "" ? "" : ` (${place})`}`
}

/**
 * A failure for a person: what, where with the ids last, and what to do.
 *
 * @since 0.1.0
 * @category printing
 */
export const said = (error: Failure): Said => ({ message: sentenceOf(error), todo: advice(error) })

/**
 * Whether there was no token to send, or it was refused.
 *
 * @since 0.1.0
 * @category guards
 */
export const isOfCredentials = (error: Failure): boolean =>
  error._tag === "FrameioUnauthorized" || error._tag === "FrameioCredentialsError"

/**
 * A failure as the command's end. Refused credentials are bad input: nothing was done.
 *
 * @since 0.1.0
 * @category constructors
 */
export const toCliError = (
  error: Failure | CliError,
  options?: {
    /** What else is bad input for this command. */
    readonly badInput?: ReadonlyArray<Failure["_tag"]> | undefined
  }
): CliError =>
  error._tag === "CliError"
    ? error
    : new CliError({
        exitCode:
          isOfCredentials(error) || error._tag === "NotAFolder" || options?.badInput?.includes(error._tag) === true
            ? ExitCode.badInput
            : ExitCode.failed,
        ...said(error)
      })
