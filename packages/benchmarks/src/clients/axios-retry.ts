/** `axios` with `axios-retry` and its exponential delay, told to retry a 429. */
import axios from "axios"
import axiosRetry from "axios-retry"
import type { Client } from "../Client.js"
import { HEADERS, RETRIES, workers } from "../Client.js"

export const client: Client = {
  id: "axios-retry",
  title: "`axios` + `axios-retry`",
  told: "nothing",
  make: async ({ baseUrl, concurrency }) => {
    const work = workers(concurrency)
    const http = axios.create({ baseURL: baseUrl, headers: HEADERS })
    axiosRetry(http, {
      retries: RETRIES,
      retryCondition: (error) => error.response?.status === 429,
      retryDelay: axiosRetry.exponentialDelay
    })
    return {
      submit: (call) =>
        work(call, () => http.post(`/v2/assets/${call.assetId}/version`, { next_asset_id: call.nextAssetId }))
    }
  }
}
