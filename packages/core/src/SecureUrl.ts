/**
 * Which URLs a secret may be sent to. Pure.
 *
 * @since 0.1.0
 */

const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/

/**
 * Whether a host name is this machine's own.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname)

/**
 * Whether nobody on the way can read along: https, or http on this machine.
 *
 * @example
 * ```ts
 * SecureUrl.isSecure(new URL("http://api.frame.io")) // false
 * SecureUrl.isSecure(new URL("http://127.0.0.1:3000")) // true
 * ```
 *
 * @since 0.1.0
 * @category predicates
 */
export const isSecure = (url: { readonly protocol: string; readonly hostname: string }): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))
