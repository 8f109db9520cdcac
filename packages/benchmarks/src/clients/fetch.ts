/** Plain `fetch` and what Frame.io's documentation advises on a 429: wait a second, then grow exponentially. */
import type { Client } from "../Client.js"
import { fetchCall, RETRIES, sleep, TooManyRequests, workers } from "../Client.js"

export const client: Client = {
  id: "fetch",
  title: "`fetch`, documented backoff",
  told: "nothing",
  make: async ({ baseUrl, concurrency }) => {
    const work = workers(concurrency)
    return {
      submit: (call) =>
        work(call, async () => {
          for (let attempt = 0; ; attempt++) {
            try {
              return await fetchCall(baseUrl, call)
            } catch (error) {
              if (!(error instanceof TooManyRequests) || attempt >= RETRIES) throw error
              await sleep(1000 * 2 ** attempt)
            }
          }
        })
    }
  }
}
