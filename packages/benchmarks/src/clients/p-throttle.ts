/** `p-throttle`, strict and told the limit, with `p-retry` around it so that each attempt is throttled. */
import pRetry from "p-retry"
import pThrottle from "p-throttle"
import type { Call, Client } from "../Client.js"
import { fetchCall, RETRIES } from "../Client.js"

export const client: Client = {
  id: "p-throttle",
  title: "`p-throttle` strict + `p-retry`",
  told: "limit and window",
  make: async ({ baseUrl, limit, windowMillis }) => {
    const throttle = pThrottle({ limit, interval: windowMillis, strict: true })
    const throttled = throttle((call: Call) => fetchCall(baseUrl, call))
    return { submit: (call) => pRetry(() => throttled(call), { retries: RETRIES }) }
  }
}
