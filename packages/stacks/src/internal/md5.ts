/** MD5, which S3 answers as the ETag of what it took. Only where the platform brings it: a browser does not. */

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
    // Where only FIPS algorithms are allowed.
    return undefined
  }
}
