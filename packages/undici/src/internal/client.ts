/** An `HttpClient` whose short way goes straight to undici's dispatcher. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import * as DirectHttpClient from "@effect-frameio/core/DirectHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { Answer } from "./answer.js"

type Callback = (exit: Exit.Exit<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>) => void

/** One request under way, until there is a complete answer or an error. */
class Exchange implements Undici.Dispatcher.DispatchHandler {
  private controller: Undici.Dispatcher.DispatchController | undefined
  private answer: Answer | undefined
  private over = false

  constructor(
    private readonly request: HttpClientRequest.HttpClientRequest,
    private readonly callback: Callback
  ) {}

  onRequestStart(controller: Undici.Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.over) controller.abort(new Error("The request was abandoned"))
  }

  onResponseStart(
    _controller: Undici.Dispatcher.DispatchController,
    status: number,
    headers: Undici.Dispatcher.ResponseData["headers"]
  ): void {
    // A status below 200 announces another.
    if (status >= 200) this.answer = new Answer(this.request, status, headers)
  }

  onResponseData(controller: Undici.Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (this.answer === undefined || this.answer.add(chunk)) return
    this.finish(Exit.succeed(this.answer))
    controller.abort(new Error("The answer is too large"))
  }

  onResponseEnd(): void {
    if (this.answer !== undefined) this.finish(Exit.succeed(this.answer))
  }

  onResponseError(_controller: Undici.Dispatcher.DispatchController, cause: Error): void {
    if (this.over) return
    if (this.answer === undefined) this.fail("Transport", cause)
    else {
      this.answer.breakOff(cause)
      this.finish(Exit.succeed(this.answer))
    }
  }

  fail(reason: "Encode" | "InvalidUrl" | "Transport", cause: unknown): void {
    this.finish(Exit.fail(new HttpClientError.RequestError({ request: this.request, reason, cause })))
  }

  readonly abandon = (): void => {
    if (this.over) return
    this.over = true
    this.controller?.abort(new Error("The request was abandoned"))
  }

  private finish(exit: Parameters<Callback>[0]): void {
    if (this.over) return
    this.over = true
    this.callback(exit)
  }
}

const isAsyncIterable = (body: unknown): body is AsyncIterable<unknown> =>
  Predicate.hasProperty(body, Symbol.asyncIterator) && Predicate.isFunction(body[Symbol.asyncIterator])

/** The body in undici's form; `undefined` if it has none. */
const bodyOf = ({
  body
}: HttpClientRequest.HttpClientRequest): Uint8Array | AsyncIterable<unknown> | string | null | undefined => {
  if (body._tag === "Empty") return null
  if (body._tag === "Uint8Array") return body.body
  if (body._tag !== "Raw") return undefined
  if (typeof body.body === "string") return body.body
  return isAsyncIterable(body.body) ? body.body : undefined
}

const exchangeOver =
  (dispatcher: Undici.Dispatcher, around: Context.Context<never>): DirectHttpClient.Exchange =>
  (request) =>
  (context, callback) => {
    const exchange = new Exchange(request, callback)
    const url = UrlParams.makeUrl(request.url, request.urlParams, request.hash)
    const body = bodyOf(request)
    if (Either.isLeft(url)) exchange.fail("InvalidUrl", url.left)
    else if (body === undefined)
      exchange.fail("Encode", new Error("The body is neither in memory nor an async iterable"))
    else {
      const { origin, pathname, search } = url.right
      const options: Undici.Dispatcher.DispatchOptions = {
        origin,
        path: pathname + search,
        method: request.method,
        headers: request.headers,
        // The caller has a timeout of its own.
        headersTimeout: 0,
        bodyTimeout: 0
      }
      const asked = Option.orElse(Context.getOption(context, NodeHttpClient.UndiciRequestOptions), () =>
        Context.getOption(around, NodeHttpClient.UndiciRequestOptions)
      )
      // undici also takes an async iterable, and asks for the next piece once the socket has sent the last.
      dispatcher.dispatch(Object.assign({}, Option.getOrUndefined(asked), options, { body }), exchange)
    }
    return exchange.abandon
  }

/** A client over the given connections of undici. */
const make: Effect.Effect<DirectHttpClient.DirectHttpClient, never, NodeHttpClient.Dispatcher | HttpClient.HttpClient> =
  Effect.gen(function* () {
    const usual = yield* HttpClient.HttpClient
    const dispatcher = yield* NodeHttpClient.Dispatcher
    const exchange = exchangeOver(dispatcher, yield* Effect.context<never>())
    return Object.assign(HttpClient.transform(usual, identity), { [DirectHttpClient.TypeId]: exchange })
  })

/** @internal */
export const layerWithoutDispatcher: Layer.Layer<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> =
  Layer.effect(HttpClient.HttpClient, make).pipe(Layer.provide(NodeHttpClient.layerUndiciWithoutDispatcher))

/** @internal */
export const connect = {
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: 2500
} as const

/**
 * A reset within the TLS handshake has the same code as a lost answer; `syscall` shows that there was no connection
 * yet.
 */
const notConnected = (cause: Error): Error =>
  Object.assign(new Error(cause.message, { cause }), {
    ...("code" in cause ? { code: cause.code } : {}),
    syscall: "connect"
  })

const connector = (): Undici.buildConnector.connector => {
  // The type requires a port here; each connection brings its own.
  const dial = Undici.buildConnector({ ...connect, port: 443 })
  return (options, callback) =>
    dial(options, (...[error, socket]) => {
      if (error === null) callback(null, socket)
      else callback(notConnected(error), null)
    })
}

/** The dispatcher of `@effect/platform-node`, except for how it connects. */
const dispatcherLayer: Layer.Layer<NodeHttpClient.Dispatcher> = Layer.scoped(
  NodeHttpClient.Dispatcher,
  Effect.acquireRelease(
    Effect.sync(() => new Undici.Agent({ connect: connector() })),
    (dispatcher) => Effect.promise(() => dispatcher.destroy())
  )
)

/** Bun replaces undici with a module whose dispatchers cannot send. */
const dispatches = (agent: { readonly prototype: object }): boolean => "dispatch" in agent.prototype

/** With connections of its own, or over `fetch` if the class in place of undici's `Agent` cannot dispatch. */
export const layerOf = (agent: { readonly prototype: object }): Layer.Layer<HttpClient.HttpClient> =>
  dispatches(agent) ? Layer.provide(layerWithoutDispatcher, dispatcherLayer) : FetchHttpClient.layer
