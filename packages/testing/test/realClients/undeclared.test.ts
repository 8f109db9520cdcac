/**
 * Requests of the same clients to endpoints outside of the declaration, which is the documented Assets group. The fake
 * says so, in the form that every client can read.
 */
import { assert, describe, it } from "@effect/vitest"
import { FakeFrameio } from "@effect-frameio/testing"
import { Effect } from "effect"
import { at, json, withFake } from "./wire.js"

const requests = [
  ["GET", "/v2/me", "the reference's first curl; python-frameio-client services/users.py User.get_me"],
  ["GET", "/v2/accounts", "python-frameio-client services/users.py User.get_accounts"],
  ["GET", "/v2/accounts/ID", "frameio-api-typescript src/accounts/getAccount.ts"],
  ["GET", "/v2/teams", "frameio-python-sync server/sync.py update_projects"],
  ["GET", "/v2/teams/ID/projects?filter[archived]=none", "Flame-FrameIO lib/frame_io_api.py get_fio_projects"],
  ["GET", "/v2/projects/ID", "python-frameio-client services/projects.py Project.get"],
  ["GET", "/v2/assets/ID/comments", "frameio-api-typescript src/comments/getComments.ts"],
  ["POST", "/v2/assets/ID/label", "fioctl assets.py label"],
  ["PUT", "/v2/assets/ID/restore", "fioctl assets.py restore"],
  ["POST", "/v2/devices/assets", "the documentation's guide how-to-basic-upload, for cameras"]
] as const

describe("outside of the declaration", () => {
  for (const [method, url, source] of requests) {
    it.live(`${method} ${url}: ${source}`, () =>
      withFake({}, (fake, send) =>
        Effect.gen(function* () {
          const id = yield* fake.addFile({ name: "a.mov" })
          const answer = yield* send({
            method,
            url: encodeURI(url.replace("ID", id)),
            headers: { Authorization: `Bearer ${FakeFrameio.token}` }
          })
          assert.strictEqual(answer.status, 404)
          assert.strictEqual(at(json(answer), "code"), 404)
          assert.include(String(at(json(answer), "errors", 0, "detail")), "The fake does not know")
        })
      )
    )
  }
})
