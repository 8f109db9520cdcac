/** `p-queue` told the limit, with `p-retry` around it so that each attempt takes a place in the queue. */
import PQueue from "p-queue"
import pRetry from "p-retry"
import type { Client } from "../Client.js"
import { fetchCall, RETRIES } from "../Client.js"

export const client: Client = {
  id: "p-queue",
  title: "`p-queue` + `p-retry`",
  told: "limit and window",
  make: async ({ baseUrl, limit, windowMillis }) => {
    const queue = new PQueue({ intervalCap: limit, interval: windowMillis })
    return {
      submit: (call) =>
        pRetry(() => queue.add(() => fetchCall(baseUrl, call), { priority: call.urgent ? 1 : 0 }), { retries: RETRIES })
    }
  }
}
