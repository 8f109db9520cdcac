import { FastCheck, Random } from "effect"
import { liveServices } from "effect/DefaultServices"
import { beforeEach } from "vitest"

/** What is drawn at random is the same in every run, so that no test fails by chance; `SEED` draws something else. */
const SEED = Number(process.env.SEED ?? 0)

FastCheck.configureGlobal({ seed: SEED })

beforeEach(() => {
  liveServices.unsafeMap.set(Random.Random.key, Random.make(SEED))
})
