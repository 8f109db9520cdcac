/**
 * The one declaration of what stacking needs of Frame.io's V4 API: paths, parameters, bodies, answers, errors and the
 * printed limits. The client and the fake are derived from it.
 *
 * Names are those on the wire. Source: Frame.io's own OpenAPI document, version 4.0, of 2026-07-17. Nobody here could try
 * the live API.
 *
 * @since 0.1.0
 */
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Context from "effect/Context"
import * as Schema from "effect/Schema"
import { sameId } from "./Asset.js"
import * as FrameioApi from "./FrameioApi.js"
import { argument } from "./internal/argument.js"
import * as query from "./internal/query.js"
import { reflect } from "./internal/reflection.js"
import * as V4Asset from "./V4Asset.js"

/**
 * How often one user may call an operation in one account, as Frame.io prints it. The headers of an answer correct it.
 *
 * @since 0.1.0
 * @category annotations
 */
export class PrintedLimit extends Context.Tag("@effect-frameio/core/V4Api/PrintedLimit")<
  PrintedLimit,
  {
    /** Requests per window. */
    readonly limit: number
    /** In ms. */
    readonly windowMillis: number
  }
>() {}

/** The strictest printed limit, for an endpoint without one. */
const NOT_PRINTED = { limit: 10, windowMillis: 60_000 }

const SECOND = 1_000
const MINUTE = 60_000

const per = (limit: number, windowMillis: number, summary: string, description?: string) =>
  Context.merge(
    Context.make(PrintedLimit, { limit, windowMillis }),
    OpenApi.annotations({ summary, ...(description === undefined ? {} : { description }) })
  )

const account = HttpApiSchema.param(
  "account_id",
  Schema.propertySignature(V4Asset.Id).annotations(argument({ isPlace: true }))
)
const project = HttpApiSchema.param("project_id", V4Asset.Id)
const folder = HttpApiSchema.param("folder_id", V4Asset.Id)
const file = HttpApiSchema.param("file_id", V4Asset.Id)
const stack = HttpApiSchema.param("version_stack_id", V4Asset.Id)
const workspace = HttpApiSchema.param("workspace_id", V4Asset.Uuid)
const share = HttpApiSchema.param("share_id", V4Asset.Uuid)
const webhook = HttpApiSchema.param("webhook_id", V4Asset.Uuid)
const asset = HttpApiSchema.param("asset_id", V4Asset.Id)

const data = <A, I, R>(schema: Schema.Schema<A, I, R>) =>
  Schema.Struct({ data: schema }, Schema.Record({ key: Schema.String, value: Schema.Unknown }))

const Links = Schema.Struct(
  { next: Schema.optional(Schema.NullOr(Schema.String)) },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
)

const page = <A, I, R>(item: Schema.Schema<A, I, R>) =>
  Schema.Struct(
    {
      data: Schema.Array(item),
      links: Schema.optional(Schema.NullOr(Links)),
      total_count: Schema.optional(Schema.NullOr(Schema.Number))
    },
    Schema.Record({ key: Schema.String, value: Schema.Unknown })
  )

const name = Schema.String.pipe(Schema.minLength(1), Schema.maxLength(255))

/** The server refuses more than the maximum. */
const pages = (maximum: 100 | 500) => ({
  page_size: Schema.optional(
    Schema.NumberFromString.pipe(Schema.int(), Schema.between(1, maximum)).annotations({
      jsonSchema: { type: "integer", minimum: 1, maximum, description: "Items per page; 50 by default." }
    })
  ),
  after: query.text("Where the page begins: the cursor out of links.next."),
  include_total_count: query.flag("Whether total_count is told; false by default.")
})

const include = query.joined("What comes along, joined with commas that stay as they are, such as creator,metadata.")
const sort = query.text("A field and a direction, such as name_asc or created_at_desc.")

const ids = (maximum: number) =>
  Schema.Array(V4Asset.Id).pipe(
    Schema.minItems(1),
    Schema.maxItems(maximum),
    Schema.filter((all) => all.every((id, at) => all.findIndex((one) => sameId(one, id)) === at) || "names an id twice")
  )

const parent = data(Schema.Struct({ parent_id: V4Asset.Id }))
/** By default the copy goes into the original's folder. */
const destination = data(Schema.Struct({ parent_id: Schema.optional(V4Asset.Id) }))
const renamed = data(Schema.Struct({ name }))

const me = HttpApiEndpoint.get("show", "/v4/me")
  .addSuccess(data(V4Asset.Me))
  .annotateContext(per(100, MINUTE, "Whose token this is"))

const accounts = HttpApiEndpoint.get("list", "/v4/accounts")
  .setUrlParams(Schema.Struct({ ...pages(100), sort }))
  .addSuccess(page(V4Asset.Account))
  .annotateContext(per(100, MINUTE, "The accounts that a token reaches"))

const workspaces = HttpApiEndpoint.get("list")`/v4/accounts/${account}/workspaces`
  .setUrlParams(Schema.Struct({ ...pages(100), include, sort }))
  .addSuccess(page(V4Asset.Workspace))
  .annotateContext(per(100, MINUTE, "The workspaces of an account"))

const projects = HttpApiEndpoint.get("list")`/v4/accounts/${account}/projects`
  .setUrlParams(Schema.Struct({ ...pages(100), include, sort }))
  .addSuccess(page(V4Asset.Project))
  .annotateContext(per(100, MINUTE, "All projects of an account that the user may see"))

const projectsOfWorkspace = HttpApiEndpoint.get(
  "listOfWorkspace"
)`/v4/accounts/${account}/workspaces/${workspace}/projects`
  .setUrlParams(Schema.Struct({ ...pages(100), include, sort }))
  .addSuccess(page(V4Asset.Project))
  .annotateContext(per(100, MINUTE, "The projects of a workspace"))

const showProject = HttpApiEndpoint.get("show")`/v4/accounts/${account}/projects/${project}`
  .setUrlParams(Schema.Struct({ include }))
  .addSuccess(data(V4Asset.Project))
  .annotateContext(per(100, MINUTE, "A project", "Its tree begins at root_folder_id."))

const showFolder = HttpApiEndpoint.get("show")`/v4/accounts/${account}/folders/${folder}`
  .setUrlParams(Schema.Struct({ include }))
  .addSuccess(data(V4Asset.Folder))
  .annotateContext(per(100, MINUTE, "A folder"))

const children = HttpApiEndpoint.get("children")`/v4/accounts/${account}/folders/${folder}/children`
  .setUrlParams(
    Schema.Struct({ ...pages(500), include, type: query.text("Only this kind: file, folder or version_stack.") })
  )
  .addSuccess(page(V4Asset.Item))
  .annotateContext(
    per(100, MINUTE, "What is in a folder", "Files, folders and stacks together; their order is not documented.")
  )

const files = HttpApiEndpoint.get("files")`/v4/accounts/${account}/folders/${folder}/files`
  .setUrlParams(Schema.Struct({ ...pages(500), include, sort }))
  .addSuccess(page(V4Asset.Item))
  .annotateContext(per(5, SECOND, "The files in a folder"))

const folders = HttpApiEndpoint.get("folders")`/v4/accounts/${account}/folders/${folder}/folders`
  .setUrlParams(Schema.Struct({ ...pages(500), include }))
  .addSuccess(page(V4Asset.Item))
  .annotateContext(per(5, SECOND, "The folders in a folder"))

const stacks = HttpApiEndpoint.get("versionStacks")`/v4/accounts/${account}/folders/${folder}/version_stacks`
  .setUrlParams(Schema.Struct({ ...pages(500), include }))
  .addSuccess(page(V4Asset.Item))
  .annotateContext(per(5, SECOND, "The version stacks in a folder"))

const createFolder = HttpApiEndpoint.post("create")`/v4/accounts/${account}/folders/${folder}/folders`
  .setPayload(data(Schema.Struct({ name })))
  .addSuccess(data(V4Asset.Folder), { status: 201 })
  .annotateContext(per(3, SECOND, "Make a folder in a folder"))

const removeFolder = HttpApiEndpoint.del("delete")`/v4/accounts/${account}/folders/${folder}`
  .addSuccess(Schema.Void, { status: 204 })
  .annotateContext(per(60, MINUTE, "Delete a folder and all that is in it"))

const showFile = HttpApiEndpoint.get("show")`/v4/accounts/${account}/files/${file}`
  .setUrlParams(Schema.Struct({ include }))
  .addSuccess(data(V4Asset.File))
  .annotateContext(per(10, SECOND, "A file", "The id of a stack is refused with 422."))

const localUpload = HttpApiEndpoint.post("localUpload")`/v4/accounts/${account}/folders/${folder}/files/local_upload`
  .setPayload(data(Schema.Struct({ name, file_size: Schema.Int.pipe(Schema.between(1, 5_000_000_000_000)) })))
  .addSuccess(data(V4Asset.File), { status: 201 })
  .annotateContext(
    per(
      5,
      SECOND,
      "Make a file to upload",
      "The answer has upload_urls, each with the size of its part. The media type comes of the name's extension."
    )
  )

const remoteUpload = HttpApiEndpoint.post("remoteUpload")`/v4/accounts/${account}/folders/${folder}/files/remote_upload`
  .setPayload(data(Schema.Struct({ name, source_url: Schema.String.pipe(Schema.minLength(1)) })))
  .addSuccess(data(V4Asset.File), { status: 202 })
  .annotateContext(per(5, SECOND, "Make a file out of a URL", "Frame.io fetches it; watch its status."))

const fileStatus = HttpApiEndpoint.get("status")`/v4/accounts/${account}/files/${file}/status`
  .addSuccess(data(V4Asset.UploadStatus))
  .annotateContext(per(5, SECOND, "How far an upload is"))

const moveFile = HttpApiEndpoint.patch("move")`/v4/accounts/${account}/files/${file}/move`
  .setPayload(parent)
  .addSuccess(data(V4Asset.File))
  .annotateContext(
    per(
      100,
      MINUTE,
      "Move a file into a folder or onto a version stack",
      "Onto a stack it becomes a version, the newest by all accounts. The answer is the file, not the stack."
    )
  )

const copyFile = HttpApiEndpoint.post("copy")`/v4/accounts/${account}/files/${file}/copy`
  .setUrlParams(
    Schema.Struct({
      copy_metadata: query.flag("Whether metadata come along; false by default."),
      copy_comments: query.text("none (the default), internal, public or all.")
    })
  )
  .setPayload(destination)
  .addSuccess(data(V4Asset.File))
  .annotateContext(per(100, MINUTE, "Copy a file, into its own folder unless told another"))

const renameFile = HttpApiEndpoint.patch("rename")`/v4/accounts/${account}/files/${file}`
  .setPayload(renamed)
  .addSuccess(data(V4Asset.File))
  .annotateContext(per(100, MINUTE, "Rename a file"))

const removeFile = HttpApiEndpoint.del("delete")`/v4/accounts/${account}/files/${file}`
  .addSuccess(Schema.Void, { status: 204 })
  .annotateContext(per(100, MINUTE, "Delete a file"))

const createStack = HttpApiEndpoint.post("create")`/v4/accounts/${account}/folders/${folder}/version_stacks`
  .setPayload(data(Schema.Struct({ file_ids: ids(10).pipe(Schema.minItems(2)) })))
  .addSuccess(data(V4Asset.VersionStack), { status: 201 })
  .annotateContext(
    per(10, MINUTE, "Make a version stack", "Of 2 to 10 files that all lie in this folder, the oldest first.")
  )

const showStack = HttpApiEndpoint.get("show")`/v4/accounts/${account}/version_stacks/${stack}`
  .setUrlParams(Schema.Struct({ include }))
  .addSuccess(data(V4Asset.VersionStack))
  .annotateContext(per(100, MINUTE, "A version stack, with its newest version"))

const versions = HttpApiEndpoint.get("children")`/v4/accounts/${account}/version_stacks/${stack}/children`
  .setUrlParams(Schema.Struct({ ...pages(100), include }))
  .addSuccess(page(V4Asset.Item))
  .annotateContext(
    per(
      100,
      MINUTE,
      "The versions on a stack",
      "Whether the newest comes first is not documented: the end that is the stack's head_version is the top."
    )
  )

const moveStack = HttpApiEndpoint.patch("move")`/v4/accounts/${account}/version_stacks/${stack}/move`
  .setPayload(parent)
  .addSuccess(data(V4Asset.VersionStack))
  .annotateContext(per(10, MINUTE, "Move a stack into a folder"))

const copyStack = HttpApiEndpoint.post("copy")`/v4/accounts/${account}/version_stacks/${stack}/copy`
  .setUrlParams(Schema.Struct({ copy_metadata: query.flag("Whether metadata come along; false by default.") }))
  .setPayload(destination)
  .addSuccess(data(V4Asset.VersionStack))
  .annotateContext(per(10, MINUTE, "Copy a stack, into its own folder unless told another"))

const reorder = HttpApiEndpoint.patch("reorder")`/v4/accounts/${account}/version_stacks/${stack}/versions`
  .setPayload(
    data(
      Schema.Struct({
        target_file_id: V4Asset.Id,
        move_to: Schema.optional(Schema.Literal("top", "bottom")),
        move_above_file_id: Schema.optional(V4Asset.Id),
        move_below_file_id: Schema.optional(V4Asset.Id)
      }).pipe(
        Schema.filter(
          (to) =>
            [to.move_to, to.move_above_file_id, to.move_below_file_id].filter((one) => one !== undefined).length ===
              1 || "needs exactly one of move_to, move_above_file_id and move_below_file_id"
        )
      )
    )
  )
  .addSuccess(data(Schema.Array(V4Asset.Item)))
  .annotateContext(
    per(
      10,
      MINUTE,
      "Put a version elsewhere on its stack",
      "On Frame.io's stable pages since 2025, and absent from its document of July 2026: it may be answered with 404."
    )
  )

const search = HttpApiEndpoint.post("search")`/v4/accounts/${account}/search`
  .setUrlParams(Schema.Struct(pages(100)))
  .setPayload(
    Schema.Struct({
      query: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(1_000)),
      engine: Schema.optional(Schema.Literal("lexical", "nlp")),
      filters: Schema.optional(
        Schema.Struct({
          files_and_version_stacks: Schema.optional(Schema.Boolean),
          folders: Schema.optional(Schema.Boolean),
          projects: Schema.optional(Schema.Boolean)
        })
      )
    })
  )
  .addSuccess(page(V4Asset.SearchHit))
  .annotate(FrameioApi.Reads, true)
  .annotateContext(per(100, MINUTE, "Search a whole account", "By text or by natural language. Changes nothing."))

const fileMetadata = HttpApiEndpoint.get("ofFile")`/v4/accounts/${account}/files/${file}/metadata`
  .setUrlParams(Schema.Struct({ show_null: query.flag("Whether fields without a value are shown, too.") }))
  .addSuccess(data(V4Asset.FileMetadata))
  .annotateContext(per(100, MINUTE, "The metadata of a file"))

const updateMetadata = HttpApiEndpoint.patch("update")`/v4/accounts/${account}/projects/${project}/metadata/values`
  .setPayload(
    data(
      Schema.Struct({
        file_ids: ids(100),
        values: Schema.Array(Schema.Struct({ field_definition_id: V4Asset.Uuid, value: Schema.Unknown })).pipe(
          Schema.minItems(1),
          Schema.maxItems(100)
        )
      })
    )
  )
  .addSuccess(Schema.Void, { status: 204 })
  .annotateContext(per(10, MINUTE, "Set metadata of many files"))

const shares = HttpApiEndpoint.get("list")`/v4/accounts/${account}/projects/${project}/shares`
  .setUrlParams(Schema.Struct({ ...pages(100), sort }))
  .addSuccess(page(V4Asset.Share))
  .annotateContext(per(100, MINUTE, "The shares of a project"))

const showShare = HttpApiEndpoint.get("show")`/v4/accounts/${account}/shares/${share}`
  .addSuccess(data(V4Asset.Share))
  .annotateContext(per(100, MINUTE, "A share"))

const addToShare = HttpApiEndpoint.post("addAsset")`/v4/accounts/${account}/shares/${share}/assets`
  .setPayload(data(Schema.Struct({ asset_id: V4Asset.Id })))
  .addSuccess(data(V4Asset.Share))
  .annotateContext(per(10, MINUTE, "Add an asset to a share"))

const removeFromShare = HttpApiEndpoint.del("removeAsset")`/v4/accounts/${account}/shares/${share}/assets/${asset}`
  .addSuccess(data(V4Asset.Share))
  .annotateContext(per(10, MINUTE, "Take an asset out of a share"))

const webhooks = HttpApiEndpoint.get("list")`/v4/accounts/${account}/workspaces/${workspace}/webhooks`
  .setUrlParams(Schema.Struct(pages(100)))
  .addSuccess(page(V4Asset.Webhook))
  .annotateContext(per(100, MINUTE, "The webhooks of a workspace"))

const createWebhook = HttpApiEndpoint.post("create")`/v4/accounts/${account}/workspaces/${workspace}/webhooks`
  .setPayload(
    data(
      Schema.Struct({
        name,
        url: Schema.String.pipe(Schema.minLength(1)),
        events: Schema.Array(Schema.String).pipe(Schema.minItems(1))
      })
    )
  )
  .addSuccess(data(V4Asset.Webhook), { status: 201 })
  .annotateContext(per(10, MINUTE, "Make a webhook", "The answer alone has its secret."))

const removeWebhook = HttpApiEndpoint.del("delete")`/v4/accounts/${account}/webhooks/${webhook}`
  .addSuccess(Schema.Void, { status: 204 })
  .annotateContext(per(60, MINUTE, "Delete a webhook"))

/**
 * Every operation by its subject and its verb. All may answer 400, 401, 403, 404, 409, 422 and 429 with one body; the
 * meaning of 409 is not documented. No operation deletes or renames a stack.
 *
 * @since 0.1.0
 * @category api
 */
export const operations = {
  me: { show: me },
  accounts: { list: accounts },
  workspaces: { list: workspaces },
  projects: { list: projects, listOfWorkspace: projectsOfWorkspace, show: showProject },
  folders: {
    show: showFolder,
    children,
    files,
    folders,
    versionStacks: stacks,
    create: createFolder,
    delete: removeFolder
  },
  files: {
    show: showFile,
    localUpload,
    remoteUpload,
    status: fileStatus,
    move: moveFile,
    copy: copyFile,
    rename: renameFile,
    delete: removeFile
  },
  versionStacks: {
    create: createStack,
    show: showStack,
    children: versions,
    move: moveStack,
    copy: copyStack,
    reorder
  },
  search: { search },
  metadata: { ofFile: fileMetadata, update: updateMetadata },
  shares: { list: shares, show: showShare, addAsset: addToShare, removeAsset: removeFromShare },
  webhooks: { list: webhooks, create: createWebhook, delete: removeWebhook }
} as const

/**
 * The type of {@link operations}.
 *
 * @since 0.1.0
 * @category api
 */
export type Operations = typeof operations

/**
 * The name of an operation, such as `files.move`.
 *
 * @since 0.1.0
 * @category models
 */
export type OperationName = {
  [Group in keyof Operations]: `${Group}.${Extract<keyof Operations[Group], string>}`
}[keyof Operations]

/**
 * One declared endpoint, in the form that a running client needs.
 *
 * @since 0.1.0
 * @category reflection
 */
export interface Endpoint extends FrameioApi.Endpoint<EndpointName> {
  /** The limit that Frame.io prints, in requests per window of ms. */
  readonly printed: { readonly limit: number; readonly windowMillis: number }
}

const reflected = reflect(
  Object.entries(operations).flatMap(([group, endpoints]) =>
    Object.entries(endpoints).map(([name, { annotations, method, path }]) => ({
      name: `${group}.${name}`,
      method,
      path,
      annotations
    }))
  ),
  "/v4/",
  ({ annotations, method, name, path }): Endpoint => ({
    // It is one by the types of the declaration, which reflection does not keep.
    name: name as EndpointName,
    method,
    path,
    route: `${method} ${path}`,
    reads: method === "GET" || Context.get(annotations, FrameioApi.Reads),
    printed: Context.get(Context.merge(Context.make(PrintedLimit, NOT_PRINTED), annotations), PrintedLimit)
  })
)

/**
 * The name of an endpoint, such as `files.move`.
 *
 * @since 0.1.0
 * @category reflection
 */
export type EndpointName = {
  readonly [Group in keyof Operations]: `${Group}.${Extract<keyof Operations[Group], string>}`
}[keyof Operations]

/**
 * Every endpoint of the declaration by its name.
 *
 * @example
 * ```ts
 * const printed = V4Api.endpoints.get("files.move")?.printed // 100 per minute
 * ```
 *
 * @since 0.1.0
 * @category reflection
 */
export const endpoints: ReadonlyMap<string, Endpoint> = reflected.byName

/**
 * The endpoint that a request goes to, if it is declared. The URL may be whole or only a path.
 *
 * @since 0.1.0
 * @category reflection
 */
export const endpointOf = (request: { readonly method: string; readonly url: string }): Endpoint | undefined =>
  reflected.find(request)

const ACCOUNT = /^\/v4\/accounts\/([^/]+)/

/**
 * The route of a request, which names its rate limit. Frame.io counts per user and account, so the account's id stays in
 * it: `PATCH /v4/accounts/3d1c…/files/:file_id/move`. An undeclared request gets its own path.
 *
 * @since 0.1.0
 * @category reflection
 */
export const routeOf = (request: { readonly method: string; readonly url: string }): string => {
  const path = reflected.pathOf(request.url)
  const declared = reflected.find(request)
  if (declared === undefined) return `${request.method} ${path}`
  const account = ACCOUNT.exec(path)?.[1]
  return account === undefined ? declared.route : declared.route.replace(":account_id", account)
}
