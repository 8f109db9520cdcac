import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"

interface Limit {
  readonly maxOutputLength: number
}

type Sync = (bytes: Uint8Array, options: Limit) => Uint8Array

interface Zlib {
  readonly gunzipSync: Sync
  readonly inflateSync: Sync
  readonly inflateRawSync: (
    bytes: Uint8Array,
    options: Limit & { readonly info: true }
  ) => { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } }
  readonly brotliDecompressSync: Sync
}

const isZlib = (u: unknown): u is Zlib =>
  Predicate.isRecord(u) &&
  ["gunzipSync", "inflateSync", "inflateRawSync", "brotliDecompressSync"].every((name) => Predicate.isFunction(u[name]))

/**
 * Node, Bun and Deno have zlib built in, without an import that a browser would stumble over. Where it is missing, `fetch`
 * is the only client there is, and that has done the work already.
 */
const findZlib = (): Zlib | undefined => {
  const process: unknown = Reflect.get(globalThis, "process")
  const get: unknown = Predicate.isRecord(process) ? process.getBuiltinModule : undefined
  const found: unknown = Predicate.isFunction(get) ? get("node:zlib") : undefined
  return isZlib(found) ? found : undefined
}

const decoderOf = (
  encoding: string,
  { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync }: Zlib
): Sync | undefined => {
  switch (encoding) {
    case "gzip":
    case "x-gzip":
      return gunzipSync
    case "br":
      return brotliDecompressSync
    case "deflate":
      // Some servers leave the header of zlib out.
      return (bytes, options) => {
        const [first = 0, second = 0] = bytes
        const hasHeader = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
        if (hasHeader) return inflateSync(bytes, options)
        const { buffer, engine } = inflateRawSync(bytes, { ...options, info: true })
        // The beginning of plain JSON can be a whole, short stream.
        return engine.bytesWritten < bytes.length ? bytes : buffer
      }
    default:
      return undefined
  }
}

/**
 * The codings of a `content-encoding` header, in the order in which they were applied.
 *
 * @internal
 */
export const encodingsOf = (header: string | undefined): ReadonlyArray<string> =>
  header === undefined
    ? []
    : header
        .toLowerCase()
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== "" && one !== "identity")

/**
 * Undoes the codings of a body; `Left` where more than `maxBytes` would come of it.
 *
 * `fetch` decompresses the body and leaves the header in place, so that a body which cannot be decompressed is taken to
 * be plain already.
 *
 * @internal
 */
export const decompress = (
  bytes: Uint8Array,
  encodings: ReadonlyArray<string>,
  maxBytes: number
): Either.Either<Uint8Array, "too large"> => {
  // Loaded for the answers that need it.
  const zlib = encodings.length === 0 ? undefined : findZlib()
  if (zlib === undefined) return Either.right(bytes)
  let plain = bytes
  for (const encoding of encodings.toReversed()) {
    const decode = decoderOf(encoding, zlib)
    if (decode === undefined) return Either.right(plain)
    try {
      plain = decode(plain, { maxOutputLength: maxBytes })
    } catch (error) {
      if (Predicate.hasProperty(error, "code") && error.code === "ERR_BUFFER_TOO_LARGE") return Either.left("too large")
      return Either.right(plain)
    }
  }
  return Either.right(plain)
}
