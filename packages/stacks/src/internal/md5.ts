/** MD5, which S3 answers as the ETag of what it took. Only where the platform brings it: a browser does not. */
import * as Effect from "effect/Effect"
import * as Md5Thread from "./md5Thread.js"

interface Hash {
  readonly update: (bytes: Uint8Array) => unknown
  readonly digest: (encoding: "hex") => string
}

interface Crypto {
  readonly createHash: (algorithm: "md5") => Hash
}

declare const process: { readonly getBuiltinModule?: (id: "node:crypto") => Crypto | undefined } | undefined

/** A hash of bytes that come one after the other. */
export interface Md5 {
  /** Takes bytes, which may be changed afterwards; an effect where the next are to wait for it. */
  readonly update: (bytes: Uint8Array) => Effect.Effect<void> | undefined
  /** In hexadecimal digits. Nothing may come after it. */
  readonly digest: Effect.Effect<string>
  /** Gives its room back; to be called once. */
  readonly close: () => void
}

const here = (): Md5 | undefined => {
  try {
    const hash =
      typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:crypto")?.createHash("md5")
    return (
      hash && {
        update: (bytes) => {
          hash.update(bytes)
          return undefined
        },
        digest: Effect.sync(() => hash.digest("hex")),
        close: () => {}
      }
    )
  } catch {
    // Where only FIPS algorithms are allowed.
    return undefined
  }
}

/** What is hashed before the thread would have started, in bytes. */
const SMALL = 4 * 1024 * 1024

/** A hash of so many bytes: beside this thread, where it is worth it. */
export const make = (length: number): Md5 | undefined => {
  const hash = here()
  return hash === undefined || length < SMALL ? hash : (Md5Thread.make() ?? hash)
}
