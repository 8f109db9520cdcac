/** `bottleneck` told the limit as a pace: one call every `window / limit` ms. */
import Bottleneck from "bottleneck"
import type { Client } from "../Client.js"
import { fetchCall, RETRIES, TooManyRequests } from "../Client.js"

export const client: Client = {
  id: "bottleneck-paced",
  title: "`bottleneck`, told as `minTime`",
  told: "limit and window",
  limitOnly: true,
  make: async ({ baseUrl, limit, windowMillis }) => {
    const limiter = new Bottleneck({ minTime: windowMillis / limit })
    limiter.on("failed", async (error: unknown, job) =>
      error instanceof TooManyRequests && job.retryCount < RETRIES ? 1000 * 2 ** job.retryCount : undefined
    )
    return {
      submit: (call) => limiter.schedule({ priority: call.urgent ? 0 : 5 }, () => fetchCall(baseUrl, call)),
      close: () => limiter.disconnect()
    }
  }
}
