/**
 * The storage host, which receives the parts of uploads; pure. It knows no token, and judges a request by its signed
 * URL, as S3 does. It keeps a checksum of each part, not the bytes.
 *
 * @since 0.1.0
 */
import * as Crc32 from "./internal/crc32.js"

/**
 * The name of requests to the storage host in the journal and in fault plans.
 *
 * @since 0.1.0
 * @category constants
 */
export const ENDPOINT = "storage.part"

/**
 * A stored part; if it was put twice, the last one.
 *
 * @since 0.1.0
 * @category models
 */
export interface StoredPart {
  /** From 1. */
  readonly number: number
  /** Bytes. */
  readonly size: number
  /** The checksum of zip and gzip, such as `zlib.crc32` computes. */
  readonly crc32: number
}

/**
 * One request, successful or not.
 *
 * @since 0.1.0
 * @category models
 */
export interface StorageRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** As they came, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The stored content of one asset, in the order of its parts.
 *
 * @since 0.1.0
 * @category models
 */
export interface Content {
  /** Bytes. */
  readonly size: number
  /** Of all bytes, in the order of the file. */
  readonly crc32: number
  readonly parts: ReadonlyArray<StoredPart>
}

/**
 * The parts that the storage host has.
 *
 * @example
 * ```ts
 * const { storage } = yield* FakeFrameio.FakeFrameio
 * const { crc32, parts, size } = storage.content(shot)
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export class Storage {
  /** Every request, in order of arrival. */
  readonly requests: Array<StorageRequest> = []
  /** The bytes of all bodies, including those of refused requests. */
  bytesTaken = 0
  private readonly stored = new Map<string, Map<number, StoredPart>>()

  /** Keeps a part's size and checksum. */
  put(assetId: string, part: StoredPart): void {
    const parts = this.stored.get(assetId) ?? new Map<number, StoredPart>()
    parts.set(part.number, part)
    this.stored.set(assetId, parts)
  }

  /** The content stored for an asset so far. */
  content(assetId: string): Content {
    const parts = [...(this.stored.get(assetId)?.values() ?? [])].sort((a, b) => a.number - b.number)
    return {
      size: parts.reduce((sum, part) => sum + part.size, 0),
      crc32: parts.reduce((crc, part) => Crc32.combine(crc, part.crc32, part.size), 0),
      parts
    }
  }
}

/**
 * An empty storage.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (): Storage => new Storage()
