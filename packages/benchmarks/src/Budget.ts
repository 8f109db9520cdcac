/**
 * The messages between the benchmark of budgets and its workers.
 *
 * @since 0.1.0
 */

/**
 * Asks a worker for the times of permits.
 *
 * @since 0.1.0
 * @category models
 */
export interface ToWorker {
  readonly probe: { readonly times: number; readonly everyMillis: number }
}

/**
 * A worker hosts an entity of a bucket, or reports the times of permits, in ms.
 *
 * @since 0.1.0
 * @category models
 */
export type FromWorker = { readonly hosts: true } | { readonly permits: ReadonlyArray<number> }
