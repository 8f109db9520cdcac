/** An undici `Pool` and nothing else: the least that HTTP costs on Node. */
import { Pool } from "undici"
import type { Client } from "../Client.js"
import { bodyOf, HEADERS, TooManyRequests } from "../Client.js"

export const client: Client = {
  id: "bare-undici",
  title: "bare undici `Pool`",
  told: "nothing",
  costOnly: true,
  make: async ({ baseUrl, concurrency }) => {
    const pool = new Pool(baseUrl, { connections: concurrency })
    return {
      submit: async (call) => {
        const { body, statusCode } = await pool.request({
          path: `/v2/assets/${call.assetId}/version`,
          method: "POST",
          headers: HEADERS,
          body: bodyOf(call)
        })
        if (statusCode !== 200) throw new TooManyRequests(String(statusCode))
        return body.json()
      },
      close: () => pool.close()
    }
  }
}
