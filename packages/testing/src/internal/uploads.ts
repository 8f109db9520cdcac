/**
 * The uploads that a world expects: for each created file that has not arrived yet, which parts go where. Pure.
 *
 * An ordinary upload has all of its parts from the beginning, of equal size except for the last. Those of a realtime
 * upload are added when they are requested.
 */
import type { AssetId } from "@effect-frameio/core/Asset"
import { hash } from "./random.js"

/** One part, and its upload URL. */
export interface ExpectedPart {
  /** Counted from 1. */
  readonly number: number
  /** Bytes. */
  readonly size: number
  /** Whether the file ends with it. */
  readonly isFinal: boolean
  /** Its upload URL. */
  readonly url: string
  /** When it arrived, in ms since 1970; null before that. */
  readonly receivedAt: number | null
}

/** One upload. `parts` are in the order of their numbers. */
export interface Upload {
  readonly assetId: AssetId
  readonly realtime: boolean
  /** The `content-type` that the parts must have. */
  readonly contentType: string
  /** Bytes; null while unknown, before the final part of a realtime upload. */
  readonly filesize: number | null
  readonly parts: ReadonlyArray<ExpectedPart>
}

/** A part, and its upload. */
export interface Place {
  readonly upload: Omit<Upload, "parts">
  readonly part: ExpectedPart
  /** The `signature` that the URL must have. */
  readonly signature: string
}

interface KeptPart extends Omit<ExpectedPart, "url"> {
  /** How often its URL was requested. */
  readonly issue: number
}

interface Kept {
  readonly upload: Omit<Upload, "parts" | "filesize">
  filesize: number | null
  readonly parts: Map<number, KeptPart>
}

/** The path of a part below the base. */
const PATH = /\/uploads\/([0-9a-f-]{36})\/(\d{1,5})(?:[?#].*)?$/i

/** A stand-in for a signature: hard to guess, but no secret. */
const signatureOf = (assetId: string, { issue, number }: Pick<KeptPart, "issue" | "number">): string => {
  let mixed = number * 1024 + issue
  for (const digits of assetId.split("-")) mixed = hash(mixed, Number.parseInt(digits.slice(-8), 16), 30)
  return mixed.toString(16).padStart(8, "0")
}

/** The uploads of one world. */
export class Uploads {
  /** The base URL of parts, without a trailing slash. A fake on a port sets its own address. */
  base = "https://storage.example.invalid"
  private readonly kept = new Map<string, Kept>()

  /** Expects an ordinary file in parts of at most `partSize` bytes; an empty file has one. */
  expect(options: {
    /** The file that was created. */
    readonly assetId: AssetId
    /** Bytes. */
    readonly filesize: number
    /** The MIME type. */
    readonly contentType: string
    /** Bytes. */
    readonly partSize: number
  }): Upload {
    const { assetId, contentType, filesize, partSize } = options
    const count = Math.max(1, Math.ceil(filesize / partSize))
    const size = Math.ceil(filesize / count)
    const parts: Kept["parts"] = new Map()
    for (let number = 1; number <= count; number++) {
      const start = Math.min((number - 1) * size, filesize)
      const end = Math.min(start + size, filesize)
      parts.set(number, { number, size: end - start, isFinal: number === count, receivedAt: null, issue: 1 })
    }
    return this.keep({ upload: { assetId, realtime: false, contentType }, filesize, parts })
  }

  /** Expects a realtime upload, whose parts are not known yet. */
  expectRealtime(options: {
    /** The file that was created. */
    readonly assetId: AssetId
    /** The MIME type. */
    readonly contentType: string
  }): Upload {
    return this.keep({ upload: { ...options, realtime: true }, filesize: null, parts: new Map() })
  }

  private keep(kept: Kept): Upload {
    this.kept.set(kept.upload.assetId, kept)
    return this.show(kept)
  }

  private show(kept: Kept): Upload {
    const { upload } = kept
    return {
      ...upload,
      filesize: kept.filesize,
      parts: [...kept.parts.values()]
        .sort((a, b) => a.number - b.number)
        .map(({ issue, ...part }) => ({ ...part, url: this.urlOf(upload.assetId, { ...part, issue }) }))
    }
  }

  private urlOf(assetId: string, part: Pick<KeptPart, "issue" | "number">): string {
    return `${this.base}/uploads/${assetId}/${part.number}?signature=${signatureOf(assetId, part)}`
  }

  /** Whether a path or URL is that of a part, expected or not. */
  isPath(url: string): boolean {
    return PATH.test(url)
  }

  /**
   * Adds parts to a realtime upload; a part that is requested again gets another URL. Answers their URLs in order.
   */
  addParts(
    assetId: AssetId,
    parts: ReadonlyArray<Pick<ExpectedPart, "number" | "size" | "isFinal">>,
    filesize?: number | undefined
  ): ReadonlyArray<string> {
    const kept = this.kept.get(assetId)
    if (kept === undefined) return []
    if (filesize !== undefined) kept.filesize = filesize
    return parts.map((part) => {
      const issue = (kept.parts.get(part.number)?.issue ?? 0) + 1
      kept.parts.set(part.number, { ...part, receivedAt: null, issue })
      return this.urlOf(assetId, { number: part.number, issue })
    })
  }

  /** The upload of an asset, if one was begun. */
  get(assetId: string): Upload | undefined {
    const kept = this.kept.get(assetId.toLowerCase())
    return kept === undefined ? undefined : this.show(kept)
  }

  /** The part that a URL expects. */
  at(url: string): Place | undefined {
    const [, assetId = "", number = ""] = PATH.exec(url) ?? []
    const kept = this.kept.get(assetId.toLowerCase())
    const part = kept?.parts.get(Number(number))
    if (kept === undefined || part === undefined) return undefined
    const id = kept.upload.assetId
    const { issue: _, ...expected } = part
    return {
      upload: { ...kept.upload, filesize: kept.filesize },
      part: { ...expected, url: this.urlOf(id, part) },
      signature: signatureOf(id, part)
    }
  }

  /** Notes that a part has arrived; putting it again replaces it. Answers whether it is expected. */
  received(url: string, nowMillis: number): boolean {
    const [, assetId = "", number = ""] = PATH.exec(url) ?? []
    const parts = this.kept.get(assetId.toLowerCase())?.parts
    const part = parts?.get(Number(number))
    if (parts === undefined || part === undefined) return false
    parts.set(part.number, { ...part, receivedAt: nowMillis })
    return true
  }

  /** Whether all parts of an upload have arrived, including the final one. */
  isComplete(assetId: string): boolean {
    let ends = false
    for (const part of this.kept.get(assetId.toLowerCase())?.parts.values() ?? []) {
      if (part.receivedAt === null) return false
      ends ||= part.isFinal
    }
    return ends
  }
}

/** No uploads yet. */
export const make = (): Uploads => new Uploads()
