/** `fetch` and nothing else. */
import type { Client } from "../Client.js"
import { fetchCall } from "../Client.js"

export const client: Client = {
  id: "bare-fetch",
  title: "bare `fetch`",
  told: "nothing",
  costOnly: true,
  make: async ({ baseUrl }) => ({ submit: (call) => fetchCall(baseUrl, call) })
}
