import * as Context from "effect/Context"
import type { User, World } from "../World.js"
import type { Shape } from "./payload.js"

/**
 * One request being handled: who asks, when, and what the handler leaves for the journal and the headers.
 *
 * @internal
 */
export interface VisitState {
  readonly world: World
  readonly shape: Shape
  readonly user: User
  readonly nowMillis: number
  /** Whether a handler has seen it: if not, its arguments were malformed. */
  handled: boolean
  assetIds: ReadonlyArray<string>
  applied: boolean
  refusal: string | undefined
  /** A status that no declared error has. */
  status: number | undefined
  headers: Readonly<Record<string, string>> | undefined
}

/** @internal */
export class Visit extends Context.Reference<Visit>()("@effect-frameio/testing/Visit", {
  defaultValue: (): VisitState => {
    throw new Error("the handlers of the fake run only inside of the fake")
  }
}) {}
