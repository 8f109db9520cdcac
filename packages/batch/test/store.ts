import { assert } from "@effect/vitest"
import { BatchRunner, JobWriter, LinkRecord, type VersionPlan } from "@effect-frameio/batch"
import { Effect, Option, Stream } from "effect"

/** A store as a ledger is one: what it was told survives the run. */
export const storeOf = (plan: VersionPlan.VersionPlan) => {
  const rows = plan.chains.flatMap((chain) => chain.links.map((link) => LinkRecord.planned(chain, link)))
  const write = ({ patches }: JobWriter.Entries) =>
    Effect.sync(() => {
      for (const patch of patches) {
        const at = rows.findIndex(({ line }) => line === patch.line)
        const row = rows[at]
        assert(row !== undefined)
        rows[at] = LinkRecord.patched(row, patch)
      }
    })
  const chains = () => LinkRecord.byChain(rows)
  return {
    left: () => chains().flatMap((chain) => Option.toArray(LinkRecord.leftOf(chain))),
    stacked: () => chains().flatMap((chain) => Option.toArray(LinkRecord.stackedOf(chain))),
    rows,
    write
  }
}

export type Store = ReturnType<typeof storeOf>

const SETTLE_MILLIS = 1000

const cutOff = <A, E, R>(job: Effect.Effect<A, E, R>, millis: number | undefined) =>
  millis === undefined ? job : Effect.timeoutOption(job, millis)

/** One run of what is left, cut off after so many ms; answers whether all is in place. */
export const run = (store: Store, cutAfterMillis?: number) =>
  Effect.gen(function* () {
    const { record } = yield* JobWriter.make("run", store.write)
    const chains = store.left()
    const links = chains.reduce((sum, chain) => sum + chain.links.length, 0)
    const job = BatchRunner.runChains(Stream.fromIterable(chains), {
      settleAfter: SETTLE_MILLIS,
      links,
      chains: chains.length,
      before: store.rows.length - links,
      onEvent: record
    }).pipe(Stream.runDrain)
    yield* cutOff(job, cutAfterMillis)
    return store.rows.every(({ state }) => state === "confirmed")
  }).pipe(Effect.scoped)

/** The same of what is stacked; answers whether all is undone. */
export const undo = (store: Store, cutAfterMillis?: number) =>
  Effect.gen(function* () {
    const { record } = yield* JobWriter.make("undo", store.write)
    const chains = store.stacked()
    const job = BatchRunner.undoChains(Stream.fromIterable(chains), {
      settleAfter: SETTLE_MILLIS,
      links: chains.reduce((sum, chain) => sum + chain.links.length, 0),
      chains: chains.length,
      onEvent: record
    }).pipe(Stream.runDrain)
    yield* cutOff(job, cutAfterMillis)
    return store.stacked().length === 0
  }).pipe(Effect.scoped)
