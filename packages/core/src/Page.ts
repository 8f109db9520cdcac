/**
 * One page of a list. Frame.io sends the list bare and its place among the pages in headers.
 *
 * @since 0.1.0
 */

/**
 * One page of a list. What the headers did not say is absent.
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
}

const read = (value: string | undefined): number | undefined =>
  value !== undefined && /^\s*\d{1,15}\s*$/.test(value) ? Number(value) : undefined

/**
 * A page out of its items and the headers `page-number`, `per-page`, `total` and `total-pages` (names in lower case).
 * A header that is not a whole number is not believed.
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
  totalPages: read(headers["total-pages"])
})
