/**
 * One page of a list. Frame.io sends the list bare and its place among the pages in headers.
 *
 * @since 0.1.0
 */

/**
 * One page of a list. A field is absent if the headers did not say it.
 *
 * @example
 * ```ts
 * const { items, total } = yield* frameio.children({ assetId: folder, pageSize: 100 })
 * yield* Console.log(`${items.length} of ${total ?? "an unknown number"}`)
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  /** Counted from 1. */
  readonly page: number | undefined
  /** How many items a full page has. */
  readonly perPage: number | undefined
  /** How many items there are on all pages. */
  readonly total: number | undefined
  /** How many pages there are. */
  readonly totalPages: number | undefined
  /** Whether a `link` header names a next page. */
  readonly hasNext?: boolean | undefined
}

/** A whole number, also as `5.0`, and as `5, 5` if a proxy doubled the header. */
const read = (value: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  const numbers = new Set(
    value.split(",").map((one) => (/^\s*\d{1,15}(?:\.0+)?\s*$/.test(one) ? Number(one) : undefined))
  )
  const [first] = numbers
  return numbers.size === 1 ? first : undefined
}

/** A `link` header without any neighbour does not tell whether there is a next page. */
const readNext = (link: string | undefined): boolean | undefined => {
  if (link === undefined) return undefined
  const relations = [...link.matchAll(/;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))/gi)].flatMap(([, quoted, bare]) =>
    (quoted ?? bare ?? "").toLowerCase().split(/\s+/)
  )
  if (relations.includes("next")) return true
  return relations.some((one) => one === "prev" || one === "previous" || one === "first" || one === "last")
    ? false
    : undefined
}

/**
 * A page from its items and the headers `page-number`, `per-page`, `total`, `total-pages` and `link`, in lower case. A
 * header that is not a whole number is ignored.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromHeaders = <A>(
  items: ReadonlyArray<A>,
  headers: Readonly<Record<string, string | undefined>>
): Page<A> => ({
  items,
  page: read(headers["page-number"]),
  perPage: read(headers["per-page"]),
  total: read(headers.total),
  totalPages: read(headers["total-pages"]),
  hasNext: readNext(headers.link)
})
