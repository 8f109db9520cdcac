/** A store of one job in memory, on the clock of the test, with the rules of the real one: leases, generations, hands. */
import { LinkRecord, type VersionPlan } from "@effect-frameio/batch"
import { ClusterError, type JobStore } from "@effect-frameio/cluster"
import { Clock, Duration, Effect, Stream } from "effect"

interface Chain {
  state: "planned" | "open" | "done"
  generation: number
  session: string | undefined
  /** Undefined once it was laid down. */
  seenAt: number | undefined
  rows: ReadonlyArray<LinkRecord.LinkRecord>
}

const unused = Effect.dieMessage("not of this store")

export const make = (plan: VersionPlan.VersionPlan, api: JobStore.Job["api"]) => {
  const chains: ReadonlyArray<Chain> = plan.chains.map((chain) => ({
    state: "planned",
    generation: 0,
    session: undefined,
    seenAt: 0,
    rows: chain.links.map((link) => LinkRecord.planned(chain, link))
  }))
  let job: JobStore.Job = {
    id: 1,
    name: "job",
    plan: undefined,
    account: "default",
    api,
    isChecked: false,
    traceparent: undefined,
    kind: "run",
    state: "running",
    reason: undefined,
    createdAtMillis: 0,
    settleMillis: 2000,
    links: plan.jobs,
    chains: plan.chains.length
  }
  /** How often a chain was started again. */
  let restarts = 0
  const at = (index: number): Chain => {
    const chain = chains[index]
    if (chain === undefined) throw new Error(`there is no chain ${index}`)
    return chain
  }
  const rows = (index: number) => at(index).rows
  const held = (session: string, indexes: ReadonlyArray<number>) =>
    indexes.map(at).filter((chain) => chain.session === session)

  const service: JobStore.Service = {
    submit: () => unused,
    undo: () => unused,
    jobs: Effect.sync(() => [job]),
    reading: () => {
      throw new Error("not of this store")
    },
    claimCheck: () => Effect.sync(() => !job.isChecked),
    checked: () =>
      Effect.sync(() => {
        job = { ...job, isChecked: true }
      }),
    reorders: () => Effect.succeed([]),
    left: () => Stream.filterMap(Stream.fromIterable(chains), (chain) => LinkRecord.leftOf(chain.rows)),
    speaks: (_, said) => Effect.sync(() => job.api ?? said),
    running: Effect.sync(() => (job.state === "running" ? [job] : [])),
    start: (_, { open, stalled, unheld }) =>
      Effect.map(Clock.currentTimeMillis, (now) =>
        chains.flatMap((chain, index) => {
          const longest = Duration.toMillis(stalled)
          const patience =
            chain.session === undefined ? Math.min(longest, Duration.toMillis(unheld) * chain.generation) : longest
          const isStalled = chain.seenAt !== undefined && chain.seenAt < now - patience
          const how = chain.state === "planned" ? "new" : chain.seenAt === undefined ? "laid down" : "stalled"
          const begun = chains.filter(({ state }) => state === "open").length
          if (chain.state === "done" || (how === "new" && begun >= open) || (how === "stalled" && !isStalled)) return []
          if (how === "stalled") restarts++
          Object.assign(chain, { state: "open", generation: chain.generation + 1, session: undefined, seenAt: now })
          return [{ job: job.id, chain: index, generation: chain.generation, how }]
        })
      ),
    begin: ({ kind }, session, starts, lease) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const begun = ({ chain: index, generation }: (typeof starts)[number]): JobStore.Begun => {
          const chain = at(index)
          if (chain.generation !== generation || chain.state !== "open" || job.state !== "running") {
            return { _tag: "Over" }
          }
          if (kind !== job.kind) return { _tag: "Other" }
          const isFree =
            chain.session === undefined ||
            chain.session === session ||
            (chain.seenAt ?? 0) < now - Duration.toMillis(lease)
          if (!isFree) return { _tag: "Elsewhere" }
          Object.assign(chain, { session, seenAt: now })
          return { _tag: "Taken", rows: rows(index) }
        }
        return new Map(starts.map((start) => [start.chain, begun(start)]))
      }),
    chain: (_, index) => Effect.sync(() => rows(index)),
    stateOf: (_, line) =>
      Effect.sync(() => chains.flatMap((chain) => chain.rows).find((row) => row.line === line)?.state),
    write: (_, session, { patches }) =>
      Effect.suspend(() => {
        for (const patch of patches) {
          const chain = chains.find(({ rows }) => rows.some(({ line }) => line === patch.line))
          if (chain?.session !== session) return new ClusterError.ClusterError({ reason: "Lost" })
          chain.rows = chain.rows.map((row) => (row.line === patch.line ? LinkRecord.patched(row, patch) : row))
        }
        return Effect.void
      }),
    beat: (_, session, indexes) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const chain of held(session, indexes)) chain.seenAt = now
        return { job, isAllBegun: chains.every(({ state }) => state !== "planned") }
      }),
    layDown: (_, session, indexes, how) =>
      Effect.sync(() => {
        for (const chain of held(session, indexes)) {
          Object.assign(chain, { session: undefined, state: how, seenAt: undefined })
        }
      }),
    stop: ({ kind }, reason) =>
      Effect.sync(() => {
        if (kind === job.kind) job = { ...job, state: "stopped", reason }
      }),
    finish: Effect.sync(() => {
      if (chains.every(({ state }) => state === "done")) job = { ...job, state: "done" }
    })
  }
  return {
    service,
    isDone: () => job.state === "done",
    restarts: () => restarts,
    rowsOf: rows,
    /** Whether a session has a chain in hand. */
    isHeld: (index: number) => at(index).session !== undefined,
    /** Takes a chain from the session that has it in hand. */
    takeAway: (index: number) => Object.assign(at(index), { session: "somebody", generation: at(index).generation + 1 })
  }
}
