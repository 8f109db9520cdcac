/**
 * Every measured client. Each is loaded only in the process that measures it.
 *
 * @since 0.1.0
 */
import type { Client } from "../Client.js"

const load = {
  ours: () => import("./ours.js"),
  "ours-remembered": () => import("./ours.js").then(({ remembering }) => ({ client: remembering })),
  "ours-platform": () => import("./ours.js").then(({ overPlatform }) => ({ client: overPlatform })),
  fetch: () => import("./fetch.js"),
  "axios-retry": () => import("./axios-retry.js"),
  got: () => import("./got.js"),
  "bottleneck-told": () => import("./bottleneck-told.js"),
  "bottleneck-paced": () => import("./bottleneck-paced.js"),
  "bottleneck-headers": () => import("./bottleneck-headers.js"),
  "p-queue": () => import("./p-queue.js"),
  "p-throttle": () => import("./p-throttle.js"),
  "effect-rate-limiter": () => import("./effect-rate-limiter.js"),
  "effect-experimental": () => import("./effect-experimental.js"),
  effect4: () => import("./effect4.js"),
  "effect4-told": () => import("./effect4.js").then(({ told }) => ({ client: told })),
  "perfect-pacer": () => import("./perfect-pacer.js"),
  "bare-fetch": () => import("./bare-fetch.js"),
  "bare-undici": () => import("./bare-undici.js")
} satisfies Record<string, () => Promise<{ readonly client: Client }>>

const loaders: Readonly<Record<string, () => Promise<{ readonly client: Client }>>> = load

/**
 * The ids, in the order of the tables.
 *
 * @since 0.1.0
 * @category clients
 */
export const ids: ReadonlyArray<string> = Object.keys(load)

/**
 * Loads one client, or `undefined` if none has that id.
 *
 * @since 0.1.0
 * @category clients
 */
export const get = async (id: string): Promise<Client | undefined> => (await loaders[id]?.())?.client
