/** The meaning of an answer's status. */

/**
 * Whether a status says that what was asked for was done. Only 200 is documented; the others mean the same, with what
 * was documented or with nothing.
 *
 * @internal
 */
export const isSuccess = (status: number): boolean => status >= 200 && status <= 204

/**
 * Whether a status says that nothing was done. A request timeout and a closed connection say nothing of that; any other
 * refusal of the client does.
 *
 * @internal
 */
export const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 499

/**
 * Whether a status is that of something in front of Frame.io that does not reach it.
 *
 * @internal
 */
export const isGateway = (status: number): boolean => status === 502 || status === 503 || status === 504
