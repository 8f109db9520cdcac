/**
 * `frameio-api-typescript`: <https://github.com/fartinmartin/frameio-api-typescript>, commit 185b3bd (version 1.3.10),
 * paths below `src/`. It calls by axios 0.27.2 and gives its callers `response.data`.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect } from "effect"
import { type Answer, at, json, list, type Sent, text, withFake } from "./wire.js"

/** `get` of index.ts. */
const get = (path: string): Sent => ({
  method: "GET",
  url: `/v2/${path}`,
  headers: {
    Accept: "application/json, text/plain, */*",
    Authorization: `Bearer ${FakeFrameio.token}`,
    "User-Agent": "axios/0.27.2",
    Connection: "close"
  }
})

/** axios rejects every status outside 200 to 299. */
const data = (answer: Answer): unknown => {
  assert(answer.status >= 200 && answer.status < 300, `${answer.status} ${answer.text}`)
  return json(answer)
}

describe("frameio-api-typescript", () => {
  it.live("assets/getAsset.ts: its own defaults, and several types joined by commas", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const file = yield* fake.addFile({ name: "a.mov" })
        const byDefault = data(yield* send(get(`assets/${file}?include_deleted=true&type=file`)))
        // Some of what types.ts says that every asset has.
        for (const key of ["id", "_type", "type", "name", "parent_id", "project_id", "creator", "label", "original"]) {
          at(byDefault, key)
        }
        text(at(byDefault, "creator", "name"))
        const folder = yield* fake.addFolder({ name: "shots" })
        const several = data(yield* send(get(`assets/${folder}?include_deleted=false&type=file%2Cfolder`)))
        assert.strictEqual(at(several, "type"), "folder")
      })
    )
  )

  it.live("assets/search.ts: everything in the query, the search term last and as it is", () =>
    withFake({}, (fake, send) =>
      Effect.gen(function* () {
        const [user] = fake.world.users
        const [project] = fake.world.projects
        assert(user && project)
        for (const name of ["shot_a.mov", "shot_b.mov", "other.mov"]) yield* fake.addFile({ name })
        const query = new URLSearchParams({
          account_id: user.accountId,
          project_id: project.id,
          include: "children",
          include_deleted: "false",
          page: "1",
          page_size: "10",
          shared_projects: "false",
          sort: "name",
          type: "file"
        })
        const found = list(data(yield* send(get(`search/assets?${query.toString()}&q=shot`))))
        assert.deepStrictEqual(
          found.map((one) => at(one, "name")),
          ["shot_a.mov", "shot_b.mov"]
        )
      })
    )
  )
})
