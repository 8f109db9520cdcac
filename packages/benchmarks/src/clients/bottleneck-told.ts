/** `bottleneck` told the limit as a reservoir that is refreshed every window, retrying as its guide shows. */
import Bottleneck from "bottleneck"
import type { Client } from "../Client.js"
import { fetchCall, RETRIES, TooManyRequests } from "../Client.js"

export const client: Client = {
  id: "bottleneck-told",
  title: "`bottleneck`, told",
  told: "limit and window",
  make: async ({ baseUrl, limit, windowMillis }) => {
    const limiter = new Bottleneck({
      reservoir: limit,
      reservoirRefreshAmount: limit,
      reservoirRefreshInterval: windowMillis
    })
    limiter.on("failed", async (error: unknown, job) =>
      error instanceof TooManyRequests && job.retryCount < RETRIES ? 1000 * 2 ** job.retryCount : undefined
    )
    return {
      submit: (call) => limiter.schedule({ priority: call.urgent ? 0 : 5 }, () => fetchCall(baseUrl, call)),
      close: () => limiter.disconnect()
    }
  }
}
