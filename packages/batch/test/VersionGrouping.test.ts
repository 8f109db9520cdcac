import { assert, describe, it } from "@effect/vitest"
import { type NamedRule, NamingRule, PlanFile, VersionGrouping, VersionPlan } from "@effect-frameio/batch"
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
    assert.include(about(both, "near-match")[0]?.message, "differ only in case and extension")
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
    assert.include(result.findings[0]?.message, "“AB_v03.mov”, “AB_v04.mov”")
    assert.includeMembers(
      (result.findings[0]?.assets ?? []).map(({ id }) => id),
      [uuid(9000), uuid(9001)]
    )
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

describe("digits that can be something else than days", () => {
  const by = (rule: NamedRule.Name, names: ReadonlyArray<string>, stacks: ReadonlyArray<VersionGrouping.Stack> = []) =>
    group({ files: files(names), stacks }, { rule: NamingRule.byName(rule) })

  it.each([
    ["days of another order too", ["Trailer_171224.mov", "Trailer_201224.mov", "Trailer_030125.mov"], "day first too"],
    ["frames of a sequence", ["graded.090101.dpx", "graded.090102.dpx", "graded.090103.dpx"], "as the frames of a"],
    ["frames with eight digits", ["graded.20241201.dpx", "graded.20241202.dpx"], "as the frames of a"],
    ["clips that count up", ["Cam_241217.mov", "Cam_241218.mov"], "as frames and clips do"],
    ["times of day", ["Cam_101112.mov", "Cam_111213.mov"], "times of day"],
    ["numbers that go on from the base", ["Reel 3_20241217.mov", "Reel 3_20241219.mov"], "ends in a digit"],
    ["six digits beside eight", ["Trailer_20241203.mov", "Trailer_241210.mov"], "six digits and others eight"]
  ])("are left out when they can be %s", (_, names, said) => {
    const result = by("date", names)
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["ambiguous-series"])
    assert.deepInclude(result.findings[0], { severity: "left-out" })
    assert.lengthOf(result.findings[0]?.assets ?? [], names.length)
    assert.include(result.findings[0]?.message, said)
  })

  it("are left out when a date stands before a date or a time", () => {
    const result = by("date", ["VID_20241217_101112.mov", "VID_20241217_111213.mov", "VID_20241218_091011.mov"])
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["ambiguous-name", "ambiguous-name", "ambiguous-name"])
    const between = by("date", ["VID_20241216.mov", "VID_20241217_101112.mov", "VID_20241218.mov"])
    assert.deepStrictEqual(drawn(between), [])
    assert.sameMembers(kinds(between), ["ambiguous-name", "waits"])
  })

  it("hold their series when they are no day at all", () => {
    for (const odd of ["graded.090132.mov", "graded_17122024.mov", "graded.24.12.17.mov"]) {
      const result = by("date", ["graded.241203.mov", "graded.241210.mov", odd])
      assert.deepStrictEqual(drawn(result), [], odd)
      assert.sameMembers(kinds(result), ["ambiguous-name", "waits", "waits"], odd)
    }
  })

  it("are days where only one reading makes sense", () => {
    assert.deepStrictEqual(
      drawn(by("date", ["T_20241217.mov", "T_2024-12-19.mov", "T_2024_12_20.mov", "T_2025.01.03.mov"])),
      ["T: file 20241217 < 2024-12-19, 2024_12_20, 2025.01.03"]
    )
    assert.deepStrictEqual(drawn(by("date", ["T_241203.mov", "T_241210.mov"])), ["T: file 241203 < 241210"])
    assert.deepStrictEqual(drawn(by("date", ["Reel 3_2024-12-17.mov", "Reel 3_2024-12-19.mov"])), [
      "Reel 3: file 2024-12-17 < 2024-12-19"
    ])
  })

  it("are days where the rule says in which order", () => {
    const dayFirst = ["Trailer_171224.mov", "Trailer_201224.mov", "Trailer_030125.mov"]
    assert.deepStrictEqual(drawn(by("date-dmy", dayFirst)), ["Trailer: file 171224 < 201224, 030125"])
    assert.deepStrictEqual(drawn(by("date-mdy", ["T_010224.mov", "T_020124.mov"])), ["T: file 010224 < 020124"])
    assert.deepStrictEqual(drawn(by("date-ymd", ["Reel 3_241217.mov", "Reel 3_241218.mov", "Reel 3_20250101.mov"])), [
      "Reel 3: file 241217 < 241218, 20250101"
    ])
    assert.deepStrictEqual(drawn(by("date-ymd", ["graded.090101.dpx", "graded.090102.dpx"])), [])
  })

  it("are seen together with what is on the stack", () => {
    const onStack = stack(files(["T_171224.mov"], 100))
    const result = by("date", ["T_030125.mov", "T_201224.mov"], [onStack])
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["ambiguous-series"])
  })

  it("are left out by a pattern that sorts days as numbers", () => {
    const made = NamingRule.fromPattern("(?<base>.+)_(?<version>[0-9]{8})")
    if (!made.ok) return assert.fail(made.problems.join())
    const result = group({ files: files(["T_17122024.mov", "T_03012025.mov"]) }, { rule: made.rule })
    assert.deepStrictEqual(drawn(result), [])
    assert.include(result.findings[0]?.message, "can be days written day first")
    const sound = group({ files: files(["T_20241217.mov", "T_20250103.mov"]) }, { rule: made.rule })
    assert.deepStrictEqual(drawn(sound), ["T: file 20241217 < 20250103"])
    const frames = group({ files: files(["T_00086400.mov", "T_99086401.mov"]) }, { rule: made.rule })
    assert.deepStrictEqual(drawn(frames), ["T: file 00086400 < 99086401"])
  })

  it("are left out by a pattern that tears numbers apart", () => {
    const made = NamingRule.fromPattern("(?<base>.+)(?<version>[0-9]+)")
    if (!made.ok) return assert.fail(made.problems.join())
    const names = Array.from({ length: 12 }, (_, n) => `Spot${n + 1}.mov`)
    const result = group({ files: files(names) }, { rule: made.rule })
    assert.deepStrictEqual(drawn(result), ["Spot: file 1 < 2, 3, 4, 5, 6, 7, 8, 9"])
    assert.deepStrictEqual(kinds(result), ["ambiguous-name", "ambiguous-name", "ambiguous-name"])
  })
})

describe("a name whose number is known to within a part", () => {
  it.each([
    "AB_v02.1.mov",
    "AB_v02_1.mov",
    "AB_v02 2.mov",
    "AB_v2a.mov",
    "AB_v02_approved.mov",
    "AB-v02.mov",
    "AB v2.mov"
  ])("holds its series from there on: %s", (name) => {
    const result = group({ files: files(["AB_v01.mov", name, "AB_v03.mov"]) })
    assert.deepStrictEqual(drawn(result), [])
    assert.sameMembers(kinds(result), ["ambiguous-name", "waits"])
    assert.isTrue(result.findings.every(({ severity }) => severity === "left-out"))
    assert.include(
      about(result, "waits")[0]?.message,
      `v03 of “AB” has to wait until somebody decides what “${name}” is`
    )
  })

  it("lets what is below go on its stack, and the version of its own number", () => {
    const names = ["AB_v01.mov", "AB_v02.mov", "AB_v03.mov", "AB_v03_approved.mov", "AB_v04.mov"]
    assert.deepStrictEqual(drawn(group({ files: files(names) })), ["AB: file v01 < v02, v03"])
  })

  it("holds what would go on a stack, unless the stack has gone past it", () => {
    const on = (name: string) =>
      group({
        files: files([name, "AB_v05.mov"]),
        stacks: [stack(files(["AB_v01.mov", "AB_v02.mov", "AB_v03.mov"], 100))]
      })
    assert.deepStrictEqual(drawn(on("AB_v04b.mov")), [])
    assert.deepStrictEqual(drawn(on("AB_v03.1.mov")), [])
    assert.deepStrictEqual(drawn(on("AB_v02.1.mov")), ["AB: stack v03 < v05"])
    assert.deepStrictEqual(kinds(on("AB_v02.1.mov")), ["ambiguous-name", "gap"])
  })

  it("is told of beside a stack that has nothing else to get", () => {
    const result = group({
      files: files(["AB_v04_approved.mov"]),
      stacks: [stack(files(["AB_v03.mov"], 100), { members: undefined })]
    })
    assert.deepStrictEqual(kinds(result), ["ambiguous-name"])
    assert.include(result.findings[0]?.message, "begins like “AB”")
  })

  it("holds both series where two numbers can be the version", () => {
    const result = group({
      files: files(["AB_v01.mov", "AB_v02_x_v03.mov", "AB_v03.mov", "AB_v02_x_v02.mov"])
    })
    assert.deepStrictEqual(drawn(result), [])
  })

  it("is nothing to other series, and alone no doubt at all", () => {
    const result = group({ files: files(["CD_v01.mov", "CD_v02.mov", "AB_v02_final.mov"]) })
    assert.deepStrictEqual(drawn(result), ["CD: file v01 < v02"])
    assert.deepStrictEqual(kinds(result), ["no-rule"])
    assert.deepInclude(result.findings[0], { severity: "note" })
  })

  it.each([
    ["vfx", ["AB_v001_20241217.mov", "AB_v002_20241218.mov"]],
    ["vfx", ["AB_v1_final.mov", "AB_v2_final.mov"]],
    ["vfx", ["AB-v1.mov", "AB-v2.mov"]],
    ["date", ["AB_17122024.mov", "AB_03012025.mov"]],
    ["date", ["AB_20241217_1030.mov", "AB_20241218_1100.mov"]]
  ] as const)("makes no series of its own, and says so: %s %s", (rule, names) => {
    const result = group({ files: files(names) }, { rule: NamingRule.byName(rule) })
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["ambiguous-name"])
    assert.deepInclude(result.findings[0], { severity: "left-out", base: "AB" })
    assert.lengthOf(result.findings[0]?.assets ?? [], 2)
  })

  it("holds a pattern's series likewise", () => {
    const made = NamingRule.fromPattern("(?<base>.+)_v(?<version>[0-9]+)")
    if (!made.ok) return assert.fail(made.problems.join())
    for (const name of ["AB_v02.1.mov", "AB_v02_approved.mov", "AB_v2a.mov"]) {
      const result = group({ files: files(["AB_v01.mov", name, "AB_v03.mov"]) }, { rule: made.rule })
      assert.deepStrictEqual(drawn(result), [], name)
      assert.sameMembers(kinds(result), ["ambiguous-name", "waits"], name)
    }
  })

  it("is a version by the rule vfx-parts", () => {
    const names = ["AB_v02.10.mov", "AB_v01.mov", "AB_v02_9.mov", "AB_v02.mov", "AB_v3a.mov", "AB_v04.mov"]
    const result = group({ files: files(names) }, { rule: NamingRule.byName("vfx-parts") })
    assert.deepStrictEqual(drawn(result), ["AB: file v01 < v02, v02_9, v02.10, v3a, v04"])
    assert.deepStrictEqual(result.findings, [])
  })
})

describe("series that differ in the way they are written only", () => {
  const told = (grouping: VersionGrouping.Grouping) =>
    about(grouping, "near-match").map(({ differ, severity }) => [severity, ...(differ ?? [])].join(" "))

  it.each([
    ["AB_v001.mov AB_v002.mov AB_v003.mp4 AB_v004.mp4", "left-out extension"],
    ["nightsky_v1.mov nightsky_v2.mov Nightsky_v3.mov Nightsky_v4.mov", "left-out case"],
    ["nightsky_v1.mov Nightsky_v2.mov nightsky_v3.mov Nightsky_v4.mov", "left-out case"],
    ["A-B_v1.mov A-B_v2.mov A_B_v3.mov A_B_v4.mov", "left-out separators"],
    ["A__B_v1.mov A__B_v2.mov A_B_v3.mov A_B_v4.mov", "left-out separators"],
    ["A\u200bB_v1.mov A\u200bB_v2.mov AB_v3.mov AB_v4.mov", "left-out characters"],
    ["ＡB_v1.mov ＡB_v2.mov AB_v3.mov AB_v4.mov", "left-out characters"],
    ["night-sky_v1.mov night-sky_v2.mov Night_Sky_v3.mp4 Night_Sky_v4.mp4", "left-out case separators extension"],
    ["AB_v1_241217.mov AB_v2_241218.mov", "note suffix"],
    ["AB_v1.mov AB_v2.mov ab_v3.mov", "note case"]
  ])("%s", (names, expected) => {
    const result = group({ files: files(names.split(" ")) })
    assert.deepStrictEqual(told(result), [expected])
    if (expected.startsWith("left-out")) {
      assert.deepStrictEqual(drawn(result), [])
      assert.lengthOf(about(result, "near-match")[0]?.assets ?? [], names.split(" ").length)
    }
  })

  it("wait where one could fill a gap of another", () => {
    const result = group({ files: files(["AB_v1.mov", "AB_v2.mov", "ab_v3.mov", "AB_v4.mov"]) })
    assert.deepStrictEqual(drawn(result), ["AB: file v1 < v2"])
    assert.deepStrictEqual(told(result), ["note case"])
    assert.include(about(result, "waits")[0]?.message, "“ab_v3.mov”")
  })

  it("are told of when one is a stack", () => {
    const mov = stack(files(["AB_v1.mov", "AB_v2.mov"], 100), { members: undefined })
    assert.deepStrictEqual(told(group({ files: files(["AB_v3.mp4"]), stacks: [mov] })), ["note extension"])
    const two = group({ files: files(["AB_v3.mp4", "AB_v4.mp4"]), stacks: [mov] })
    assert.deepStrictEqual(told(two), ["left-out extension"])
    assert.deepStrictEqual(drawn(two), [])
  })

  it("are two where both have the same versions, as a file and its proxy have", () => {
    const proxies = group({ files: files(["AB_v1.mov", "AB_v2.mov", "AB_v1.mp4", "AB_v2.mp4", "AB_v2.jpg"]) })
    assert.deepStrictEqual(drawn(proxies), ["AB: file v1 < v2", "AB: file v1 < v2"])
    assert.deepStrictEqual(proxies.findings, [])
    const stacked = group({
      files: files(["AB_v1.mp4", "AB_v2.mp4"]),
      stacks: [stack(files(["AB_v1.mov", "AB_v2.mov"], 100), { members: undefined })]
    })
    assert.deepStrictEqual(stacked.findings, [])
    const frames = group({
      files: files(["AB_v1.1001.exr", "AB_v1.1002.exr", "AB_v2.1001.exr", "AB_v2.1002.exr", "AB_v2.1003.exr"])
    })
    assert.lengthOf(frames.groups, 2)
    assert.deepStrictEqual(frames.findings, [])
  })

  it("are told of where the same spelling would be the same version twice", () => {
    const result = group({ files: files(["AB_v1.mov", "AB_v2.mov", "ab_v1.mov", "ab_v2.mov"]) })
    assert.lengthOf(result.groups, 2)
    assert.deepStrictEqual(told(result), ["note case"])
  })

  it("keep digits apart", () => {
    const result = group({ files: files(["SH_1_10_v1.mov", "SH_1_10_v2.mov", "SH_11_0_v3.mov", "SH_11_0_v4.mov"]) })
    assert.lengthOf(result.groups, 2)
    assert.deepStrictEqual(told(result), [])
  })

  it("are left out when they are in a folder and in one below it", () => {
    const old: VersionGrouping.Folder = { id: "folder-old", path: "Show/A/old" }
    const listing = {
      files: files(["AB_v3.mov", "AB_v4.mov", ["AB_v1.mov", { folder: old }], ["AB_v2.mov", { folder: old }]])
    }
    const result = group(listing)
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(told(result), ["left-out folder"])
    assert.deepStrictEqual(drawn(group(listing, { acrossFolders: true })), ["AB: file v1 < v2, v3, v4"])
  })

  it("are two in folders beside one another, and where a name is a common one", () => {
    const beside = files(["comp_v1.mov", "comp_v2.mov", ["comp_v3.mov", { folder: B }], ["comp_v4.mov", { folder: B }]])
    assert.lengthOf(group({ files: beside }).groups, 2)
    const show: VersionGrouping.Folder = { id: "show", path: "Show" }
    const common = files([
      ["comp_v9.mov", { folder: show }],
      "comp_v1.mov",
      "comp_v2.mov",
      ["comp_v1.mov", { folder: B }],
      ["comp_v2.mov", { folder: B }]
    ])
    assert.lengthOf(group({ files: common }).groups, 2)
    assert.deepStrictEqual(told(group({ files: common })), [])
  })
})

describe("what operating systems leave in folders", () => {
  it("is no media, whatever it is called", () => {
    const result = group({
      files: files([
        "AB_v01.mov",
        "._AB_v01.mov",
        "AB_v02.mov",
        "._AB_v02.mov",
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini"
      ])
    })
    assert.deepStrictEqual(drawn(result), ["AB: file v01 < v02"])
    assert.deepStrictEqual(new Set(kinds(result)), new Set(["leftover"]))
    assert.isTrue(result.findings.every(({ severity }) => severity === "note"))
  })
})

describe("a stack that is out of order", () => {
  const members = files(["AB_v01.mov", "AB_v02.mov", "AB_v03.mov"], 100)

  it("gets nothing while its newest version is not its highest", () => {
    const result = group({
      files: files(["AB_v04.mov"]),
      stacks: [stack(members, { coverId: members[1]?.id ?? null })]
    })
    assert.deepStrictEqual(drawn(result), [])
    assert.deepStrictEqual(kinds(result), ["stack-order"])
    assert.include(result.findings[0]?.message, "shows v02 as its newest version and holds v03")
  })

  it("is told of when older versions do not ascend, from whichever end they are listed", () => {
    const [one, two, three] = members
    if (one === undefined || two === undefined || three === undefined) return assert.fail()
    for (const listed of [
      [two, one, three],
      [three, one, two]
    ]) {
      const result = group({ files: files(["AB_v04.mov"]), stacks: [stack(listed, { coverId: three.id })] })
      assert.deepStrictEqual(drawn(result), ["AB: stack v03 < v04"])
      assert.deepStrictEqual(kinds(result), ["stack-order"])
      assert.include(result.findings[0]?.message, "v02, v01, v03")
    }
    const newestFirst = group({
      files: files(["AB_v04.mov"]),
      stacks: [stack([three, two, one], { coverId: three.id })]
    })
    assert.deepStrictEqual(newestFirst.findings, [])
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

const NAMES = ["AB", "XAB", "ab", "A-B", "A_B", "uc241217_020", "Nuit é"] as const
const TAILS = ["", "", "", "", "", " ", "_1080", ".1001", "_02", "a", ".1", "_approved"] as const

const aFile = FastCheck.record({
  base: FastCheck.constantFrom(...NAMES),
  version: FastCheck.integer({ min: 1, max: 6 }),
  padding: FastCheck.integer({ min: 1, max: 4 }),
  tail: FastCheck.constantFrom(...TAILS),
  extension: FastCheck.constantFrom("mov", "mov", "mov", "mp4"),
  folder: FastCheck.constantFrom(A, B),
  assetType: FastCheck.constantFrom("stream", "stream", "stream", "image", null),
  home: FastCheck.constantFrom("loose", "loose", "loose", "stack", "other stack")
})

/** Any mess: files loose or on one of two stacks of their base and folder. */
const aListing = FastCheck.array(aFile, { maxLength: 40 }).map((all): VersionGrouping.Listing => {
  const loose: Array<VersionGrouping.File> = []
  const stacks = new Map<string, Array<VersionGrouping.File>>()
  all.forEach(({ assetType, base, extension, folder, home, padding, tail, version }, n) => {
    const name = `${base}_v${String(version).padStart(padding, "0")}${tail}.${extension}`
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

const DAY = 86_400_000

/** A day as six or eight digits in some order. */
const written = (day: Date, order: "ymd" | "dmy" | "mdy", long: boolean): string => {
  const [y, m, d] = [day.getUTCFullYear(), day.getUTCMonth() + 1, day.getUTCDate()].map((n) =>
    String(n)
      .padStart(2, "0")
      .slice(long ? 0 : -2)
  )
  return (order === "ymd" ? [y, m, d] : order === "dmy" ? [d, m, y] : [m, d, y]).join("")
}

const aDatedSeries = FastCheck.record({
  days: FastCheck.uniqueArray(FastCheck.integer({ min: 1, max: 11_000 }), { minLength: 2, maxLength: 6 }),
  order: FastCheck.constantFrom(...(["ymd", "dmy", "mdy"] as const)),
  long: FastCheck.boolean()
}).map(({ days, long, order }) => ({
  order,
  // Oldest first.
  names: [...days]
    .sort((one, other) => one - other)
    .map((day) => `Cut_${written(new Date(Date.UTC(2000, 0, 1) + day * DAY), order, long)}.mov`)
}))

const stackedNames = ({ groups }: VersionGrouping.Grouping): ReadonlyArray<ReadonlyArray<string>> =>
  groups.map(({ lines, target }) => [target.name, ...lines.map(({ name }) => name)])

describe("any series of dates", () => {
  it.prop("is stacked whole and in order when the rule says the order", [aDatedSeries], ([{ names, order }]) => {
    const result = group({ files: files([...names].reverse()) }, { rule: NamingRule.byName(`date-${order}`) })
    assert.deepStrictEqual(stackedNames(result), [names])
    assert.deepStrictEqual(result.findings, [])
  })

  it.prop("is never stacked otherwise than in its order when nobody says it", [aDatedSeries], ([{ names }]) => {
    const own = NamingRule.fromPattern("(?<base>.+)_(?<version>[0-9]+)")
    for (const rule of [NamingRule.byName("date"), ...(own.ok ? [own.rule] : [])]) {
      for (const stacked of stackedNames(group({ files: files(names) }, { rule }))) {
        assert.deepStrictEqual(
          stacked,
          names.filter((name) => stacked.includes(name))
        )
      }
    }
  })
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
        // In a stack the order says something.
        stacks: shuffled(listing.stacks)
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
