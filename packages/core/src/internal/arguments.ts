import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { AssetId } from "../Asset.js"
import type * as FrameioApi from "../FrameioApi.js"
import * as FrameioError from "../FrameioError.js"
import * as text from "../SafeText.js"
import { byField } from "./failures.js"

const isAssetId = Schema.is(AssetId)

/** The wire's names for what the caller knows by another. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  account_id: "accountId",
  asset_filesize: "assetFilesize",
  asset_id: "assetId",
  asset_ids: "assetIds",
  asset_name: "assetName",
  auto_version_id: "autoVersionId",
  batch: "assetIds",
  copy_comments: "copyComments",
  destination_folder: "destinationId",
  destination_id: "destinationId",
  drop_includes: "dropIncludes",
  hard_drop_fields: "hardDropFields",
  include_deleted: "includeDeleted",
  is_final: "isFinal",
  is_realtime_upload: "isRealtimeUpload",
  next_asset_id: "nextAssetId",
  only_fields: "onlyFields",
  page_size: "pageSize",
  project_id: "projectId",
  shared_projects: "sharedProjects",
  team_id: "teamId"
}

/** Where one name means different arguments. */
const ARGUMENTS_OF: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "assets.bulkCopy": { id: "" },
  "assets.copy": { id: "assetId" },
  "assets.create": { asset_id: "parentId" },
  "assets.move": { id: "assetId" }
}

/** What lies below these has the caller's own names. */
const OPEN = new Set<PropertyKey>(["filter", "opts", "properties"])

const argumentAt = (endpoint: string, path: ReadonlyArray<PropertyKey>): string => {
  if (path[0] !== undefined && OPEN.has(path[0])) return text.fieldPath(path)
  return text.fieldPath(
    path.flatMap((key) => {
      const name = typeof key === "string" ? (ARGUMENTS_OF[endpoint]?.[key] ?? ARGUMENTS[key] ?? key) : key
      return name === "" ? [] : [name]
    })
  )
}

/**
 * The error of arguments that no request can be made of. The types alone do not bind a caller from JavaScript.
 * `rules` are broken rules that no schema holds or that it could not come to, by the names on the wire.
 *
 * @internal
 */
export const unencodable = (
  endpoint: FrameioApi.Endpoint,
  ids: ReadonlyArray<unknown>,
  failure: ParseResult.ParseIssue | undefined,
  rules: ReadonlyArray<FrameioError.Problem>
): FrameioError.InvalidRequest => {
  const ofSchema =
    failure === undefined
      ? []
      : byField(failure, (issue) => ({
          // The first step says in which part of the request it is, which is no matter to the caller.
          path: argumentAt(endpoint.name, issue.path.slice(1)),
          message: text.excerpt(issue.message, 200)
        }))
  const ofRules = rules
    .map(({ message, path }) => ({ path: argumentAt(endpoint.name, text.pathSteps(path)), message }))
    .filter(({ path }) => !ofSchema.some((one) => one.path === path))
  const [first = { path: "", message: "are not what is documented" }, ...rest] = [...ofSchema, ...ofRules]
  return new FrameioError.InvalidRequest({
    endpoint: endpoint.name,
    assetIds: ids.filter(isAssetId),
    problems: [first, ...rest]
  })
}
