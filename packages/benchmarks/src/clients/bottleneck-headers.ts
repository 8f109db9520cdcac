/**
 * `bottleneck` fed from the headers: its reservoir is set to what each answer leaves, and refreshed to the limit every
 * window. A 429's value is not believed, which is kinder than the usual code.
 */
import Bottleneck from "bottleneck"
import type { Client } from "../Client.js"
import { fetchCall, RETRIES, TooManyRequests } from "../Client.js"

export const client: Client = {
  id: "bottleneck-headers",
  title: "`bottleneck`, from headers",
  told: "nothing",
  limitOnly: true,
  make: async ({ baseUrl, concurrency }) => {
    const limiter = new Bottleneck({ maxConcurrent: concurrency })
    let known = ""
    const learn = (response: Response): void => {
      if (!response.ok) return
      const limit = Number(response.headers.get("x-ratelimit-limit"))
      const windowMillis = Number(response.headers.get("x-ratelimit-window"))
      const reservoir = Number(response.headers.get("x-ratelimit-remaining"))
      const rule = `${limit}/${windowMillis}`
      const refresh = rule === known ? {} : { reservoirRefreshAmount: limit, reservoirRefreshInterval: windowMillis }
      known = rule
      void limiter.updateSettings({ reservoir, ...refresh })
    }
    limiter.on("failed", async (error: unknown, job) =>
      error instanceof TooManyRequests && job.retryCount < RETRIES ? 1000 * 2 ** job.retryCount : undefined
    )
    return {
      submit: (call) => limiter.schedule({ priority: call.urgent ? 0 : 5 }, () => fetchCall(baseUrl, call, learn)),
      close: () => limiter.disconnect()
    }
  }
}
