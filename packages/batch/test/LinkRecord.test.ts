import { Reactivity } from "@effect/experimental"
import { LibsqlClient } from "@effect/sql-libsql"
import { assert, describe, it } from "@effect/vitest"
import { type JobWriter, LinkRecord } from "@effect-frameio/batch"
import { Asset } from "@effect-frameio/core"
import { Effect, FastCheck } from "effect"

const A = Asset.AssetId.make("00000000-0000-4000-8000-00000000000a")
const B = Asset.AssetId.make("00000000-0000-4000-8000-00000000000b")

const orNull = <T>(...some: ReadonlyArray<T>) => FastCheck.constantFrom(null, ...some)

const anyPatch: FastCheck.Arbitrary<JobWriter.Patch> = FastCheck.record({
  line: FastCheck.constant(1),
  state: orNull("planned" as const, "sent" as const, "confirmed" as const, "failed" as const, "undone" as const),
  how: orNull("answered" as const, "settled" as const, "already" as const),
  sentTo: orNull("s1", "s2"),
  stackId: orNull("t1", "t2"),
  attempts: FastCheck.nat(2),
  sentAt: orNull(1, 2),
  doneAt: orNull(3, 4),
  fault: orNull("", "{}", "[]"),
  home: orNull("h1", "h2")
})

const COLUMNS = ["line", "state", "how", "sentTo", "stackId", "attempts", "sentAt", "doneAt", "fault", "home"] as const

describe("LinkRecord", () => {
  it.scoped("says what a change makes of a row as its SQL does", () =>
    Effect.gen(function* () {
      const sql = yield* LibsqlClient.make({ url: ":memory:" })
      const first = LinkRecord.planned(
        { index: 0, target: A },
        { line: 1, assetId: A, nextAssetId: B, fields: { name: "a.mov" } }
      )
      yield* sql.unsafe(`CREATE TABLE links (${Object.keys(first).join(", ")})`)
      yield* sql.unsafe(`CREATE TABLE patch (${COLUMNS.map((name) => `"${name}"`).join(", ")})`)
      const histories = FastCheck.sample(FastCheck.array(anyPatch, { minLength: 1, maxLength: 6 }), {
        numRuns: 300,
        seed: 11
      })
      yield* Effect.forEach(
        histories,
        (patches) =>
          Effect.gen(function* () {
            yield* sql.unsafe("DELETE FROM links")
            yield* sql.unsafe(
              `INSERT INTO links VALUES (${Object.keys(first)
                .map(() => "?")
                .join(", ")})`,
              Object.values(first)
            )
            let row = first
            for (const patch of patches) {
              yield* sql.unsafe("DELETE FROM patch")
              yield* sql.unsafe(
                `INSERT INTO patch VALUES (${COLUMNS.map(() => "?").join(", ")})`,
                COLUMNS.map((name) => patch[name])
              )
              yield* sql.unsafe(`UPDATE links SET ${LinkRecord.SET} FROM patch WHERE links.line = patch.line`)
              row = LinkRecord.patched(row, patch)
              assert.deepStrictEqual({ ...(yield* sql.unsafe("SELECT * FROM links"))[0] }, { ...row })
            }
          }),
        { discard: true }
      )
    }).pipe(Effect.provide(Reactivity.layer))
  )
})
