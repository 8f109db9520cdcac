import { assert, describe, it } from "@effect/vitest"
import { NamingRule, PlanFile, VersionGrouping, VersionPlan } from "@effect-frameio/batch"
import { Effect, FastCheck } from "effect"

const A: VersionGrouping.Folder = { id: "folder-a", path: "Show/A" }
const B: VersionGrouping.Folder = { id: "folder-b", path: "Show/B" }

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`

/** Files with ids in the order of their names here. */
const files = (
  names: ReadonlyArray<string | readonly [name: string, more: Partial<VersionGrouping.File>]>,
  from = 1
): ReadonlyArray<VersionGrouping.File> =>
  names.map((one, n) => {
    const [name, more] = typeof one === "string" ? [one, {}] : one
    return { id: uuid(from + n), name, assetType: "stream", folder: A, ...more }
  })

const stack = (
  members: ReadonlyArray<VersionGrouping.File>,
  more?: Partial<VersionGrouping.Stack>
): VersionGrouping.Stack => ({
  id: uuid(9000),
  name: members.at(-1)?.name ?? "",
  folder: A,
  coverId: members.at(-1)?.id ?? null,
  members,
  ...more
})

const group = (
  listing: Partial<VersionGrouping.Listing>,
  options?: VersionGrouping.Options & NamingRule.Options & { readonly rule?: NamingRule.NamingRule }
) =>
  VersionGrouping.group(
    options?.rule ?? NamingRule.byName("vfx", options),
    { files: listing.files ?? [], stacks: listing.stacks ?? [] },
    options
  )

/** `base: target < version, version`. */
const drawn = (grouping: VersionGrouping.Grouping) =>
  grouping.groups.map(
    ({ base, lines, target }) =>
      `${base}: ${target.kind} ${target.version} < ${lines.map(({ version }) => version).join(", ")}`
  )

const kinds = (grouping: VersionGrouping.Grouping) => grouping.findings.map(({ kind }) => kind)

const about = (grouping: VersionGrouping.Grouping, kind: VersionGrouping.FindingKind) =>
  grouping.findings.filter((finding) => finding.kind === kind)

describe("loose files", () => {
  it("of one series go on the oldest of them, in the order of their numbers", () => {
    const result = group({ files: files(["AB_v10.mov", "AB_v2.mov", "AB_v001.mov", "XAB_v1.mov", "AB_bg_v1.mov"]) })
    assert.deepStrictEqual(drawn(result), ["AB: file v001 < v2, v10"])
    assert.deepStrictEqual(result.groups[0]?.target, {
      kind: "file",
      id: uuid(3),
      name: "AB_v001.mov",
      version: "v001",
      folderId: A.id,
      coverId: null
    })
    assert.deepStrictEqual(
      result.groups[0]?.lines.map(({ nextAssetId, reason }) => [nextAssetId, reason]),
      [
        [uuid(2), "follows v001; a new stack"],
        [uuid(1), "follows v2 on the new stack"]
      ]
    )
    assert.strictEqual(result.single, 2)
  })

  it("alone need nothing, and a name that fits no rule is noted", () => {
    const result = group({ files: files(["AB_v001.mov", "notes.pdf"]) })
    assert.deepStrictEqual(result.groups, [])
    assert.deepStrictEqual(kinds(result), ["no-rule"])
    assert.strictEqual(result.findings[0]?.severity, "note")
    assert.include(result.findings[0]?.message, "“notes.pdf” does not fit the rule vfx: it has no _v or .v")
  })

  it("of two folders are two series unless folders do not count", () => {
    const two = files(["AB_v001.mov", ["AB_v002.mov", { folder: B }]])
    assert.deepStrictEqual(drawn(group({ files: two })), [])
    const across = group({ files: two }, { acrossFolders: true })
    assert.deepStrictEqual(drawn(across), ["AB: file v001 < v002"])
    assert.deepInclude(across.groups[0], { folder: "Show/A" })
    assert.deepInclude(across.groups[0]?.lines[0], { folder: "Show/B" })
  })

  it("with a version missing are planned, and the gap is told", () => {
    const result = group({ files: files(["AB_v001.mov", "AB_v002.mov", "AB_v004.mov", "AB_v009.mov"]) })
    assert.deepStrictEqual(drawn(result), ["AB: file v001 < v002, v004, v009"])
    assert.include(about(result, "gap")[0]?.message, "v003, v005 to v008 of “AB” are missing")
    assert.include(about(group({ files: files(["AB_v01.mov", "AB_v03.mov"]) }), "gap")[0]?.message, "v02 of “AB” is")
  })

  it("by dates have no gaps", () => {
    const result = group(
      { files: files(["AB_20241231.mov", "AB_2025-01-05.mov", "AB_250103.mov"]) },
      { rule: NamingRule.byName("date-ymd") }
    )
    assert.deepStrictEqual(drawn(result), ["AB: file 20241231 < 250103, 2025-01-05"])
    assert.deepStrictEqual(result.findings, [])
  })

  it("of one version twice are left out, with everything above, and what is below is planned", () => {
    const result = group({
      files: files(["AB_v01.mov", "AB_v02.mov", "AB_v03.mov", "AB_v3.mov", "AB_v04.mov", "AB_v05.mov"])
    })
    assert.deepStrictEqual(drawn(result), ["AB: file v01 < v02"])
    assert.deepStrictEqual(kinds(result), ["duplicate-version", "waits", "waits"])
    assert.deepStrictEqual(
      result.findings.map(({ assets }) => assets.map(({ id }) => id)),
      [[uuid(3), uuid(4)], [uuid(5)], [uuid(6)]]
    )
    assert.isTrue(result.findings.every(({ severity }) => severity === "left-out"))
  })

  it("whose oldest is there twice are left out altogether", () => {
    const result = group({ files: files(["AB_v01.mov", "AB_v1.mov", "AB_v02.mov", "AB_v03.mov"]) })
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["duplicate-version", "waits", "waits"])
  })

  it("with a name in doubt wait above it", () => {
    const result = group({ files: files(["AB_v718.mov", "AB_v719.mov", "AB_v720.mov", "AB_v721.mov"]) })
    assert.deepStrictEqual(drawn(result), ["AB: file v718 < v719"])
    assert.deepStrictEqual(kinds(result), ["ambiguous-name", "waits"])
    const size = group({ files: files(["AB_v01.mov", "AB_v02.mov", "AB_v1080.mov", "AB_v01_02.mov"]) })
    // v01_02 may come before v02.
    assert.deepStrictEqual(drawn(size), [])
    assert.deepStrictEqual(kinds(size), ["ambiguous-name", "waits", "waits"])
  })

  it("of different types are left out altogether, for nobody says which type the series has", () => {
    const result = group({ files: files(["AB_v01.mov", ["AB_v02.mov", { assetType: "image" }], "AB_v03.mov"]) })
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["mixed-types"])
    assert.include(result.findings[0]?.message, "v01 stream, v02 image, v03 stream")
  })

  it("that are not processed yet are planned, with a note", () => {
    const result = group({ files: files(["AB_v01.mov", ["AB_v02.mov", { assetType: null }]]) })
    assert.deepStrictEqual(drawn(result), ["AB: file v01 < v02"])
    assert.deepStrictEqual(kinds(result), ["unprocessed"])
  })

  it("with spaces at the ends, or of another form of Unicode, are one series and keep their names", () => {
    const [composed, apart] = ["é_v01.mov".normalize("NFC"), "é_v02.mov ".normalize("NFD")]
    const result = group({ files: files([composed, apart]) })
    assert.strictEqual(result.groups[0]?.target.name, composed)
    assert.strictEqual(result.groups[0]?.lines[0]?.name, apart)
    assert.deepStrictEqual(kinds(result), ["spaces"])
  })

  it("that differ in case or extension only are told of, unless both are there in the same versions", () => {
    const both = group({ files: files(["Night_v01.mov", "night_v02.mp4"]) })
    assert.deepStrictEqual(drawn(both), [])
    assert.include(about(both, "near-match")[0]?.message, "differ in case and extension only")
    assert.deepStrictEqual(about(both, "near-match")[0]?.differ, ["case", "extension"])
    const extension = group({ files: files(["AB_v01.mov", "AB_v02.mp4"]) })
    assert.deepStrictEqual(about(extension, "near-match")[0]?.differ, ["extension"])
    assert.deepStrictEqual(kinds(group({ files: files(["AB_v01.mov", "AB_v01.jpg"]) })), [])
    assert.deepStrictEqual(
      drawn(group({ files: files(["Night_v01.mov", "night_v02.mp4"]) }, { ignoreCase: true, anyExtension: true })),
      ["Night: file v01 < v02"]
    )
  })
})

describe("files beside a stack", () => {
  const members = files(["AB_v01.mov", "AB_v02.mov", "AB_v03.mov"], 100)

  it("go on it when they are newer, older ones never", () => {
    const result = group({ files: files(["AB_v05.mov", "AB_v4.mov"]), stacks: [stack(members)] })
    assert.deepStrictEqual(drawn(result), ["AB: stack v03 < v4, v05"])
    assert.strictEqual(result.groups[0]?.target.id, uuid(9000))
    assert.deepStrictEqual(
      result.groups[0]?.lines.map(({ reason }) => reason),
      ["follows v03 on the stack", "follows v4 on the stack"]
    )
    assert.deepStrictEqual(result.findings, [])
  })

  it("need not be more than one", () => {
    assert.deepStrictEqual(drawn(group({ files: files(["AB_v04.mov"]), stacks: [stack(members)] })), [
      "AB: stack v03 < v04"
    ])
  })

  it("that are on it in the same version, or older than its newest, are left out, and newer ones go on", () => {
    const result = group({
      files: files(["AB_v02.mov", "AB_v03.mov", "AB_v05.mov"]),
      stacks: [stack(files(["AB_v01.mov", "AB_v03.mov", "AB_v04.mov"], 100))]
    })
    assert.deepStrictEqual(drawn(result), ["AB: stack v04 < v05"])
    assert.deepStrictEqual(kinds(result), ["duplicate-version", "out-of-order"])
  })

  it("of another type than the stack's are left out, and the others go on", () => {
    const result = group({
      files: files([["AB_v04.mov", { assetType: "image" }], "AB_v05.mov"]),
      stacks: [stack(members)]
    })
    assert.deepStrictEqual(drawn(result), ["AB: stack v03 < v05"])
    assert.deepStrictEqual(kinds(result), ["mixed-types"])
    assert.include(result.findings[0]?.message, "v04 is image")
  })

  it("are left out where there are two stacks of the base", () => {
    const other = stack(files(["AB_v04.mov"], 200), { id: uuid(9001) })
    const result = group({ files: files(["AB_v05.mov"]), stacks: [stack(members), other] })
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["several-stacks"])
    assert.include(result.findings[0]?.message, `${uuid(9000)}, ${uuid(9001)}`)
  })

  it("find it by its members where it has a name of its own", () => {
    const result = group({ files: files(["AB_v04.mov"]), stacks: [stack(members, { name: "Hero shot" })] })
    assert.deepStrictEqual(drawn(result), ["AB: stack v03 < v04"])
  })

  it("are left out where the newest version does not fit the rule, or there is none", () => {
    for (const [name, ...more] of [["AB_final.mov"], ["AB_v1080.mov"]]) {
      const odd = stack(files(["AB_v01.mov", name ?? "", ...more], 100), { name: "AB_v01.mov" })
      const result = group({ files: files(["AB_v02.mov", "AB_v03.mov"]), stacks: [odd] })
      assert.deepStrictEqual(drawn(result), [], name)
      assert.deepStrictEqual(kinds(result), ["unclear-stack"], name)
    }
    const empty = group({ files: files(["AB_v02.mov"]), stacks: [stack([], { name: "AB_v01.mov" })] })
    assert.include(about(empty, "unclear-stack")[0]?.message, "is shown as empty")
  })

  it("go on where an older version does not fit the rule, with a note", () => {
    const odd = stack(files(["AB_first.mov", "AB_v02.mov"], 100))
    const result = group({ files: files(["AB_v03.mov"]), stacks: [odd] })
    assert.deepStrictEqual(drawn(result), ["AB: stack v02 < v03"])
    assert.deepStrictEqual(kinds(result), ["member"])
  })

  it("are left out where the stack holds two bases, or says one and holds another", () => {
    const mixed = stack(files(["ABC_v01.mov", "AB_v02.mov"], 100))
    const result = group({ files: files(["AB_v03.mov", "ABC_v04.mov"]), stacks: [mixed] })
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["unclear-stack", "unclear-stack"])
    const renamed = stack(members, { name: "CD_v03.mov" })
    const other = group({ files: files(["CD_v04.mov", "CD_v05.mov", "AB_v04.mov"]), stacks: [renamed] })
    assert.deepStrictEqual(drawn(other), ["AB: stack v03 < v04"])
    assert.deepStrictEqual(kinds(other), ["unclear-stack"])
  })

  it("are left out where its versions could not be read", () => {
    const unread = stack([], { name: "AB_v03.mov", members: undefined, problem: "Not for you." })
    const result = group({ files: files(["AB_v04.mov", "CD_v01.mov", "CD_v02.mov"]), stacks: [unread] })
    assert.deepStrictEqual(drawn(result), ["CD: file v01 < v02"])
    assert.include(about(result, "stack-unread")[0]?.message, "Not for you.")
    const nameless = stack([], { name: "Hero", members: undefined })
    const closed = group({
      files: files(["CD_v01.mov", "CD_v02.mov", ["EF_v1.mov", { folder: B }], ["EF_v2.mov", { folder: B }]]),
      stacks: [nameless]
    })
    assert.deepStrictEqual(drawn(closed), ["EF: file v1 < v2"])
    assert.deepStrictEqual(kinds(closed), ["stack-unread"])
  })

  it("that were put on it while it was read are not planned again", () => {
    const result = group({ files: [...files(["AB_v04.mov"]), ...members], stacks: [stack(members)] })
    assert.deepStrictEqual(drawn(result), ["AB: stack v03 < v04"])
    assert.deepStrictEqual(result.findings, [])
  })
})

describe("the stacks whose versions have to be read", () => {
  const touched = (names: ReadonlyArray<string>, stacks: ReadonlyArray<string>) =>
    VersionGrouping.touchedStacks(NamingRule.byName("vfx"), {
      files: files(names),
      stacks: stacks.map((name, n) => ({ id: uuid(n), name, folder: A, coverId: null, members: undefined }))
    }).map(({ name }) => name)

  it("are those with the base of a file, and those whose name says nothing", () => {
    assert.deepStrictEqual(touched(["AB_v04.mov"], ["AB_v03.mov", "CD_v01.mov", "Hero"]), ["AB_v03.mov", "Hero"])
    assert.deepStrictEqual(touched(["notes.pdf"], ["AB_v03.mov", "Hero"]), [])
    assert.deepStrictEqual(touched([], ["AB_v03.mov", "Hero"]), [])
  })
})

// -----------------------------------------------------------------------------
// properties
// -----------------------------------------------------------------------------

const NAMES = ["AB", "XAB", "ab", "uc241217_020", "Nuit é"] as const
const TAILS = ["", "", "", " ", "_1080", ".1001", "_02"] as const

const aFile = FastCheck.record({
  base: FastCheck.constantFrom(...NAMES),
  version: FastCheck.integer({ min: 1, max: 6 }),
  padding: FastCheck.integer({ min: 1, max: 4 }),
  tail: FastCheck.constantFrom(...TAILS),
  folder: FastCheck.constantFrom(A, B),
  assetType: FastCheck.constantFrom("stream", "stream", "stream", "image", null),
  home: FastCheck.constantFrom("loose", "loose", "loose", "stack", "other stack")
})

/** Any mess: files loose or on one of two stacks of their base and folder. */
const aListing = FastCheck.array(aFile, { maxLength: 40 }).map((all): VersionGrouping.Listing => {
  const loose: Array<VersionGrouping.File> = []
  const stacks = new Map<string, Array<VersionGrouping.File>>()
  all.forEach(({ assetType, base, folder, home, padding, tail, version }, n) => {
    const name = `${base}_v${String(version).padStart(padding, "0")}${tail}.mov`
    const file = { id: uuid(n), name, assetType, folder }
    const key = `${home} ${base} ${folder.id}`
    if (home === "loose") loose.push(file)
    else stacks.set(key, [...(stacks.get(key) ?? []), file])
  })
  return {
    files: loose,
    stacks: [...stacks.values()].map((members, n) =>
      stack(members, { id: uuid(8000 + n), folder: members[0]?.folder ?? A })
    )
  }
})

const options = FastCheck.record({
  acrossFolders: FastCheck.boolean(),
  ignoreCase: FastCheck.boolean(),
  anyExtension: FastCheck.boolean()
})

describe("any mess", () => {
  it.prop(
    "gives the same plan and the same findings in whichever order it is listed",
    [aListing, options, FastCheck.infiniteStream(FastCheck.double({ min: 0, max: 1, noNaN: true }))],
    ([listing, how, random]) => {
      const shuffled = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
        all
          .map((one) => [Number(random.next().value), one] as const)
          .sort(([one], [other]) => one - other)
          .map(([, one]) => one)
      const other = {
        files: shuffled(listing.files),
        stacks: shuffled(listing.stacks.map((one) => ({ ...one, members: shuffled(one.members ?? []) })))
      }
      assert.deepStrictEqual(group(other, how), group(listing, how))
    }
  )

  it.prop(
    "gives a plan that rises strictly in each stack, has no file twice, and nothing that is in doubt",
    [aListing, options],
    ([listing, how]) => {
      const rule = NamingRule.byName("vfx", how)
      const result = group(listing, how)
      const byId = new Map(
        [...listing.files, ...listing.stacks.flatMap(({ members }) => members ?? [])].map((file) => [file.id, file])
      )
      const fits = (id: string) => {
        const parsed = rule.parse(byId.get(id)?.name ?? "")
        if (parsed._tag !== "Fits") throw new Error(`${byId.get(id)?.name} is in doubt`)
        return parsed
      }
      const used: Array<string> = []
      for (const { lines, target } of result.groups) {
        const members = listing.stacks.find(({ id }) => id === target.id)?.members ?? []
        const below =
          target.kind === "file"
            ? [target.id]
            : members.flatMap(({ id, name }) => (rule.parse(name)._tag === "Fits" ? [id] : []))
        if (target.kind === "file") used.push(target.id)
        const highest = [-1n, ...below.map((id) => fits(id).version)].reduce((most, one) => (one > most ? one : most))
        const versions = lines.map(({ nextAssetId }) => fits(nextAssetId).version)
        for (const [n, version] of versions.entries()) {
          assert.isTrue(version > (versions[n - 1] ?? highest), "rises")
        }
        const everybody = [...below, ...lines.map(({ nextAssetId }) => nextAssetId)]
        assert.lengthOf(new Set(everybody.map((id) => fits(id).key)), 1, "one base")
        const types = new Set(everybody.flatMap((id) => byId.get(id)?.assetType ?? []))
        assert.isAtMost(types.size, 1, "one type")
        used.push(...lines.map(({ nextAssetId }) => nextAssetId))
      }
      assert.strictEqual(new Set(used).size, used.length, "no file twice")
      const leftOut = new Set(
        result.findings
          .filter(({ severity }) => severity === "left-out")
          .flatMap(({ assets }) => assets.map(({ id }) => id))
      )
      for (const { lines } of result.groups) {
        for (const { nextAssetId } of lines)
          assert.isFalse(leftOut.has(nextAssetId), "left out, and planned all the same")
      }
      // Whatever fits is planned, or left out with a reason, or is the only one of its series that could be.
      const alone = listing.files.flatMap(({ folder, id, name }) => {
        const parsed = rule.parse(name)
        if (parsed._tag !== "Fits" || used.includes(id) || leftOut.has(id)) return []
        return [how.acrossFolders ? parsed.key : `${folder.id} ${parsed.key}`]
      })
      assert.strictEqual(new Set(alone).size, alone.length, "nothing is lost")
    }
  )

  it.effect.prop(
    "is written and read back as the same plan, as CSV and as JSON lines",
    [aListing, options],
    ([listing, how]) =>
      Effect.gen(function* () {
        const { groups } = group(listing, how)
        if (groups.length === 0) return
        const expected = groups.map(({ lines, target }) => [target.id, ...lines.map(({ nextAssetId }) => nextAssetId)])
        for (const format of ["csv", "jsonl"] as const) {
          const plan = yield* VersionPlan.fromString([...PlanFile.write(groups, format)].join(""))
          assert.deepStrictEqual(
            plan.chains.map(({ links, target }) => [target, ...links.map(({ nextAssetId }) => nextAssetId)]),
            expected
          )
          const [first] = groups
          const fields = plan.chains[0]?.links[0]?.fields
          assert.deepInclude(fields, {
            stack: first?.base,
            folder: first?.lines[0]?.folder,
            reason: first?.lines[0]?.reason
          })
        }
      })
  )
})
