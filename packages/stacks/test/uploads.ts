/** What the tests of uploads have in common. */
import type { Asset } from "@effect-frameio/core"
import { type FakeFrameio, FaultPlan } from "@effect-frameio/testing"

export const named = { name: "shot_010_v002.mov", filetype: "video/quicktime" } as const

/** Bytes that differ from place to place, so that a misplaced piece has another checksum. */
export const bytesOf = (size: number, seed = 1): Uint8Array => {
  const bytes = new Uint8Array(size)
  let x = seed
  for (let at = 0; at < size; at++) {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0
    bytes[at] = x >>> 24
  }
  return bytes
}

export const rootOf = (service: FakeFrameio.Service): Asset.AssetId => {
  const [project] = service.world.projects
  if (project === undefined) throw new Error("no project")
  return project.rootId
}

/** A storage that is slow, and fails in every way it can. */
export const storageFaults = (seed: number): FaultPlan.FaultPlan =>
  FaultPlan.combine(
    FaultPlan.random({
      seed,
      endpoints: ["storage.part"],
      connectionRefused: 0.05,
      requestLost: 0.05,
      answerLost: 0.05,
      noAnswer: 0.02,
      errorBefore: 0.05,
      errorAfter: 0.05,
      htmlBefore: 0.05,
      htmlAfter: 0.05,
      brokenMidway: 0.1
    }),
    FaultPlan.latency({ millis: 40, jitterMillis: 40, seed })
  )
