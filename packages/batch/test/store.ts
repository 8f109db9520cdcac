import { assert } from "@effect/vitest"
import { type BatchEvent, BatchRunner, JobWriter, LinkError, LinkRecord, type VersionPlan } from "@effect-frameio/batch"
import { Effect, Option, Schema, Stream } from "effect"

const errorOf = Schema.decodeOption(Schema.parseJson(LinkError.LinkError))

/** The states in which a share may not be as it was before the job. */
const isChanged = ({ state }: BatchEvent.KeptShare): boolean =>
  state === "proving" || state === "adding" || state === "done" || state === "restoring" || state === "undoing"

/** A store as a ledger is one: what it was told survives the run, also one that is killed. */
export const storeOf = (plan: VersionPlan.VersionPlan, keepShares: ReadonlyArray<string> = []) => {
  const rows = plan.chains.flatMap((chain) => chain.links.map((link) => LinkRecord.planned(chain, link)))
  const shares = new Map<string, BatchEvent.KeptShare>()
  let isDead = false
  const write = ({ patches, shares: told }: JobWriter.Entries) =>
    Effect.suspend(() => {
      if (isDead) return Effect.fail("killed" as const)
      for (const patch of patches) {
        const at = rows.findIndex(({ line }) => line === patch.line)
        const row = rows[at]
        assert(row !== undefined)
        rows[at] = LinkRecord.patched(row, patch)
      }
      for (const one of told) shares.set(`${one.line} ${one.shareId}`, one as typeof one & BatchEvent.KeptShare)
      return Effect.void
    })
  const chains = () =>
    LinkRecord.byChain(
      rows.map((row) => ({
        ...row,
        shared: [...shares.values()].some((one) => one.line === row.line && isChanged(one))
          ? (1 as const)
          : (0 as const)
      }))
    )
  return {
    left: () => chains().flatMap((chain) => Option.toArray(LinkRecord.leftOf(chain))),
    stacked: () => chains().flatMap((chain) => Option.toArray(LinkRecord.stackedOf(chain))),
    rows,
    shares: {
      keep: keepShares,
      known: (chain: number) => [...shares.values()].filter((one) => one.chain === chain)
    },
    write,
    /** The shares that a person has to look at. */
    inDoubt: () =>
      rows.flatMap(({ fault, state }) => {
        const error = fault === null || state !== "failed" ? undefined : Option.getOrUndefined(errorOf(fault))
        return error?._tag === "FrameioShareInDoubt" ? [error] : []
      }),
    /** Whether what is told is lost, because the process is dead. */
    setDead: (is: boolean) => {
      isDead = is
    },
    /** Lets what has failed be tried again. */
    retryFailed: () => {
      for (const [at, row] of rows.entries()) {
        if (row.state === "failed") rows[at] = { ...row, state: "planned", fault: null }
      }
    }
  }
}

export type Store = ReturnType<typeof storeOf>

const SETTLE_MILLIS = 1000

/** Runs a job, which is killed after so many ms: it writes nothing down any more. */
const killed = <A, E, R>(store: Store, job: Effect.Effect<A, E, R>, millis: number | undefined) =>
  millis === undefined
    ? job
    : Effect.raceFirst(
        job,
        Effect.delay(
          Effect.sync(() => store.setDead(true)),
          millis
        )
      )

const written = <A, E, R>(store: Store, job: Effect.Effect<A, E, R>) =>
  Effect.ensuring(
    job,
    Effect.sync(() => store.setDead(false))
  )

/** One run of what is left, killed after so many ms; answers whether all is in place. */
export const run = (store: Store, killAfterMillis?: number) =>
  Effect.gen(function* () {
    const { record } = yield* JobWriter.make("run", store.write)
    const chains = store.left()
    const links = chains.reduce((sum, chain) => sum + chain.links.length, 0)
    const job = BatchRunner.runChains(Stream.fromIterable(chains), {
      settleAfter: SETTLE_MILLIS,
      links,
      chains: chains.length,
      before: store.rows.length - links,
      shares: store.shares,
      onEvent: record
    }).pipe(Stream.runDrain, Effect.ignore)
    yield* killed(store, job, killAfterMillis)
    return store.rows.every(({ state }) => state === "confirmed")
  }).pipe(Effect.scoped, (one) => written(store, one))

/** The same of what is stacked; answers whether all is undone. */
export const undo = (store: Store, killAfterMillis?: number) =>
  Effect.gen(function* () {
    const { record } = yield* JobWriter.make("undo", store.write)
    const chains = store.stacked()
    const job = BatchRunner.undoChains(Stream.fromIterable(chains), {
      settleAfter: SETTLE_MILLIS,
      links: chains.reduce((sum, chain) => sum + chain.links.length, 0),
      chains: chains.length,
      shares: { ...store.shares, keep: [] },
      onEvent: record
    }).pipe(Stream.runDrain, Effect.ignore)
    yield* killed(store, job, killAfterMillis)
    return store.stacked().length === 0
  }).pipe(Effect.scoped, (one) => written(store, one))
