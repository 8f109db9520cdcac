/** The form of a UUID. Frame.io's are not always of a registered version. */

/** @internal */
export const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

/** @internal */
export const UUID_ONLY = new RegExp(`^${UUID}$`, "i")
