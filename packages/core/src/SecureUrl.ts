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
 * Whether nobody on the way can read along: https, or http that does not leave this machine.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isSecure = (url: { readonly protocol: string; readonly hostname: string }): boolean =>
  url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))
