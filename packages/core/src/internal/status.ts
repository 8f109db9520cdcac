/** The meaning of an answer's status. */

/**
 * Whether a status says that the request was carried out. Only 200 is documented; the others mean the same, with or
 * without a body.
 *
 * @internal
 */
export const isSuccess = (status: number): boolean => status >= 200 && status <= 204

/**
 * Whether a status says that nothing was done: any 4xx but a request timeout (408) and a closed connection (499).
 *
 * @internal
 */
export const isRefusal = (status: number): boolean => status >= 400 && status < 500 && status !== 408 && status !== 499

/**
 * Whether a gateway says by this status that it does not reach Frame.io.
 *
 * @internal
 */
export const isGateway = (status: number): boolean => status === 502 || status === 503 || status === 504
