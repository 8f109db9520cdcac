import { NamingRule, type UploadPlan } from "@effect-frameio/batch"
import type { Asset } from "@effect-frameio/core"
import { Repository, Upload, type UploadJournal } from "@effect-frameio/stacks"
import { Effect, Option, Stream } from "effect"

export const vfx = NamingRule.byName("vfx", {})

/** Bytes that differ from file to file. */
export const bytesOf = (size: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, at) => Math.imul(at + seed * 7919, 2_654_435_761) >>> 24)

/** Files of a disk in memory. */
export const disk = () => {
  const contents = new Map<string, Uint8Array>()
  const changes = new Map<string, number>()
  const identityOf = (path: string): string => `${path}:${changes.get(path) ?? 0}`
  return {
    contents,
    write: (path: string, bytes: Uint8Array) => {
      contents.set(path, bytes)
      changes.set(path, (changes.get(path) ?? 0) + 1)
    },
    files: (): ReadonlyArray<UploadPlan.LocalFile> =>
      Array.from(contents, ([path, { length }]) => ({
        path,
        name: path.replace(/^.*\//, ""),
        bytes: length,
        filetype: /\.jpg$/.test(path) ? "image/jpeg" : "video/quicktime",
        identity: identityOf(path)
      })),
    checksum: ({ path }: UploadPlan.LocalFile) =>
      Effect.sync(() => Buffer.from(contents.get(path) ?? []).toString("hex")),
    contentOf: ({ path }: UploadPlan.LocalFile) => ({
      source: Upload.fromBytes(contents.get(path) ?? new Uint8Array()),
      identity: Effect.sync(() => identityOf(path))
    })
  }
}

/** Journals that outlive a run, in memory. */
export const journals = () => {
  const kept = new Map<string, { begun: UploadJournal.Begun; done: Set<number> }>()
  return {
    kept,
    of: ({ path }: UploadPlan.LocalFile): UploadJournal.UploadJournal => ({
      load: Effect.sync(() => Option.fromNullable(kept.get(path))),
      begin: (begun) => Effect.sync(() => void kept.set(path, { begun, done: new Set() })),
      partDone: (part) => Effect.sync(() => void kept.get(path)?.done.add(part)),
      clear: Effect.sync(() => void kept.delete(path))
    })
  }
}

/** The names of the versions of each stack of a folder, oldest first, and of its other files. */
export const namesIn = (folderId: Asset.AssetId) =>
  Effect.gen(function* () {
    const repository = yield* Repository.Repository
    const stacks: Array<ReadonlyArray<string>> = []
    const loose: Array<string> = []
    for (const item of yield* Stream.runCollect(repository.children(folderId))) {
      if (item._tag === "Stack") {
        const { files } = yield* repository.versions(item)
        stacks.push(files.map(({ name }) => name))
      } else if (item._tag === "File") loose.push(item.name)
    }
    return { stacks: stacks.sort((a, b) => (String(a) < String(b) ? -1 : 1)), loose: loose.sort() }
  })
