/**
 * A folder and the naming rule of its files, as given to `plan` and `stacks audit`. Pure.
 *
 * @since 0.1.0
 */
import * as NamedRule from "@effect-frameio/batch/NamedRule"
import * as NamingRule from "@effect-frameio/batch/NamingRule"
import { AssetId } from "@effect-frameio/core/Asset"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * The request.
 *
 * @since 0.1.0
 * @category models
 */
export interface FolderRequest {
  readonly folder: string
  /** The name of a rule, or a pattern. */
  readonly rule: Option.Option<string>
  readonly recursive: boolean
  readonly acrossFolders: boolean
  readonly ignoreCase: boolean
  readonly anyExtension: boolean
}

/**
 * The result, or everything wrong with it.
 *
 * @since 0.1.0
 * @category models
 */
export type Read =
  | {
      readonly ok: true
      readonly folderId: AssetId
      /** Absent if none was stated and none is needed. */
      readonly rule: NamingRule.NamingRule | undefined
    }
  | { readonly ok: false; readonly problems: ReadonlyArray<string> }

const isAssetId = Schema.is(AssetId)

const ruleNamed = (name: string): NamedRule.Name | undefined => NamedRule.all.find((one) => one.name === name)?.name

const ruleOf = (stated: string, options: NamingRule.Options): NamingRule.Made => {
  const name = ruleNamed(stated)
  if (name !== undefined) return { ok: true, rule: NamingRule.byName(name, options) }
  if (/^[\w-]*$/.test(stated)) return notARule(`${JSON.stringify(stated)}, which is not a rule`)
  const made = NamingRule.fromPattern(stated, options)
  return made.ok ? made : { ok: false, problems: made.problems.map((problem) => `--rule: ${problem}`) }
}

const notARule = (is: string): Extract<NamingRule.Made, { readonly ok: false }> => {
  const names = NamedRule.all.map((one) => one.name).join(", ")
  return {
    ok: false,
    problems: [
      `--rule is ${is}. There are ${names}, or a pattern such as '(?<base>.+)_v(?<version>[0-9]+)'; --help has examples.`
    ]
  }
}

/**
 * Reads the request.
 *
 * @since 0.1.0
 * @category reading
 */
export const read = (
  request: FolderRequest,
  options: {
    /** Whether a rule is required. */
    readonly ruleNeeded: boolean
  }
): Read => {
  const { acrossFolders, folder, recursive } = request
  const made = Option.match(request.rule, {
    onSome: (stated) => ruleOf(stated, request),
    onNone: () => (options.ruleNeeded ? notARule("missing") : undefined)
  })
  const problems = [
    ...(isAssetId(folder)
      ? []
      : [
          `${JSON.stringify(folder)} is not a folder id, which is a UUID such as 0f6e2b1c-9d3a-4e57-8a41-5c7d2e9b6f10.`
        ]),
    ...(made === undefined || made.ok ? [] : made.problems),
    ...(acrossFolders && !recursive ? ["--across-folders means nothing for a single folder; add --recursive."] : [])
  ]
  return isAssetId(folder) && problems.length === 0
    ? { ok: true, folderId: folder, rule: made?.ok === true ? made.rule : undefined }
    : { ok: false, problems }
}
