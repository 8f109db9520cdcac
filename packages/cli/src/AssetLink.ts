/**
 * An asset on a command line, named by its id or by its Frame.io link; and that link. Pure.
 *
 * @since 0.1.0
 */
import type * as Asset from "@effect-frameio/core/Asset"
import * as Uuid from "@effect-frameio/core/Uuid"
import type * as CommandLine from "./CommandLine.js"

const FRAMEIO = /^(?:https?:\/\/)?((?:app|next)\.frame\.io|f\.io)(?:[/?#]|$)/i

/** The paths whose last id is that of a file, a stack or a folder. */
const PATHS = [
  new RegExp(`^/player/(${Uuid.pattern})/?$`, "i"),
  new RegExp(`^/projects?/${Uuid.pattern}/(?:view/|folder/)?(${Uuid.pattern})/?$`, "i")
]

const PROJECT = new RegExp(`^/projects?/${Uuid.pattern}/?$`, "i")

const REVIEW = /^\/(?:reviews|presentations|share|embed)\//i

/**
 * The id in a link. A word that is no link to Frame.io is passed on unchanged; a link that may not name an asset is
 * refused.
 *
 * @since 0.1.0
 * @category reading
 */
export const read = (word: string): CommandLine.Read<string> => {
  const host = FRAMEIO.exec(word)?.[1]?.toLowerCase()
  if (host === undefined) return { ok: true, value: word }
  const refused = (problem: string): CommandLine.Read<string> => ({
    ok: false,
    problem: `${JSON.stringify(word)}, ${problem}`
  })
  if (host === "f.io") return refused("a short link; open it in a browser, and copy the address that it leads to")
  const url = new URL(/^https?:\/\//i.test(word) ? word : `https://${word}`)
  const found = PATHS.map((path) => path.exec(url.pathname)?.[1]).find((id) => id !== undefined)
  const version = url.searchParams.get("version")
  if (found !== undefined && version !== null && version.toLowerCase() !== found.toLowerCase()) {
    return refused(`which names two assets; say ${found} for the stack, or ${version} for the version`)
  }
  if (found !== undefined) return { ok: true, value: found }
  if (PROJECT.test(url.pathname))
    return refused("which names a project; open one of its folders, and copy that address")
  if (REVIEW.test(url.pathname))
    return refused("which is a link for reviewers; open the file in its project, and copy that address")
  return refused("which does not name a file, stack or folder")
}

/**
 * An asset on a command line.
 *
 * @since 0.1.0
 * @category kinds
 */
export const kind = (label: string): CommandLine.Kind<string> => ({ label, completes: "nothing", read })

const SHARE = new RegExp(`/shares?/(${Uuid.pattern})(?:[/?#]|$)`, "i")

/**
 * Shares on a command line: ids or links, separated by commas.
 *
 * @since 0.1.0
 * @category kinds
 */
export const shares: CommandLine.Kind<ReadonlyArray<string>> = {
  label: "share[,...]",
  completes: "nothing",
  read: (word) => {
    const ids: Array<string> = []
    for (const one of word.split(",").map((part) => part.trim())) {
      const id = Uuid.whole.test(one) ? one : SHARE.exec(one)?.[1]
      if (id === undefined) {
        return {
          ok: false,
          problem: `${JSON.stringify(one)}, which is neither the id of a share nor a link with one; open a short link in a browser, and copy the address that it leads to`
        }
      }
      ids.push(id.toLowerCase())
    }
    return { ok: true, value: [...new Set(ids)] }
  }
}

/**
 * The page that shows the asset in a browser.
 *
 * @since 0.1.0
 * @category getters
 */
export const linkOf = (asset: Asset.Asset): string | undefined => {
  const type = asset._type ?? asset.type
  if (type !== "folder") return `https://app.frame.io/player/${asset.id}`
  return typeof asset.project_id === "string"
    ? `https://app.frame.io/projects/${asset.project_id}/${asset.id}`
    : undefined
}
