/**
 * Frame.io over undici, by the shortest way that there is.
 *
 * To everybody else this is the `HttpClient` of `@effect/platform-node`, over the same connections. `FrameioClient`,
 * whose answers are small and read to their end, goes straight to undici's dispatcher.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Undici from "@effect/platform-node/Undici"
import type * as Layer from "effect/Layer"
import * as client from "./internal/client.js"

/**
 * The client over a dispatcher that is given: `NodeHttpClient.dispatcherLayerGlobal`, or a proxy's.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWithoutDispatcher: Layer.Layer<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> =
  client.layerWithoutDispatcher

/**
 * How connections are made. Of a host with several addresses Node tries one after the other, 250 ms each: over a slow
 * way no handshake is over by then, and the host is never reached. This leaves time for one lost packet.
 *
 * @since 0.1.0
 * @category constants
 */
export const connect: { readonly autoSelectFamily: true; readonly autoSelectFamilyAttemptTimeout: 2500 } =
  client.connect

/**
 * The client with connections of its own. Over `fetch` where undici cannot dispatch, as on Bun.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = client.layerOf(Undici.Agent)
