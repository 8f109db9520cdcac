import { assert, describe, it } from "@effect/vitest"
import { type Call, workers } from "../src/Client.js"

const call = (urgent: boolean): Call => ({ assetId: "a", nextAssetId: "b", urgent })

describe("workers", () => {
  it("runs so many at a time, in order, also after a failure", async () => {
    const work = workers(2)
    const started: Array<number> = []
    let open = 0
    let most = 0
    const ran = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        work(call(false), async () => {
          started.push(i)
          most = Math.max(most, ++open)
          await Promise.resolve()
          open--
          if (i % 3 === 0) throw new Error("no")
          return i
        })
      )
    )
    assert.strictEqual(most, 2)
    assert.deepStrictEqual(
      started,
      Array.from({ length: 20 }, (_, i) => i)
    )
    assert.strictEqual(ran.filter((one) => one.status === "rejected").length, 7)
  })

  it("does not let an urgent call queue", async () => {
    const work = workers(1)
    let release: () => void = () => {}
    const blocked = work(call(false), () => new Promise<void>((resolve) => (release = resolve)))
    assert.strictEqual(await work(call(true), async () => "now"), "now")
    release()
    await blocked
  })
})
