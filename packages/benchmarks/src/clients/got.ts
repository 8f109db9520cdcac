/** `got` with its own retry, told that a POST may be retried on 429. */
import got from "got"
import type { Client } from "../Client.js"
import { HEADERS, RETRIES, urlOf, workers } from "../Client.js"

export const client: Client = {
  id: "got",
  title: "`got`, its retry",
  told: "nothing",
  make: async ({ baseUrl, concurrency }) => {
    const work = workers(concurrency)
    const http = got.extend({
      headers: { authorization: HEADERS.authorization },
      retry: { limit: RETRIES, methods: ["POST"], statusCodes: [429] }
    })
    return {
      submit: (call) =>
        work(call, () => http.post(urlOf(baseUrl, call), { json: { next_asset_id: call.nextAssetId } }).json())
    }
  }
}
