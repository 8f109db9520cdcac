/**
 * Builds chains from pairs, and collects every problem on the way. Pure: without Effect.
 *
 * A pair says "put `nextAssetId` on the stack of `assetId`". A new version can be put on only one stack, so the pairs
 * form trees; each tree is one chain, and ends up on the stack of the asset at its root.
 */

import * as Uuid from "@effect-frameio/core/Uuid"
import { type Expected, expectedOf, makeOrder, orderOf, placeOf, REORDER_FROM } from "./planRules.js"

export type Kind =
  | "asset-on-itself"
  | "broken-csv"
  | "broken-json"
  | "broken-order"
  | "cycle"
  | "duplicate-column"
  | "duplicate-version"
  | "empty"
  | "field-count"
  | "missing-column"
  | "missing-value"
  | "no-header"
  | "not-a-uuid"
  | "not-an-object"
  | "not-utf8"
  | "out-of-order"
  | "too-long"

export const KINDS: readonly [Kind, ...Array<Kind>] = [
  "asset-on-itself",
  "broken-csv",
  "broken-json",
  "broken-order",
  "cycle",
  "duplicate-column",
  "duplicate-version",
  "empty",
  "field-count",
  "missing-column",
  "missing-value",
  "no-header",
  "not-a-uuid",
  "not-an-object",
  "not-utf8",
  "out-of-order",
  "too-long"
]

export interface Problem {
  readonly kind: Kind
  /** 1 for the first line; absent if the problem is about the whole input. */
  readonly line: number | undefined
  /** 1 for the first character of the line. */
  readonly column: number | undefined
  readonly message: string
}

export interface RawLink {
  readonly line: number
  /** In lower case, as the pair named it. */
  readonly assetId: string
  /** In lower case. */
  readonly nextAssetId: string
  /** The other columns as they came, or nothing. */
  readonly fields: Readonly<Record<string, unknown>> | undefined
}

export interface RawChain {
  readonly index: number
  readonly target: string
  readonly links: ReadonlyArray<RawLink>
  readonly expected?: Expected | undefined
}

export type Built =
  | {
      readonly ok: true
      readonly chains: ReadonlyArray<RawChain>
      readonly jobs: number
    }
  | {
      readonly ok: false
      readonly problems: ReadonlyArray<Problem>
      readonly total: number
    }

export const isUuid = (value: string): boolean => Uuid.whole.test(value)

/** Characters that are invisible, or look like an ordinary space. */
const INVISIBLE = /(?! )[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}]/gu

/**
 * A value for printing: in quotes, with control and invisible characters escaped, and no longer than a line.
 */
export const shown = (value: string, longest = 60): string =>
  JSON.stringify(value.length > longest ? `${value.slice(0, longest)}…` : value).replace(
    INVISIBLE,
    (char) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`
  )

/** Why a value is no id of a plan; two ids of one file would be two files of it. */
const notUuid = (value: string): string =>
  /^adobe:/i.test(value)
    ? "an Adobe id. A plan names each file by its UUID, so that none is in it under two ids; read the file over V4 by this id, and take the `id` of the answer."
    : "which is not a UUID such as 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10."

export const ASSET_ID = "asset_id"

export const NEXT_ASSET_ID = "next_asset_id"

const NEAR: Readonly<Record<string, ReadonlyArray<string>>> = {
  [ASSET_ID]: ["asset", "id", "target", "targetid", "targetasset", "from", "old", "oldid", "previous", "prev", "stack"],
  [NEXT_ASSET_ID]: [
    "next",
    "nextid",
    "nextasset",
    "new",
    "newid",
    "newassetid",
    "newversion",
    "version",
    "versionid",
    "to"
  ]
}

const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "")

/** Edit distance, up to two. */
const near = (left: string, right: string): boolean => {
  if (Math.abs(left.length - right.length) > 2) return false
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let i = 1; i <= left.length; i++) {
    const current = [i]
    for (let j = 1; j <= right.length; j++) {
      const same = left[i - 1] === right[j - 1] ? 0 : 1
      current.push(Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same))
    }
    previous = current
  }
  return (previous[right.length] ?? 3) <= 2
}

/**
 * The complaint about a missing name, with the name that was probably meant.
 */
export const missingName = (what: "column" | "field", name: string, found: ReadonlyArray<string>): string => {
  const list =
    found.length === 0
      ? "nothing"
      : found
          .slice(0, 12)
          .map((one) => shown(one, 40))
          .join(", ")
  const more = found.length > 12 ? ` and ${found.length - 12} more` : ""
  const taken = name === ASSET_ID ? NEXT_ASSET_ID : ASSET_ID
  const candidates = found.filter((one) => bare(one) !== bare(taken))
  const close =
    candidates.find((one) => bare(one) === bare(name)) ??
    candidates.find((one) => NEAR[name]?.includes(bare(one)) === true) ??
    candidates.find((one) => near(bare(one), bare(name)))
  const hint = close === undefined ? "" : ` Did you mean ${shown(close, 40)}? Then rename it to "${name}".`
  return `The ${what} "${name}" is missing; found: ${list}${more}.${hint}`
}

/** Lines as a person lists them, not too many. */
const listLines = (lines: ReadonlyArray<number>): string => {
  const some = lines.slice(0, 8)
  const more = lines.length - some.length
  if (more > 0) return `lines ${some.join(", ")} and ${more} more`
  if (some.length === 1) return `line ${some[0]}`
  return `lines ${some.slice(0, -1).join(", ")} and ${some[some.length - 1]}`
}

/** Whether an order consists of ids, including the one that is put on top. */
const isOrderWith = (order: ReadonlyArray<string>, next: string): boolean =>
  order.length > 1 && order.includes(next) && order.every(isUuid) && new Set(order).size === order.length

/**
 * Checks pairs one by one and counts problems; what happens to a valid pair is up to the subclass. Mutable, for one
 * input.
 */
export abstract class PairSink {
  readonly #maxProblems: number
  readonly #problems: Array<Problem> = []
  #total = 0

  constructor(maxProblems: number) {
    this.#maxProblems = maxProblems
  }

  /** How many problems were found so far, including those not kept. */
  get total(): number {
    return this.#total
  }

  /** The kept problems, by line. */
  get problems(): ReadonlyArray<Problem> {
    return [...this.#problems].sort((left, right) => (left.line ?? 0) - (right.line ?? 0))
  }

  /** How many valid pairs were taken so far. */
  abstract get size(): number

  /** Takes a valid pair. */
  protected abstract take(link: RawLink): void

  problem(kind: Kind, line: number | undefined, message: string, column?: number): void {
    this.#total += 1
    if (this.#problems.length < this.#maxProblems) this.#problems.push({ kind, line, column, message })
  }

  /** Adds problems found elsewhere; there may be more than are given. */
  addAll(problems: ReadonlyArray<Problem>, total: number): void {
    for (const { column, kind, line, message } of problems) this.problem(kind, line, message, column)
    this.#total += total - problems.length
  }

  /** Checks one pair; `undefined` or the empty text is a missing value. */
  pair(
    line: number,
    assetId: string | undefined,
    nextAssetId: string | undefined,
    fields?: Readonly<Record<string, unknown>>
  ): void {
    const asset = this.#id(line, ASSET_ID, assetId)
    const next = this.#id(line, NEXT_ASSET_ID, nextAssetId)
    if (asset === undefined || next === undefined) return
    if (asset === next) {
      this.problem("asset-on-itself", line, `The asset ${asset} cannot be put on itself: the two ids are the same.`)
      return
    }
    const order = orderOf(fields)
    if (order !== undefined && !isOrderWith(order, next)) {
      this.problem(
        "broken-order",
        line,
        `"${REORDER_FROM}" must have the ids of all versions of the stack, oldest first, with spaces between them, each once and ${next} among them: the line puts that one on top. Leave it empty to put a file on the stack.`
      )
      return
    }
    this.take({ line, assetId: asset, nextAssetId: next, fields })
  }

  #id(line: number, name: string, value: string | undefined): string | undefined {
    const trimmed = value?.trim()
    if (trimmed === undefined || trimmed === "") {
      this.problem("missing-value", line, `"${name}" is empty.`)
      return undefined
    }
    if (!isUuid(trimmed)) {
      this.problem("not-a-uuid", line, `"${name}" is ${shown(trimmed)}, ${notUuid(trimmed)}`)
      return undefined
    }
    return trimmed.toLowerCase()
  }
}

/**
 * Collects pairs in file order, and makes chains of them.
 */
export class PlanBuilder extends PairSink {
  readonly #links: Array<RawLink> = []
  /** From a new version to the link that brings it, by position in `#links`. */
  readonly #broughtBy = new Map<string, number>()
  readonly #anyOrder: boolean

  constructor(maxProblems: number, anyOrder = false) {
    super(maxProblems)
    this.#anyOrder = anyOrder
  }

  get size(): number {
    return this.#links.length
  }

  protected take(link: RawLink): void {
    const { assetId, line, nextAssetId } = link
    const earlier = this.#broughtBy.get(nextAssetId)
    const before = earlier === undefined ? undefined : this.#links[earlier]
    if (before !== undefined) {
      this.problem(
        "duplicate-version",
        line,
        before.assetId === assetId
          ? `This pair is already on line ${before.line}. A version is put on a stack once; remove one of the two lines.`
          : `The new version ${nextAssetId} is already put on ${before.assetId} by line ${before.line}. An asset can be on one stack only; remove one of the two lines.`
      )
      return
    }
    this.#broughtBy.set(nextAssetId, this.#links.length)
    this.#links.push(link)
  }

  /** The chains, or every problem by line. */
  build(): Built {
    const roots = this.#roots()
    if (this.total > 0) return { ok: false, problems: this.problems, total: this.total }
    const byRoot = new Map<string, Array<RawLink>>()
    for (let index = 0; index < this.#links.length; index++) {
      const link = this.#links[index]
      const root = roots[index]
      if (link === undefined || root === undefined) continue
      const links = byRoot.get(root)
      if (links === undefined) byRoot.set(root, [link])
      else links.push(link)
    }
    const chains: Array<RawChain> = []
    for (const [target, unordered] of byRoot) {
      const links = inOrder(target, unordered)
      const expected = expectedOf(links[0]?.fields)
      chains.push({ index: chains.length, target, links, ...(expected === undefined ? {} : { expected }) })
      if (!this.#anyOrder) this.#checkOrder(links)
    }
    if (this.total > 0) return { ok: false, problems: this.problems, total: this.total }
    return { ok: true, chains, jobs: this.#links.length }
  }

  #checkOrder(links: ReadonlyArray<RawLink>): void {
    const next = makeOrder()
    for (const { fields, line } of links) {
      const misplaced = next(placeOf(line, fields))
      if (misplaced !== undefined) this.problem("out-of-order", misplaced.line, misplaced.message)
    }
  }

  /** The root of each link's tree; a cycle has no root and is a problem. */
  #roots(): ReadonlyArray<string | undefined> {
    const roots: Array<string | undefined> = new Array(this.#links.length)
    const seen = new Uint32Array(this.#links.length)
    for (let start = 0; start < this.#links.length; start++) {
      if (seen[start] !== 0) continue
      const path: Array<number> = []
      let at: number | undefined = start
      let root: string | undefined
      while (at !== undefined) {
        if (seen[at] === start + 1) {
          this.#cycle(path.slice(path.indexOf(at)))
          break
        }
        if (seen[at] !== 0) {
          root = roots[at]
          break
        }
        seen[at] = start + 1
        path.push(at)
        const asset: string | undefined = this.#links[at]?.assetId
        at = asset === undefined ? undefined : this.#broughtBy.get(asset)
        if (at === undefined) root = asset
      }
      for (const index of path) roots[index] = root
    }
    return roots
  }

  /** The path runs from a version to the link that brings its target, so backwards it reads in stacking order. */
  #cycle(path: ReadonlyArray<number>): void {
    const links = path.flatMap((index) => this.#links[index] ?? []).reverse()
    const first = links.reduce((least, link, index) => (link.line < (links[least]?.line ?? 0) ? index : least), 0)
    const round = [...links.slice(first), ...links.slice(0, first)]
    const ids = round.slice(0, 4).map((link) => link.assetId)
    const drawn = [...ids, ...(round.length > 4 ? ["…"] : []), round[0]?.assetId].join(" → ")
    const lines = round.map((link) => link.line).sort((left, right) => left - right)
    this.problem(
      "cycle",
      lines[0],
      `A cycle (${listLines(lines)}): ${drawn}. No asset in it can come first; remove one of these lines.`
    )
  }
}

/**
 * File order, except that a version whose target is brought by a later line waits for that line.
 */
export const inOrder = (root: string, links: ReadonlyArray<RawLink>): ReadonlyArray<RawLink> => {
  if (links.length === 1) return links
  const present = new Set<string>([root])
  let sorted = true
  for (const link of links) {
    if (!present.has(link.assetId)) {
      sorted = false
      break
    }
    present.add(link.nextAssetId)
  }
  if (sorted) return links
  present.clear()
  present.add(root)
  const waiting = new Map<string, Array<RawLink>>()
  const ordered: Array<RawLink> = []
  for (const link of links) {
    if (!present.has(link.assetId)) {
      const others = waiting.get(link.assetId)
      if (others === undefined) waiting.set(link.assetId, [link])
      else others.push(link)
      continue
    }
    const released = [link]
    let next = released.shift()
    while (next !== undefined) {
      ordered.push(next)
      present.add(next.nextAssetId)
      for (const other of waiting.get(next.nextAssetId) ?? []) {
        const at = released.findIndex((one) => one.line > other.line)
        if (at === -1) released.push(other)
        else released.splice(at, 0, other)
      }
      waiting.delete(next.nextAssetId)
      next = released.shift()
    }
  }
  return ordered
}
