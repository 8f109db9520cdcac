/** Which failures prove that a request never reached the server, so that it cost nothing and can be sent again. */
import * as Cause from "effect/Cause"

/** Codes of Node's sockets and resolver, and of undici, for a connection that never came to be. */
const CODES = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

/** `fetch`, undici and `HttpClient` each wrap the socket's error once more. */
const DEPTH = 8

/** Whether an error, or what caused it, says that no connection was made. */
export const isNeverSentError = (error: unknown): boolean => {
  let current = error
  for (let depth = 0; depth < DEPTH && typeof current === "object" && current !== null; depth++) {
    if ("code" in current && typeof current.code === "string" && CODES.has(current.code)) return true
    // Happy Eyeballs tries several addresses and fails with all their errors.
    if ("errors" in current && Array.isArray(current.errors) && current.errors.length > 0) {
      return current.errors.every(isNeverSentError)
    }
    current = "cause" in current ? current.cause : undefined
  }
  return false
}

export const isNeverSent = (cause: Cause.Cause<unknown>): boolean =>
  !Cause.isInterrupted(cause) && [...Cause.failures(cause)].some(isNeverSentError)
