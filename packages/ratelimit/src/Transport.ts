/**
 * What a failed connection says: whether the request left this machine.
 *
 * @since 0.1.0
 */
import * as NeverSent from "./internal/neverSent.js"

/** `fetch`, undici and `HttpClient` each wrap the socket's error once more. */
const DEPTH = 8

const isObject = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === "object" && u !== null

/** A certificate is judged before anything is sent, and the verdict does not change by asking again. */
const CERTIFICATE =
  /^(?:ERR_TLS_CERT_ALTNAME_INVALID|CERT_[A-Z_]+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET|VERIFY)_[A-Z_]+|ERR_SSL_WRONG_VERSION_NUMBER)$/

/**
 * Whether a connection that failed with this code will fail again in the same way.
 *
 * @since 0.1.0
 * @category diagnosis
 */
export const isHopeless = (code: string | undefined): boolean => code !== undefined && CERTIFICATE.test(code)

/**
 * What can be told of a failed connection: was anything sent, is it worth trying again, and the system's words for it.
 *
 * @since 0.1.0
 * @category diagnosis
 */
export interface Diagnosis {
  readonly neverSent: boolean
  readonly hopeless: boolean
  readonly code: string | undefined
  readonly detail: string
}

/**
 * Reads a diagnosis out of an error and its causes.
 *
 * @since 0.1.0
 * @category diagnosis
 */
export const diagnose = (error: unknown): Diagnosis => {
  let code: string | undefined
  let detail = ""
  let connecting = false
  let current: unknown = error
  for (let depth = 0; depth < DEPTH && isObject(current); depth++) {
    if (typeof current.code === "string") code = current.code
    // Node names the system call; a timeout of `connect` is not one of an answer.
    if (current.syscall === "connect" || current.syscall === "getaddrinfo") connecting = true
    // The innermost words are the system's own; outer ones name the request.
    if (typeof current.message === "string" && current.message !== "") detail = current.message
    current =
      current.cause ?? (Array.isArray(current.errors) && current.errors.length > 0 ? current.errors[0] : undefined)
  }
  if (typeof current === "string") detail = current
  const certificate = isHopeless(code)
  return {
    neverSent: certificate || connecting || NeverSent.isNeverSentError(error),
    hopeless: certificate,
    code,
    detail
  }
}
