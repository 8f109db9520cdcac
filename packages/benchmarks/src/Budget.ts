/**
 * What the benchmark of budgets and its workers say to one another.
 *
 * @since 0.1.0
 */

/**
 * Asks a worker for the times that permits take.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToWorker {
  readonly probe: { readonly times: number; readonly everyMillis: number }
}

/**
 * A worker hosts an entity of a bucket, or tells what permits took, in ms.
 *
 * @since 0.1.0
 * @category models
 */
export type FromWorker = { readonly hosts: true } | { readonly permits: ReadonlyArray<number> }
