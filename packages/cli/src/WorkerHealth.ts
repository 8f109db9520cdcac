/**
 * Reports a worker's health to an orchestrator, over HTTP.
 *
 * @since 0.1.0
 */
import { createServer } from "node:http"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import { CliError } from "./CliError.js"

/**
 * Answers at `/health` as long as the process works, and at `/ready` when it can take work, until the scope closes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve = (
  host: string,
  port: number,
  isReady: Effect.Effect<boolean>
): Effect.Effect<void, CliError, Scope.Scope> =>
  Effect.gen(function* () {
    const runPromise = Runtime.runPromise(yield* Effect.runtime<never>())
    yield* Effect.acquireRelease(
      Effect.async<ReturnType<typeof createServer>, CliError>((resume) => {
        const server = createServer((request, response) => {
          const end = (status: number, text: string) => response.writeHead(status).end(`${text}\n`)
          if (request.url === "/health") return void end(200, "alive")
          if (request.url !== "/ready") return void end(404, "not found")
          void runPromise(isReady).then((ready) => end(ready ? 200 : 503, ready ? "ready" : "not ready"))
        })
        server.once("error", (error) => resume(CliError.badInput(`--health-port ${port}: ${error.message}`)))
        server.listen(port, host, () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
  })
