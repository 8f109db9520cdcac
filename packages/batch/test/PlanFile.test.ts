import { assert, describe, it } from "@effect/vitest"
import { PlanFile, type VersionGrouping, VersionPlan } from "@effect-frameio/batch"
import { Effect, FastCheck } from "effect"

const A = "00000000-0000-4000-8000-00000000000a"
const FOLDER = "00000000-0000-4000-8000-00000000000f"
const B = "00000000-0000-4000-8000-00000000000b"

const groupOf = (text: string): VersionGrouping.Group => ({
  base: text,
  folder: text,
  target: { kind: "file", id: A, name: text, version: "v1", folderId: FOLDER, coverId: null },
  lines: [{ nextAssetId: B, name: text, version: "v2", folder: text, reason: "follows v1; a new stack" }]
})

describe("a plan's file", () => {
  it("begins with the two columns that are sent, and then says the same to a person", () => {
    assert.deepStrictEqual(
      [...PlanFile.write([groupOf("AB")], "csv")],
      [
        "asset_id,next_asset_id,stack,version,name,target_name,folder,reason,position,target_type,target_folder_id,target_cover_id\n",
        `${A},${B},AB,v2,AB,AB,AB,"follows v1; a new stack",1,file,${FOLDER},\n`
      ]
    )
    const [line = ""] = PlanFile.write([groupOf("AB")], "jsonl")
    assert.deepStrictEqual(Object.keys(JSON.parse(line)), [
      ...["assetId", "nextAssetId", "stack", "version", "name", "targetName", "folder", "reason", "position"],
      ...["targetType", "targetFolderId", "targetCoverId"]
    ])
  })

  it("is a header alone where there is nothing to do", () => {
    assert.lengthOf([...PlanFile.write([], "csv")], 1)
    assert.lengthOf([...PlanFile.write([], "jsonl")], 0)
  })

  it.each([
    ["=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    [" =1", "' =1"],
    ["＝1", "'＝1"],
    ["\n=1", '"\'\n=1"'],
    ["'=1", "''=1"],
    ["'90s", "'90s"],
    ["a=b", "a=b"],
    ['say "no"', '"say ""no"""'],
    ["a,b", '"a,b"'],
    ["a;b", '"a;b"'],
    ["a\nb", '"a\nb"'],
    ["trailing ", '"trailing "']
  ])("writes %j so that no spreadsheet runs it and no reader splits it", (value, expected) =>
    assert.strictEqual(PlanFile.cell(value), expected)
  )

  it.effect.prop(
    "is read back with every text as it was, whatever a spreadsheet would take it for",
    [
      FastCheck.oneof(
        FastCheck.fullUnicodeString({ maxLength: 30 }),
        FastCheck.stringOf(FastCheck.constantFrom("'", "=", "@", "＝", " ", "\t", "\r", "\n", "-", ",", '"', "x"), {
          maxLength: 8
        })
      )
    ],
    ([random]) =>
      Effect.gen(function* () {
        // A lone half of a pair is not text, and no file has it in its name.
        const text = random.replace(/\p{Surrogate}/gu, "x")
        const lines = [...PlanFile.write([groupOf(text)], "csv")].join("")
        const plan = yield* VersionPlan.fromString(lines)
        const link = plan.chains[0]?.links[0]
        assert.deepStrictEqual([link?.assetId, link?.nextAssetId] as ReadonlyArray<unknown>, [A, B])
        assert.strictEqual(link?.fields?.name, text)
        const [json = ""] = PlanFile.write([groupOf(text)], "jsonl")
        const read = (yield* VersionPlan.fromString(json)).chains[0]
        assert.deepStrictEqual(read?.links[0]?.fields, link?.fields)
        assert.deepStrictEqual(read?.expected, plan.chains[0]?.expected)
      })
  )

  it("of findings has a line for each asset, and one for what is about none", () => {
    const finding: VersionGrouping.Finding = {
      kind: "duplicate-version",
      severity: "left-out",
      folder: "Show",
      base: "AB",
      assets: [
        { id: A, name: "AB_v01.mov" },
        { id: B, name: "AB_v1.mov" }
      ],
      message: "2 files are v01"
    }
    const gap: VersionGrouping.Finding = { ...finding, kind: "gap", severity: "note", assets: [], message: "v03" }
    assert.deepStrictEqual(
      [...PlanFile.writeFindings([finding, gap], "csv")],
      [
        "severity,kind,folder,stack,asset_id,name,message\n",
        `left-out,duplicate-version,Show,AB,${A},AB_v01.mov,2 files are v01\n`,
        `left-out,duplicate-version,Show,AB,${B},AB_v1.mov,2 files are v01\n`,
        "note,gap,Show,AB,,,v03\n"
      ]
    )
    assert.lengthOf([...PlanFile.writeFindings([finding, gap], "jsonl")], 3)
  })
})
