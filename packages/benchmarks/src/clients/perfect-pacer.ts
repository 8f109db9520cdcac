/**
 * Not a library, but what a client could do that knows the limit exactly: the burst at once, then one call per cost, at
 * the brim of the bucket; a refused call goes again at the next step.
 */
import * as Bucket from "../Bucket.js"
import type { Call, Client } from "../Client.js"
import { fetchCall, sleep, TooManyRequests } from "../Client.js"
import { monotonic } from "../Protocol.js"

interface Waiting {
  readonly call: Call
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

export const client: Client = {
  id: "perfect-pacer",
  title: "perfect pacing at the brim",
  told: "limit and window",
  limitOnly: true,
  make: async ({ baseUrl, limit, windowMillis }) => {
    const cost = Bucket.costOf(limit, windowMillis)
    const queue: Array<Waiting> = []
    let wake: () => void = () => {}
    let closed = false

    const add = (waiting: Waiting, first: boolean): void => {
      if (first) queue.unshift(waiting)
      else queue.push(waiting)
      wake()
    }
    const start = (waiting: Waiting): Promise<void> =>
      fetchCall(baseUrl, waiting.call).then(waiting.resolve, (error: unknown) => {
        if (error instanceof TooManyRequests) add(waiting, true)
        else waiting.reject(error)
      })
    const ready = async (): Promise<Waiting | undefined> => {
      while (queue.length === 0 && !closed) {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
      return queue.shift()
    }

    const run = async (): Promise<void> => {
      const burst: Array<Promise<void>> = []
      for (let i = Math.floor(windowMillis / cost); i > 0; i--) {
        const waiting = await ready()
        if (waiting === undefined) return
        burst.push(start(waiting))
      }
      // Only an answered burst has surely been charged.
      await Promise.all(burst)
      let next = monotonic() + cost
      for (;;) {
        await sleep(Math.max(0, Math.ceil(next - monotonic())))
        const waiting = await ready()
        if (waiting === undefined) return
        void start(waiting)
        // Idle time is not saved up, because it could only be spent against the brim.
        next = Math.max(next + cost, monotonic())
      }
    }
    void run()

    return {
      submit: (call) => new Promise((resolve, reject) => add({ call, resolve, reject }, call.urgent)),
      close: async () => {
        closed = true
        wake()
      }
    }
  }
}
