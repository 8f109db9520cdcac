/**
 * The form of a UUID. Frame.io's are not always of a registered version. Pure.
 *
 * @since 0.1.0
 */

/**
 * The form as the source of a regular expression, for lower case.
 *
 * @example
 * ```ts
 * const shares = new RegExp(`/shares/(${Uuid.pattern})`, "i")
 * ```
 *
 * @since 0.1.0
 * @category constants
 */
export const pattern = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

/**
 * A text that is a UUID, in lower or upper case.
 *
 * @since 0.1.0
 * @category constants
 */
export const whole = new RegExp(`^${pattern}$`, "i")
