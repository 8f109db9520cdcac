/** The methods of a client, each derived from one endpoint of the declaration. */
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { AssetId } from "../Asset.js"
import type * as FrameioApi from "../FrameioApi.js"
import * as FrameioConfig from "../FrameioConfig.js"
import * as FrameioError from "../FrameioError.js"
import * as Patience from "../Patience.js"
import * as SafeText from "../SafeText.js"
import type { Answer } from "./answer.js"
import * as Arguments from "./arguments.js"
import * as Calls from "./calls.js"
import { type Declared, derive, type Sections, type Writing } from "./derivedCall.js"
import { byField } from "./failures.js"
import { isOutage } from "./outage.js"
import type * as StatusError from "./statusError.js"

/** @internal */
export interface Options extends Calls.Options, Omit<Writing, "baseUrl"> {}

/**
 * The broken rules that no schema holds, or that it may not reach, by the names on the wire.
 *
 * @internal
 */
export type Rules = (sections: Sections, args: object) => ReadonlyArray<FrameioError.Problem>

/** @internal */
export interface Method<A, I, B, S> {
  readonly endpoint: FrameioApi.Endpoint
  readonly schemas: Declared<A, I>
  readonly fromAnswer: (answer: StatusError.Refusal) => S
  readonly result: (value: A, answer: Answer) => B
  /** The value of a 204. */
  readonly empty?: (() => B) | undefined
  /** The arguments as they are completed. */
  readonly complete?: ((args: object) => object) | undefined
  readonly rules?: Rules | undefined
  /** The rate limit of a request, if it is not the endpoint's as a whole. */
  readonly routeOf?: ((request: HttpClientRequest.HttpClientRequest) => string) | undefined
  /** Told the assets of the call when it ends, whether or not it succeeded. */
  readonly onEnd?: ((assetIds: ReadonlyArray<AssetId>) => void) | undefined
}

const isAssetId = Schema.is(AssetId)

const NO_RULES: Rules = () => []

/** The types alone do not bind a caller from JavaScript. */
const refusal = (
  endpoint: FrameioApi.Endpoint,
  args: Arguments.Arguments,
  assetIds: ReadonlyArray<AssetId>,
  issue: ParseResult.ParseIssue | undefined,
  broken: ReadonlyArray<FrameioError.Problem>
): FrameioError.InvalidRequest => {
  const ofSchema =
    issue === undefined
      ? []
      : byField(issue, ({ message, path }) => ({ path: args.nameOf(path), message: SafeText.excerpt(message, 200) }))
  const ofRules = broken
    .map(({ message, path }) => ({ path: args.nameOfField(path), message }))
    .filter(({ path }) => !ofSchema.some((one) => one.path === path))
  const [first = { path: "", message: "are not as documented" }, ...rest] = [...ofSchema, ...ofRules]
  return new FrameioError.InvalidRequest({ endpoint: endpoint.name, assetIds, problems: [first, ...rest] })
}

/**
 * Makes the maker of a client's methods. A method judges all its arguments at once, before anything is sent.
 *
 * @internal
 */
export const make = (options: Options) =>
  Effect.gen(function* () {
    const { baseUrl } = yield* FrameioConfig.FrameioConfig
    const writing = { ...options, baseUrl: baseUrl.toString().replace(/\/+$/, "") }
    const send = yield* Calls.make(options)

    return <A, I, B, S extends FrameioError.RealtimeStatusError>({
      complete,
      empty,
      endpoint,
      fromAnswer,
      onEnd,
      result,
      routeOf,
      rules = NO_RULES,
      schemas
    }: Method<A, I, B, S>): ((given?: object) => Effect.Effect<B, S | FrameioError.CallError>) => {
      const prepare = () => ({ ...derive(schemas, writing), args: Arguments.of(schemas) })
      // A program calls few of a client's methods.
      let prepared: ReturnType<typeof prepare> | undefined
      const mayPass = isOutage(endpoint.reads)
      return (given = {}) => {
        prepared ??= prepare()
        const { args, decode, request } = prepared
        const whole = complete === undefined ? given : complete(given)
        const sections = args.toSections(whole)
        const assetIds = args.idsIn(whole).filter(isAssetId)
        const asked = request(sections)
        const broken = rules(sections, whole)
        if (Either.isLeft(asked)) return Effect.fail(refusal(endpoint, args, assetIds, asked.left, broken))
        if (broken.length > 0) return Effect.fail(refusal(endpoint, args, assetIds, undefined, broken))
        const call = Patience.outlast(
          send({
            endpoint: routeOf === undefined ? endpoint : { ...endpoint, route: routeOf(asked.right) },
            assetIds,
            request: asked.right,
            fromAnswer,
            empty,
            decode: (json, answer) => Either.map(decode(json), (value) => result(value, answer))
          }),
          mayPass
        )
        return onEnd === undefined
          ? call
          : Effect.ensuring(
              call,
              Effect.sync(() => onEnd(assetIds))
            )
      }
    }
  })
