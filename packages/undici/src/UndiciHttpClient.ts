/**
 * Frame.io over undici, by the shortest way.
 *
 * `FrameioClient`, whose answers are small and read to their end, goes straight to undici's dispatcher. For other callers
 * it is the `HttpClient` of `@effect/platform-node`, over the same connections.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import type * as Layer from "effect/Layer"
import * as client from "./internal/client.js"

/**
 * The client over a given dispatcher: `NodeHttpClient.dispatcherLayerGlobal`, or a proxy's.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWithoutDispatcher: Layer.Layer<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> =
  client.layerWithoutDispatcher

/**
 * How connections are made. Node gives each address of a host 250 ms, too little for a handshake over a slow connection;
 * this leaves time for one lost packet.
 *
 * @since 0.1.0
 * @category constants
 */
export const connect: { readonly autoSelectFamily: true; readonly autoSelectFamilyAttemptTimeout: 2500 } =
  client.connect

/**
 * The client with connections of its own; over `fetch` if undici cannot dispatch, as on Bun.
 *
 * @example
 * ```ts
 * const Live = FrameioClient.layerConfig().pipe(Layer.provide(UndiciHttpClient.layer))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = client.layerOf(Undici.Agent)
