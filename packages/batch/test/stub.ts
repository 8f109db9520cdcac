import { type Asset, FrameioClient, FrameioError } from "@effect-frameio/core"
import { Repository } from "@effect-frameio/stacks"
import { Effect, Layer } from "effect"

export const id = (n: number): Asset.AssetId =>
  `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}` as Asset.AssetId

/** What happens to one version call. */
export type Fate =
  | "ok"
  /** The answer is lost, the change was not made. */
  | "lost-before"
  /** The answer is lost, the change was made. */
  | "lost-after"
  | "500-before"
  | "500-after"
  | "unauthorized"
  /** The answer is no asset, the change was made. */
  | "garbled"
  /** Success, with another file than the one requested, and nothing made. */
  | "stranger"
  /** Success with the unchanged target, and nothing made. */
  | "unchanged"
  /** Never an answer. */
  | "hangs"

export interface Call {
  readonly target: string
  readonly next: string
}

export const FOLDER = id(0xf01de4)

/** A Frame.io of a few lines, with its rules about stacks, whose answer to each call can be set. */
export const make = (options?: {
  readonly answer?: "stack" | "file"
  readonly fate?: (call: Call, count: number) => Fate
  /** Runs within each version call. */
  readonly during?: Effect.Effect<void>
}) => {
  const parents = new Map<string, string>()
  const stacks = new Map<string, Array<string>>()
  const missing = new Set<string>()
  const calls: Array<Call> = []
  let reads = 0
  let made = 0

  const asset = (of: string): Asset.Asset => ({
    id: of as Asset.AssetId,
    type: of === FOLDER ? "folder" : stacks.has(of) ? "version_stack" : "file",
    name: `file ${of.slice(-2)}`,
    parent_id: of === FOLDER ? null : (parents.get(of) ?? FOLDER),
    cover_asset_id: stacks.get(of)?.at(-1) as Asset.AssetId | undefined
  })

  const common = (call: Call) => ({
    endpoint: "assets.version",
    assetIds: [call.target as Asset.AssetId, call.next as Asset.AssetId]
  })

  /** The change itself; returns Frame.io's answer. */
  const apply = (call: Call): Asset.Asset | "refused" => {
    if (parents.has(call.target) || stacks.has(call.next)) return "refused"
    let stack = stacks.get(call.target)
    let stackId = call.target
    if (stack === undefined) {
      stackId = id(0x57ac0000 + ++made)
      stack = [call.target]
      stacks.set(stackId, stack)
      parents.set(call.target, stackId)
    }
    if (parents.has(call.next)) return "refused"
    stack.push(call.next)
    parents.set(call.next, stackId)
    return asset(options?.answer === "file" ? call.next : stackId)
  }

  const refused = (call: Call) =>
    new FrameioError.InvalidArguments({ ...common(call), errors: [{ title: "refused" }], status: 422 })

  const service: Pick<FrameioClient.Service, "get" | "version"> = {
    version: ({ assetId, nextAssetId }) =>
      Effect.suspend((): Effect.Effect<Asset.Asset, FrameioError.WriteError> => {
        const call = { target: assetId, next: nextAssetId }
        calls.push(call)
        if (missing.has(assetId) || missing.has(nextAssetId))
          return Effect.fail(new FrameioError.NotFound(common(call)))
        const fate = options?.fate?.(call, calls.filter((one) => one.next === nextAssetId).length) ?? "ok"
        if (fate === "unauthorized") return Effect.fail(new FrameioError.Unauthorized(common(call)))
        if (fate === "stranger" || fate === "unchanged") {
          return Effect.succeed(asset(fate === "stranger" ? id(0xbad) : call.target))
        }
        const result = fate.endsWith("-before") ? "refused" : apply(call)
        switch (fate) {
          case "lost-before":
          case "lost-after":
            return Effect.fail(new FrameioError.TransportError({ ...common(call), reason: "AnswerLost" }))
          case "500-before":
          case "500-after":
            return Effect.fail(new FrameioError.ServerError({ ...common(call), status: 500 }))
          case "garbled":
            return Effect.fail(
              new FrameioError.DecodeError({
                ...common(call),
                outcome: "applied",
                problems: [{ path: "id", message: "is missing" }],
                body: "{}"
              })
            )
          case "hangs":
            return Effect.never
          default:
            return result === "refused" ? Effect.fail(refused(call)) : Effect.succeed(result)
        }
      }).pipe((effect) => (options?.during === undefined ? effect : Effect.zipRight(options.during, effect))),
    get: ({ assetId }) =>
      Effect.suspend(() => {
        reads += 1
        return missing.has(assetId)
          ? Effect.fail(new FrameioError.NotFound({ endpoint: "assets.get", assetIds: [assetId] }))
          : Effect.succeed(asset(assetId))
      })
  }

  return {
    layer: Layer.provide(Repository.layerV2, Layer.mock(FrameioClient.FrameioClient, service)),
    calls,
    missing,
    reads: () => reads,
    /** Puts assets on a stack in advance. */
    stack: (...members: ReadonlyArray<string>): Asset.AssetId => {
      const stackId = id(0x57ac0000 + ++made)
      stacks.set(stackId, [...members])
      for (const member of members) parents.set(member, stackId)
      return stackId
    },
    /** The versions on the stack of an asset, oldest first. */
    on: (member: string): ReadonlyArray<string> => stacks.get(parents.get(member) ?? member) ?? []
  }
}

export type Stub = ReturnType<typeof make>
