/**
 * The diagnosis of a failed connection; pure. One for all: the retry sends again what never left, and the scheduler gives
 * its slot back.
 *
 * @since 0.1.0
 */

/** `fetch`, undici and `HttpClient` each wrap the socket's error once more. */
const DEPTH = 8

type Fields = Readonly<Record<string, unknown>>

const isObject = (u: unknown): u is Fields => typeof u === "object" && u !== null

/** Node's resolver and sockets, and undici, for a connection that never came to be. */
const NOT_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT"
])

/** Node names the system call: a timeout of `connect` is not one of an answer. */
const CONNECTING = new Set(["connect", "getaddrinfo"])

/** A certificate is judged before anything is sent, and the verdict does not change by asking again. */
const CERTIFICATE =
  /^(?:ERR_TLS_CERT_ALTNAME_INVALID|CERT_[A-Z_]+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET|VERIFY)_[A-Z_]+|ERR_SSL_WRONG_VERSION_NUMBER)$/

/**
 * Alerts that end a TLS handshake and nothing else (RFC 8446, 6.2), and a peer that does not speak TLS. An
 * `internal_error` (80) may also end a connection in use, so it proves nothing.
 */
const HANDSHAKE_REFUSED = /SSL alert number (?:4[0-9]|7[01]|86|109|11[2-6]|120)\b|:wrong version number:/

/** Node's words for a peer that leaves in the middle of the handshake; its code is the same as for a lost answer. */
const HANDSHAKE_CUT = "before secure TLS connection was established"

/** undici's words for a proxy that does not open the tunnel. 407 asks for a name and a password. */
const NO_TUNNEL = /^Proxy response \((\d{3})\) !== 200 when HTTP Tunneling/

const nothingLeft = ({ code, message, syscall }: Fields): boolean =>
  (typeof code === "string" && (NOT_CONNECTED.has(code) || CERTIFICATE.test(code))) ||
  (typeof syscall === "string" && CONNECTING.has(syscall)) ||
  (typeof message === "string" &&
    (HANDSHAKE_REFUSED.test(message) || message.includes(HANDSHAKE_CUT) || NO_TUNNEL.test(message)))

/** Happy Eyeballs tries several addresses and fails with all their errors: each has to prove it. */
const neverSent = (error: unknown): boolean => {
  let current = error
  for (let depth = 0; depth < DEPTH && isObject(current); depth++) {
    const { cause, errors } = current
    if (Array.isArray(errors) && errors.length > 0) return errors.every(neverSent)
    if (nothingLeft(current)) return true
    current = cause
  }
  return false
}

/**
 * Whether a connection will fail again in the same way: the certificate is not trusted, the TLS handshake is refused, the
 * proxy wants a name and a password.
 *
 * @since 0.1.0
 * @category diagnosis
 */
export const isHopeless = ({
  code,
  detail
}: {
  readonly code?: string | undefined
  readonly detail: string
}): boolean =>
  (code !== undefined && CERTIFICATE.test(code)) ||
  HANDSHAKE_REFUSED.test(detail) ||
  NO_TUNNEL.exec(detail)?.[1] === "407"

/**
 * The diagnosis of a failed connection.
 *
 * @since 0.1.0
 * @category diagnosis
 */
export interface Diagnosis {
  /** Whether the request certainly did not reach the server. */
  readonly neverSent: boolean
  /** Whether trying again is of no use; see {@link isHopeless}. */
  readonly hopeless: boolean
  /** The system's code, such as `ECONNREFUSED`. */
  readonly code: string | undefined
  /** The system's words. */
  readonly detail: string
}

/**
 * Reads a diagnosis out of an error and its causes.
 *
 * @example
 * ```ts
 * const failed = yield* Effect.flip(HttpClient.get("https://api.frame.io/v2/me"))
 * const { code, neverSent } = Transport.diagnose(failed)
 * ```
 *
 * @since 0.1.0
 * @category diagnosis
 */
export const diagnose = (error: unknown): Diagnosis => {
  let code: string | undefined
  let detail = ""
  let current: unknown = error
  for (let depth = 0; depth < DEPTH && isObject(current); depth++) {
    if (typeof current.code === "string") code = current.code
    // The innermost words are the system's own; outer ones name the request.
    if (typeof current.message === "string" && current.message !== "") detail = current.message
    current =
      current.cause ?? (Array.isArray(current.errors) && current.errors.length > 0 ? current.errors[0] : undefined)
  }
  if (typeof current === "string") detail = current
  return { neverSent: neverSent(error), hopeless: isHopeless({ code, detail }), code, detail }
}
