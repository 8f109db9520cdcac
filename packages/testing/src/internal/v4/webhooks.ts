/** V4's webhooks: the events, the signature, and the attempts. */
import { createHmac } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type * as Webhooks from "../../Webhooks.js"
import type { User } from "../../World.js"
import { unit } from "../random.js"
import type { State, Webhook } from "./state.js"

/** @internal */
export interface Event {
  /** Such as `file.versioned`. */
  readonly type: string
  readonly resource: { readonly id: string; readonly type: string }
  readonly projectId: string
}

/** @internal */
export interface Announcer {
  /** Sends events without waiting for them to arrive. */
  readonly announce: (events: ReadonlyArray<Event>, user: User) => Effect.Effect<void>
  readonly attempts: ReadonlyArray<Webhooks.Attempt>
}

const ATTEMPTS = 5
const FIRST_PAUSE_MILLIS = 15_000
/** The longest addition to a pause, as a fraction of it. */
const JITTER = 0.2
const PATIENCE = Duration.seconds(5)

const signed = (secret: string, seconds: number, body: string): string =>
  `v0=${createHmac("sha256", secret).update(`v0:${seconds}:${body}`).digest("hex")}`

const isDone = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300

/** @internal */
export const make = (parts: {
  readonly state: State
  readonly receive: Webhooks.Receiver
  readonly startMillis: number
  readonly scope: Scope.Scope
}): Announcer => {
  const { receive, scope, startMillis, state } = parts
  const attempts: Array<Webhooks.Attempt> = []

  const send = (hook: Webhook, body: string, attempt: number): Effect.Effect<void> =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const seconds = Math.floor(now / 1_000)
      const delivery: Webhooks.Delivery = {
        url: hook.url,
        headers: {
          "content-type": "application/json",
          "user-agent": "Frame.io V4 API",
          "x-frameio-request-timestamp": String(seconds),
          "x-frameio-signature": signed(hook.secret, seconds, body)
        },
        body
      }
      const answered = yield* Effect.timeoutOption(receive(delivery), PATIENCE)
      const status = Option.getOrUndefined(answered)
      attempts.push({ ...delivery, attempt, atMillis: now - startMillis, status })
      if (isDone(status) || attempt === ATTEMPTS) return
      const pause = FIRST_PAUSE_MILLIS * 2 ** (attempt - 1)
      yield* Effect.sleep(pause * (1 + JITTER * unit(state.world.seed, attempts.length, 40)))
      if (state.webhooks.has(hook.id)) yield* send(hook, body, attempt + 1)
    })

  const announce = (events: ReadonlyArray<Event>, user: User): Effect.Effect<void> =>
    Effect.forEach(
      events.flatMap((event) => {
        const workspaceId = state.world.project(event.projectId)?.teamId
        return [...state.webhooks.values()]
          .filter((hook) => hook.workspaceId === workspaceId && hook.events.includes(event.type))
          .map((hook) => ({ event, hook }))
      }),
      ({ event, hook }) => {
        const body = JSON.stringify({
          account: { id: user.accountId },
          project: { id: event.projectId },
          resource: event.resource,
          type: event.type,
          user: { id: user.id },
          workspace: { id: hook.workspaceId }
        })
        // Announcing happens within a request, which must not be interrupted.
        return Effect.forkIn(Effect.interruptible(send(hook, body, 1)), scope)
      },
      { discard: true }
    )

  return { announce, attempts }
}
