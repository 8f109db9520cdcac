/**
 * A server process with Frame.io's rate limit: as strict as the real one to the millisecond, and otherwise as fast as
 * `node:http`. Controlled by the messages of `Protocol`.
 *
 * Its bucket is independent of the fake's and the client's, so that no fault of theirs can hide in their yardstick; a
 * test compares it with the fake's, request by request.
 */
import * as Http from "node:http"
import { PCGRandom } from "effect/Utils"
import { assetBody } from "./AssetBody.js"
import * as Bucket from "./Bucket.js"
import * as Foreign from "./Foreign.js"
import type { FromServer, ServerRun, ToServer } from "./Protocol.js"
import { isUrgent, monotonic } from "./Protocol.js"

const send = (message: FromServer): void => {
  process.send?.(message)
}

interface State {
  readonly run: ServerRun
  readonly bucket: Bucket.Bucket
  readonly random: PCGRandom
  foreign: Foreign.Foreign
  admitted: number
  refused: number
  first: number
  lastSuccess: number
  readonly urgent: Record<string, number>
}

const stateOf = (run: ServerRun): State => {
  const bucket = Bucket.make(run.limit, run.windowMillis, Date.now())
  return {
    run,
    bucket,
    random: new PCGRandom(run.seed),
    foreign: Foreign.make({ kind: "none" }, bucket, 0),
    admitted: 0,
    refused: 0,
    first: Number.NaN,
    lastSuccess: Number.NaN,
    urgent: {}
  }
}

let state = stateOf({
  limit: 100_000,
  windowMillis: 1000,
  latencyMillis: 0,
  jitterMillis: 0,
  seed: 1,
  full: false,
  foreign: { kind: "none" }
})

/** The run begins with the first request: the bucket is filled, and others begin. */
const begin = (current: State): void => {
  current.first = monotonic()
  const now = Date.now()
  Bucket.leak(current.bucket, now)
  if (current.run.full) current.bucket.level = current.bucket.windowMillis
  current.foreign = Foreign.make(current.run.foreign, current.bucket, now)
}

const after = (millis: number, action: () => void): void => {
  if (millis <= 0) action()
  else setTimeout(action, millis)
}

const PATH = /^\/v2\/assets\/([0-9a-fA-F-]{36})\/version$/

const handle = (request: Http.IncomingMessage, response: Http.ServerResponse): void => {
  const current = state
  const arrived = monotonic()
  const id = request.method === "POST" ? PATH.exec(request.url ?? "")?.[1] : undefined
  if (id === undefined) {
    response
      .writeHead(404, { "content-type": "application/json" })
      .end('{"code":404,"message":"Not found","errors":[]}')
    return
  }
  if (Number.isNaN(current.first)) begin(current)
  const { bucket, run } = current
  const half = (run.latencyMillis + run.jitterMillis * (2 * current.random.number() - 1)) / 2
  after(half, () => {
    const now = Date.now()
    Foreign.settle(current.foreign, bucket, now)
    const admitted = Bucket.charge(bucket, now)
    const headers: Record<string, string | number> = {
      "x-ratelimit-limit": String(bucket.limit),
      "x-ratelimit-window": String(bucket.windowMillis),
      "x-ratelimit-remaining": String(admitted ? Bucket.remaining(bucket) : Bucket.remainingWhenRefused(bucket))
    }
    if (admitted) current.admitted++
    else current.refused++
    after(half, () => {
      if (admitted) {
        const body = assetBody(id)
        headers["content-type"] = "application/json; charset=utf-8"
        headers["content-length"] = body.length
        response.writeHead(200, headers).end(body)
        current.lastSuccess = monotonic()
        if (isUrgent(id)) current.urgent[id] = arrived
      } else {
        response.writeHead(429, headers).end("Rate Limit Exceeded")
      }
    })
  })
}

const server = Http.createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
  request.on("end", () => handle(request, response))
  request.resume()
})

process.on("message", (message: ToServer) => {
  if (message.type === "reset") {
    state = stateOf(message.run)
    send({ type: "reset" })
  } else {
    const { admitted, first, foreign, lastSuccess, refused, urgent } = state
    send({
      type: "report",
      report: {
        admitted,
        refused,
        foreignTaken: foreign.taken,
        foreignRefused: foreign.refused,
        first,
        lastSuccess,
        urgent
      }
    })
  }
})

// Ends with its parent.
process.on("disconnect", () => process.exit(0))

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (address !== null && typeof address === "object") send({ type: "listening", port: address.port })
})
