/** MD5, which S3 returns as the ETag. Only on platforms that have it, unlike browsers. */

/** A hash of bytes that come one after the other. */
export interface Md5 {
  readonly update: (bytes: Uint8Array) => unknown
  readonly digest: (encoding: "hex") => string
}

interface Crypto {
  readonly createHash: (algorithm: "md5") => Md5
}

declare const process: { readonly getBuiltinModule?: (id: "node:crypto") => Crypto | undefined } | undefined

/** @internal */
export const make = (): Md5 | undefined => {
  try {
    return typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:crypto")?.createHash("md5")
  } catch {
    // Only FIPS algorithms are allowed here.
    return undefined
  }
}
