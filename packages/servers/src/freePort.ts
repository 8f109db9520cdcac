import { randomInt } from "node:crypto"
import { createServer } from "node:net"
import { Effect } from "effect"

/** Below what systems give to sockets that ask for any port: what is free stays so until the server is up. */
const LOWEST = 16_384
const HIGHEST = 32_767

/** A port of 127.0.0.1 that nobody listens on. */
export const freePort: Effect.Effect<number> = Effect.async<number, Error>((resume) => {
  const port = randomInt(LOWEST, HIGHEST + 1)
  const probe = createServer()
  probe.once("error", (error) => resume(Effect.fail(error)))
  probe.listen(port, "127.0.0.1", () => probe.close(() => resume(Effect.succeed(port))))
}).pipe(Effect.retry({ times: 100 }), Effect.orDie)
