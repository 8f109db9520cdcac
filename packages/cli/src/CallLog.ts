/**
 * Calls to Frame.io as lines of a log: the request, and the answer to each attempt. They come from the calls' spans,
 * which hold no token.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Tracer from "effect/Tracer"

/** A span that logs itself and is then forgotten. */
class Told implements Tracer.Span {
  readonly _tag = "Span"
  readonly spanId = "0"
  readonly traceId = "0"
  readonly sampled = false
  readonly attributes = new Map<string, unknown>()
  status: Tracer.SpanStatus
  readonly links: Array<Tracer.SpanLink>

  constructor(
    readonly name: string,
    readonly parent: Tracer.Span["parent"],
    readonly context: Tracer.Span["context"],
    links: ReadonlyArray<Tracer.SpanLink>,
    startTime: bigint,
    readonly kind: Tracer.SpanKind,
    private readonly tell: (line: string) => void
  ) {
    this.links = [...links]
    this.status = { _tag: "Started", startTime }
  }

  attribute(key: string, value: unknown): void {
    this.attributes.set(key, value)
  }

  addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    this.links.push(...links)
  }

  event(name: string, _startTime: bigint, attributes?: Record<string, unknown>): void {
    if (name !== "attempt" || attributes === undefined) return
    const { "frameio.duration_ms": millis, "frameio.status": status } = attributes
    const took = typeof millis === "number" ? `, ${Math.round(millis)} ms` : ""
    const id = this.attributes.get("frameio.asset_id")
    const route = `${this.attributes.get("http.request.method")} ${this.attributes.get("http.route")}`
    this.tell(`${route}${id === undefined ? "" : ` (${id})`}: ${status}${took}`)
  }

  end(endTime: bigint, exit: Extract<Tracer.SpanStatus, { readonly _tag: "Ended" }>["exit"]): void {
    this.status = { _tag: "Ended", startTime: this.status.startTime, endTime, exit }
  }
}

/**
 * Logs each attempt of each call at debug level.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withCallLog = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.runtime<never>(), (runtime) => {
    const tell = (line: string): void => void Runtime.runFork(runtime)(Effect.logDebug(line))
    return Effect.withTracer(
      self,
      Tracer.make({
        span: (name, parent, context, links, startTime, kind) =>
          new Told(name, parent, context, links, startTime, kind, tell),
        context: (execution) => execution()
      })
    )
  })
