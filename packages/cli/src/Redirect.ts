/**
 * The local address where a login in the browser ends.
 *
 * @since 0.1.0
 */
import { createServer as createPlain, type RequestListener } from "node:http"
import { createServer as createSecure } from "node:https"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/**
 * Whether an address is on this machine, so that the command can wait there.
 *
 * @since 0.1.0
 * @category guards
 */
export const isHere = (uri: string): boolean =>
  URL.canParse(uri) && /^(?:localhost|127\.0\.0\.1)$/.test(new URL(uri).hostname)

const page = (title: string, words: string): string =>
  `<!doctype html><meta charset="utf-8"><title>${title}</title><body style="font:1.1em system-ui;margin:4em"><h1>${title}</h1><p>${words}`

/** Adobe redirects only to https; nobody vouches for a certificate of this machine, so the browser asks once. */
const certificate = (host: string) =>
  Effect.promise(() =>
    import("selfsigned").then(({ generate }) => generate([{ name: "commonName", value: host }], { keyType: "ec" }))
  )

/**
 * A server that waits for the browser.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listening {
  /** Ends with the address that the browser requested. */
  readonly arrival: Effect.Effect<string>
}

/**
 * Waits at an address until the scope closes. Fails if the port is taken.
 *
 * @since 0.1.0
 * @category constructors
 */
export const listen = (uri: string): Effect.Effect<Listening, { readonly message: string }, Scope.Scope> =>
  Effect.gen(function* () {
    const { hostname, origin, pathname, port, protocol } = new URL(uri)
    const came = yield* Deferred.make<string>()
    const answer: RequestListener = (request, response) => {
      const url = new URL(request.url ?? "/", origin)
      if (url.pathname !== pathname || !(url.searchParams.has("code") || url.searchParams.has("error"))) {
        response.writeHead(404).end()
        return
      }
      const ok = url.searchParams.has("code")
      response
        .writeHead(200, {
          "content-type": "text/html; charset=utf-8",
          "cache-control": "no-store",
          connection: "close"
        })
        .end(
          ok
            ? page("frameio", "The terminal goes on. You can close this page.")
            : page("frameio", "There was no login; the terminal says why.")
        )
      Deferred.unsafeDone(came, Effect.succeed(url.href))
    }
    const server =
      protocol === "https:"
        ? yield* Effect.map(certificate(hostname), ({ cert, private: key }) => createSecure({ cert, key }, answer))
        : createPlain(answer)
    yield* Effect.acquireRelease(
      Effect.async<void, { readonly message: string }>((resume) => {
        server.once("error", (error) => resume(Effect.fail(error)))
        server.listen(Number(port || (protocol === "https:" ? 443 : 80)), "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    return { arrival: Deferred.await(came) }
  })
