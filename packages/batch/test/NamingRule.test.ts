import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { NamedRule, NamingRule } from "@effect-frameio/batch"
import { FastCheck } from "effect"

const vfx = NamingRule.byName("vfx")
const netflix = NamingRule.byName("netflix")
const take = NamingRule.byName("take")
const date = NamingRule.byName("date")

/** Base, version and extension of a name that fits; otherwise what it is instead. */
const read = (rule: NamingRule.NamingRule, name: string) => {
  const parsed = rule.parse(name)
  return parsed._tag === "Fits" ? [parsed.base, Number(parsed.version.join(".")), parsed.extension] : parsed._tag
}

const key = (rule: NamingRule.NamingRule, name: string): string => {
  const parsed = rule.parse(name)
  if (parsed._tag !== "Fits") throw new Error(`${name}: ${parsed._tag}, ${parsed.reason}`)
  return parsed.key
}

const reason = (rule: NamingRule.NamingRule, name: string): string => {
  const parsed = rule.parse(name)
  return parsed._tag === "Fits" ? "" : parsed.reason
}

const own = (pattern: string, options?: NamingRule.Options): NamingRule.NamingRule => {
  const made = NamingRule.fromPattern(pattern, options)
  if (!made.ok) throw new Error(made.problems.join("\n"))
  return made.rule
}

const problems = (pattern: string): string => {
  const made = NamingRule.fromPattern(pattern)
  return made.ok ? "" : made.problems.join("\n")
}

describe("every rule with a name", () => {
  for (const { examples, name, not } of NamedRule.all) {
    const rule = NamingRule.byName(name)
    it(`${name} reads its examples, and not the others`, () => {
      for (const { base, name, version } of examples) {
        const parsed = rule.parse(name)
        assert.deepInclude(parsed, { _tag: "Fits", base, label: version }, name)
      }
      for (const other of not) assert.notStrictEqual(rule.parse(other)._tag, "Fits", other)
    })
  }
})

describe("the table in docs/naming.md", () => {
  const docs = readFileSync(new URL("../../../docs/naming.md", import.meta.url), "utf8")
  const rows = [
    ...docs.matchAll(/^\| `([\w-]+)` \| `([^`]+)` \| (?:`([^`]+)`|does not fit|two readings) \| ([\d.]*) ?\|$/gm)
  ]

  it("is there", () => assert.isAbove(rows.length, 20))

  it.each(rows.map(([row, rule, name, base, version]) => [row, rule, name, base, version] as const))(
    "is true: %s",
    (row, name, file, base, version) => {
      const rule = NamedRule.all.find((one) => one.name === name)?.name
      if (rule === undefined) return assert.fail(`there is no rule ${name}`)
      const expected =
        base === undefined ? (row.includes("two readings") ? "Ambiguous" : "Unfit") : [base, Number(version)]
      const found = read(NamingRule.byName(rule), file ?? "")
      assert.deepStrictEqual(typeof found === "string" ? found : found.slice(0, 2), expected)
    }
  )

  it("has patterns that read the names beside them", () => {
    const table = docs.slice(docs.indexOf("| for names such as"), docs.indexOf("Everything that is wrong"))
    const patterns = [...table.matchAll(/^\| (`.+`.*) \| `(.+)` \|$/gm)]
    assert.isAbove(patterns.length, 4)
    for (const [, names = "", pattern = ""] of patterns) {
      for (const [, name = ""] of names.matchAll(/`([^`]+)`/g)) {
        assert.strictEqual(own(pattern).parse(name)._tag, "Fits", `${pattern} ${name}`)
      }
    }
  })
})

describe("the rule vfx", () => {
  it("takes numbers as numbers, whatever the padding, the case of the v and the separator", () => {
    const names = ["AB_010_v1.mov", "AB_010_v002.mov", "AB_010_V03.mov", "AB_010.v0004.mov"]
    assert.deepStrictEqual(
      names.map((name) => read(vfx, name)),
      [1, 2, 3, 4].map((version) => ["AB_010", version, "mov"])
    )
    assert.lengthOf(new Set(names.map((name) => key(vfx, name))), 1)
  })

  it.each([
    ["a date in the show code is a part of the base", "uc241217_020_v003.mov", ["uc241217_020", 3, "mov"]],
    ["a date in the show code is no version", "uc241217_020.mov", "Unfit"],
    ["a size is no version", "AB_010_1920x1080.mov", "Unfit"],
    ["a size is a part of the base", "AB_010_1920x1080_v02.mov", ["AB_010_1920x1080", 2, "mov"]],
    ["v1080 can be a size", "AB_010_v1080.mov", "Ambiguous"],
    ["v720 can be a size", "AB_010_v720.mov", "Ambiguous"],
    ["v0720 cannot", "AB_010_v0720.mov", ["AB_010", 720, "mov"]],
    ["a second number can be a part of the version", "AB_010_v01_02.mov", "Ambiguous"],
    ["there can be two versions", "AB_v02_edit_v003.mov", "Ambiguous"],
    ["a frame behind a dot belongs to the base", "AB_010_v003.1001.exr", ["AB_010.1001", 3, "exr"]],
    ["eight digits are no frame", "AB_010_v003_00086400.exr", "Unfit"],
    ["a frame of five digits", "AB_010_v003_00864.exr", ["AB_010_00864", 3, "exr"]],
    ["the placeholder of a sequence", "AB_010_v003_####.exr", ["AB_010_####", 3, "exr"]],
    ["the placeholder of printf", "AB_010_v003.%04d.exr", ["AB_010.%04d", 3, "exr"]],
    ["text behind the version is not read", "AB_010_v003_final.mov", "Unfit"],
    ["letters at the number are not read", "AB_010_v003a.mov", "Unfit"],
    ["a v inside a word is none", "dev2.mov", "Unfit"],
    ["a v at the end of a word is none", "AB_dev2.mov", "Unfit"],
    ["a date behind the v is none", "AB_010_v20241217.mov", "Unfit"],
    ["there must be a base", "_v003.mov", "Unfit"],
    ["a name without a base", "v003.mov", "Unfit"],
    ["no extension is one as well", "AB_010_v003", ["AB_010", 3, ""]],
    ["a version behind the last dot is no extension", "AB_010.v003", ["AB_010", 3, ""]],
    ["an extension may begin with a digit", "AB_010_v003.3gp", ["AB_010", 3, "3gp"]],
    ["digits alone are a frame and no extension", "AB_010_v003.1001", ["AB_010.1001", 3, ""]],
    ["the empty name", "", "Unfit"]
  ])("%s: %s", (_, name, expected) => assert.deepStrictEqual(read(vfx, name), expected))

  it("gives each frame of a sequence its own series", () => {
    assert.strictEqual(key(vfx, "AB_v001.1001.exr"), key(vfx, "AB_v002.1001.exr"))
    assert.notStrictEqual(key(vfx, "AB_v001.1001.exr"), key(vfx, "AB_v001.1002.exr"))
  })

  it("never takes a part of a base for the base", () => {
    assert.notStrictEqual(key(vfx, "XABC_010_v001.mov"), key(vfx, "ABC_010_v002.mov"))
    assert.notStrictEqual(key(vfx, "ABC_010_v001.mov"), key(vfx, "ABC_010_comp_v002.mov"))
    assert.notStrictEqual(key(vfx, "abc_010_comp_jg_v001.mov"), key(vfx, "abc_010_comp_mf_v002.mov"))
    // The frame cannot pass for a part of the base in front of the version.
    assert.notStrictEqual(key(vfx, "AB.1001_v001.exr"), key(vfx, "AB_v001.1001.exr"))
  })

  it("keeps the likely reading of a name in doubt, so that what would go above it can wait", () => {
    const parsed = vfx.parse("AB_010_v1080.mov")
    assert.deepInclude(parsed._tag === "Ambiguous" ? parsed.reading : undefined, { base: "AB_010", version: [1080n] })
    assert.include(reason(vfx, "AB_010_v1080.mov"), "can be a size")
  })

  it("says why a name does not fit", () => {
    assert.include(reason(vfx, "AB_010_v003_final.mov"), "“_final” follows the version “v003”")
    assert.include(reason(vfx, "AB_010_final.mov"), "no _v or .v with a number")
    assert.include(reason(vfx, "AB_v02_x_v03.mov"), "both “v02” and “v03”")
    assert.include(reason(vfx, `${"a".repeat(300)}_v001.mov`), "309 characters; more than 255 are not read")
  })
})

describe("how names are compared", () => {
  it("is by the composed form of Unicode; names of either form are one series", () => {
    const [composed, apart] = ["Ümlaut_é_v001.mov".normalize("NFC"), "Ümlaut_é_v002.mov".normalize("NFD")]
    assert.notStrictEqual(composed.length, apart.length)
    assert.strictEqual(key(vfx, composed), key(vfx, apart))
  })

  it("leaves spaces at the ends out of account, and says so", () => {
    for (const name of ["AB_v001.mov ", " AB_v001.mov", "AB_v001 .mov", "AB _v001.mov", "AB_v001.mov\u00a0"]) {
      const parsed = vfx.parse(name)
      assert.strictEqual(parsed._tag === "Fits" ? parsed.key : "", key(vfx, "AB_v002.mov"), JSON.stringify(name))
      assert.isTrue(parsed._tag === "Fits" && parsed.spaced, JSON.stringify(name))
    }
    const plain = vfx.parse("A B_v001.mov")
    assert.isTrue(plain._tag === "Fits" && !plain.spaced)
  })

  it("minds the case of the base unless told not to, and never that of the extension", () => {
    assert.notStrictEqual(key(vfx, "Nightsky_v001.mov"), key(vfx, "nightsky_v002.mov"))
    assert.strictEqual(key(vfx, "Nightsky_v001.MOV"), key(vfx, "Nightsky_v002.mov"))
    const either = NamingRule.byName("vfx", { ignoreCase: true })
    assert.strictEqual(key(either, "Nightsky_v001.mov"), key(either, "nightsky_V002.mov"))
  })

  it("minds the extension unless told not to", () => {
    assert.notStrictEqual(key(vfx, "AB_v001.mov"), key(vfx, "AB_v002.mp4"))
    const any = NamingRule.byName("vfx", { anyExtension: true })
    assert.strictEqual(key(any, "AB_v001.mov"), key(any, "AB_v002.mp4"))
  })

  const base = FastCheck.stringMatching(/^[A-Za-z0-9]{1,12}(?:[_-][A-Za-z]{1,8}){0,4}$/)

  it.prop(
    "reads back what was written, for any base, number and padding",
    [base, FastCheck.integer({ min: 0, max: 9999 }), FastCheck.integer({ min: 1, max: 4 })],
    ([base, number, padding]) => {
      const digits = String(number).padStart(padding, "0")
      const doubtful = /^(?:360|480|540|576|720|[1-9]\d{3})$/.test(digits)
      for (const [rule, name] of [
        [vfx, `${base}_v${digits}.mov`],
        [vfx, `${base}.V${digits}.mov`],
        [take, `${base}_take${digits}.mov`],
        [take, `${base} tk${digits}.mov`],
        [own("(?<base>.+)-r(?<version>\\d+)"), `${base}-r${digits}.mov`]
      ] as const) {
        const parsed = rule.parse(name)
        const fits = parsed._tag === "Ambiguous" ? parsed.reading : parsed
        assert.deepInclude(fits, { _tag: "Fits", base, version: [BigInt(number)], extension: "mov" }, name)
        assert.strictEqual(parsed._tag === "Ambiguous", doubtful && rule.name !== "pattern", name)
      }
    }
  )

  it.prop("reads any name whatever without failing, and in one way only", [FastCheck.fullUnicodeString()], ([name]) => {
    for (const rule of [vfx, netflix, take, date, own("(?<base>.*)(?<version>\\d+)")]) {
      assert.deepStrictEqual(rule.parse(name), rule.parse(name))
    }
  })
})

describe("the rule netflix", () => {
  it("takes any number of fields from three to eight", () => {
    for (const fields of ["AGM_010_comp", "AGM_104_065_010_comp_NFX", "AGM_104_A_065_010_bg_comp_NFX"]) {
      assert.deepStrictEqual(read(netflix, `${fields}_v001.mov`), [fields, 1, "mov"])
    }
    assert.strictEqual(read(netflix, "AGM_comp_v001.mov"), "Unfit")
    assert.strictEqual(read(netflix, "a_b_c_d_e_f_g_h_i_v001.mov"), "Unfit")
  })

  it("wants three digits, underscores, and nothing but letters, digits and hyphens", () => {
    assert.include(reason(netflix, "AGM_010_comp_v01.mov"), "fewer than three digits")
    assert.include(reason(netflix, "AGM_010_co mp_v001.mov"), "“co mp”")
    assert.include(reason(netflix, "AGM_010__comp_v001.mov"), "“”")
    assert.include(reason(netflix, "AGM_010_comp.v001.mov"), "there is no _ before")
  })
})

describe("the rule date", () => {
  it("reads dates of three forms as days, and no day that there is not", () => {
    assert.deepStrictEqual(read(date, "Trailer_20241217.mov"), ["Trailer", 20_241_217, "mov"])
    assert.deepStrictEqual(read(date, "Trailer-2024-12-17.mov"), ["Trailer", 20_241_217, "mov"])
    assert.deepStrictEqual(read(date, "Trailer 241217.mov"), ["Trailer", 20_241_217, "mov"])
    assert.deepStrictEqual(read(date, "Trailer_20240229.mov"), ["Trailer", 20_240_229, "mov"])
    for (const no of ["20230229", "19000229", "20241301", "20240431", "17122024", "2024-1-2", "2024121"]) {
      assert.strictEqual(read(date, `Trailer_${no}.mov`), "Unfit", no)
    }
  })

  it("reads a date only as the last field", () => {
    assert.strictEqual(read(date, "uc241217_020.mov"), "Unfit")
    assert.strictEqual(read(date, "20241217_Trailer.mov"), "Unfit")
    assert.strictEqual(read(date, "Trailer_x20241217.mov"), "Unfit")
    assert.deepStrictEqual(read(date, "uc241217_020_20241218.mov"), ["uc241217_020", 20_241_218, "mov"])
    assert.strictEqual(read(date, "20241217.mov"), "Unfit")
  })
})

describe("a pattern of one's own", () => {
  it("must match the whole name, and what is in no group is left out of account", () => {
    const rule = own("(?<base>[A-Z]+_\\d+)(?:_final)?_r(?<version>\\d+)")
    assert.deepStrictEqual(read(rule, "AB_010_final_r7.mov"), ["AB_010", 7, "mov"])
    assert.strictEqual(key(rule, "AB_010_final_r7.mov"), key(rule, "AB_010_r12.mov"))
    assert.strictEqual(read(rule, "xAB_010_r7.mov"), "Unfit")
    assert.strictEqual(read(rule, "AB_010_r7_x.mov"), "Unfit")
  })

  it("may have a suffix, which belongs to the base, and an extension of its own", () => {
    const suffix = own("(?<base>.+)_v(?<version>\\d+)(?<suffix>_[a-z0-9]+)?")
    assert.notStrictEqual(key(suffix, "AB_v1_h264.mov"), key(suffix, "AB_v2_prores.mov"))
    assert.strictEqual(key(suffix, "AB_v1_h264.mov"), key(suffix, "AB_v2_h264.mov"))
    const ext = own("(?<base>.+?)_v(?<version>\\d+)(?<ext>\\.tar\\.gz|\\.zip)")
    assert.deepStrictEqual(read(ext, "AB_v1.tar.gz"), ["AB", 1, "tar.gz"])
    assert.notStrictEqual(key(ext, "AB_v1.tar.gz"), key(ext, "AB_v1.zip"))
  })

  it("may have the date in front, and numbers longer than a double holds", () => {
    const front = own("(?<version>\\d{8}|\\d{4}-\\d\\d-\\d\\d)_(?<base>.+)")
    assert.deepStrictEqual(read(front, "20241217_Trailer.mov"), ["Trailer", 20_241_217, "mov"])
    assert.deepStrictEqual(read(front, "2024-12-17_Trailer.mov"), ["Trailer", 20_241_217, "mov"])
    const long = own("(?<base>.+)_(?<version>\\d+)").parse("AB_90071992547409930000001.mov")
    assert.strictEqual(long._tag === "Fits" ? long.version[0] : 0n, 90_071_992_547_409_930_000_001n)
  })

  it("does not take a word for a number", () => {
    assert.include(reason(own("(?<base>.+)_(?<version>\\w+)"), "AB_final.mov"), "“final”, which is not a number")
  })

  it("may ignore case", () => {
    const rule = own("(?<base>ab.*)_V(?<version>\\d+)", { ignoreCase: true })
    assert.strictEqual(key(rule, "AB1_v1.mov"), key(rule, "ab1_V2.mov"))
  })

  it("is refused with all that is wrong with it at once", () => {
    assert.include(problems("  "), "The pattern is empty. An example: ")
    const missing = problems("(?<name>.+)_v(?<verison>\\d+)")
    for (const part of [
      "(?<base>…) is missing",
      "(?<version>…) is missing",
      "(?<name>…) is unknown",
      "(?<verison>…) is unknown"
    ]) {
      assert.include(missing, part)
    }
    const broken = problems("(?<base>.+_v(?<version>\\d+)(?<x>")
    assert.include(broken, "not a regular expression: missing closing )")
    assert.include(broken, "(?<x>…) is unknown")
    assert.include(problems(`(?<base>${"a".repeat(1000)})(?<version>\\d)`), "the most is 1000")
    assert.include(problems("(?<base>a)(?<base>b)(?<version>\\d)"), "duplicate capture group name")
    assert.include(problems("(?<base>.+)(?<year>\\d{4})(?<month>\\d\\d)"), "are needed together")
    assert.include(problems("(?<base>.+)(?<version>\\d)(?<year>.)(?<month>.)(?<day>.)"), "but not both")
    for (const pattern of [
      "(?<base>.+)_v(?=\\d)(?<version>\\d+)",
      "(?<base>.+)(?<!x)(?<version>\\d+)",
      "(?<base>.)\\1(?<version>\\d+)"
    ]) {
      assert.include(problems(pattern), "can take for ever", pattern)
    }
  })
})

describe("a pattern that an engine with backtracking never ends with", () => {
  it.each([
    ["(?<base>(a+)+)_v(?<version>\\d+)", "a".repeat(254)],
    ["x(?<base>(?:[a-z0-9]+_?)+)_v(?<version>\\d+)", `x${"a0_".repeat(80)}`],
    ["(?<base>(\\w|_)*)-(?<version>\\d+)", "_".repeat(254)],
    ["(?<base>(.*a){12})_(?<version>\\d+)", "a".repeat(254)],
    ["(?<base>(?:[^_]+|[a-z]+)*)_v(?<version>\\d+)", "q".repeat(254)]
  ])("takes a moment: %s", (pattern, name) => {
    const rule = own(pattern)
    for (let n = 0; n < 20; n++) assert.notStrictEqual(rule.parse(`${name}!`)._tag, "Fits")
  })

  it("is refused when it is so large that each name would take long", () => {
    assert.include(problems(`(?<base>${"(?:a?){900}".repeat(60)})(?<version>\\d+)`), "too large")
    assert.strictEqual(problems("(?<base>[A-Z]{3}_\\d{3,4}(?:_[a-z0-9]{1,20}){1,6})_v(?<version>\\d{3})"), "")
  })
})

describe("the rule vfx-parts", () => {
  const parts = NamingRule.byName("vfx-parts")
  const versionOf = (name: string): NamingRule.Version => {
    const parsed = parts.parse(name)
    return parsed._tag === "Fits" ? parsed.version : []
  }

  it("reads versions of several parts, in their order", () => {
    const inOrder = [
      "AB_v1.mov",
      "AB_v1a.mov",
      "AB_v1.2.mov",
      "AB_v1.2.3.mov",
      "AB_v01_10.mov",
      "AB_V2.mov",
      "AB_v2-1.mov"
    ]
    assert.lengthOf(new Set(inOrder.map((name) => key(parts, name))), 1)
    inOrder.forEach((name, n) => {
      const next = inOrder[n + 1]
      if (next !== undefined) assert.isBelow(NamingRule.compareVersions(versionOf(name), versionOf(next)), 0, name)
    })
    assert.strictEqual(NamingRule.compareVersions(versionOf("AB_v2.mov"), versionOf("AB_v2.0.mov")), 0)
  })

  it("still tells a frame and a size from a part", () => {
    assert.strictEqual(key(parts, "AB_v2.1.1001.exr"), key(parts, "AB_v3.1001.exr"))
    assert.strictEqual(read(parts, "AB_v1080.mov"), "Ambiguous")
    assert.strictEqual(read(parts, "AB_v2 1.mov"), "Ambiguous")
    assert.strictEqual(read(parts, "AB_v2_final.mov"), "Unfit")
  })

  it.prop(
    "puts any two versions in the order of their parts",
    [
      FastCheck.array(FastCheck.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 4 }),
      FastCheck.array(FastCheck.integer({ min: 0, max: 99 }), { minLength: 1, maxLength: 4 })
    ],
    ([one, other]) => {
      const expected =
        [0, 1, 2, 3].map((n) => (one[n] ?? 0) - (other[n] ?? 0)).find((difference) => difference !== 0) ?? 0
      const [left, right] = [one, other].map((numbers) => versionOf(`AB_v${numbers.join(".")}.mov`))
      assert.strictEqual(NamingRule.compareVersions(left ?? [], right ?? []), Math.sign(expected))
    }
  )
})

describe("dates of another order", () => {
  it.each([
    ["date-dmy", "Trailer_171224.mov", 20_241_217],
    ["date-dmy", "Trailer_17122024.mov", 20_241_217],
    ["date-dmy", "Trailer 17.12.2024.mov", 20_241_217],
    ["date-dmy", "Trailer_17-12-24.mov", 20_241_217],
    ["date-dmy", "Trailer_2024-12-17.mov", 20_241_217],
    ["date-mdy", "Trailer_121724.mov", 20_241_217],
    ["date-mdy", "Trailer_12_17_2024.mov", 20_241_217],
    ["date-ymd", "Trailer_241217.mov", 20_241_217],
    ["date", "Trailer_2024_12_17.mov", 20_241_217],
    ["date", "Trailer.2024.12.17.mov", 20_241_217],
    ["date", "Trailer_2024.12.19.mov", 20_241_219]
  ] as const)("%s reads %s", (rule, name, day) =>
    assert.deepStrictEqual(read(NamingRule.byName(rule), name), ["Trailer", day, "mov"])
  )

  it.each([
    ["date-dmy", "Trailer_12312024.mov"],
    ["date-mdy", "Trailer_31122024.mov"],
    ["date", "Trailer_17.12.2024.mov"],
    ["date", "Trailer_24.12.17.mov"],
    ["date", "Trailer_2024-12_17.mov"]
  ] as const)("%s does not read %s", (rule, name) => assert.strictEqual(read(NamingRule.byName(rule), name), "Unfit"))

  it("can be timecodes, where two more digits stand before them", () => {
    const dayFirst = NamingRule.byName("date-dmy")
    assert.strictEqual(read(dayFirst, "clip_01_02_03_04.mov"), "Ambiguous")
    assert.include(reason(dayFirst, "clip_10.11.12.13.mov"), "“10.11.12.13” can be a timecode")
    assert.deepStrictEqual(read(dayFirst, "Reel 10_17.12.24.mov"), ["Reel 10", 20_241_217, "mov"])
  })

  it("can be read by a pattern that says which group is the day", () => {
    const rule = own("(?<base>.+)_(?<day>\\d{1,2})\\.(?<month>\\d{1,2})\\.(?<year>\\d{2,4})")
    assert.deepStrictEqual(read(rule, "Trailer_17.12.2024.mov"), ["Trailer", 20_241_217, "mov"])
    assert.deepStrictEqual(read(rule, "Trailer_7.1.25.mov"), ["Trailer", 20_250_107, "mov"])
    assert.include(reason(rule, "Trailer_31.02.2024.mov"), "not a day of the calendar")
  })

  it("are no version of a pattern that does not say in which order they are", () => {
    const rule = own("(?<base>.+)_(?<version>[0-9.]+)")
    assert.include(reason(rule, "Trailer_17.12.2024.mov"), "use the groups day, month and year")
    assert.deepStrictEqual(read(rule, "Trailer_2024.12.17.mov"), ["Trailer", 20_241_217, "mov"])
    assert.deepStrictEqual(read(rule, "Trailer_2.1.mov"), ["Trailer", 2.1, "mov"])
  })
})

describe("a number that a pattern tears apart", () => {
  it("can be read in two ways", () => {
    const torn = own("(?<base>.+)(?<version>[0-9]+)")
    assert.deepStrictEqual(read(torn, "Spot9.mov"), ["Spot", 9, "mov"])
    assert.strictEqual(read(torn, "Spot10.mov"), "Ambiguous")
    assert.include(reason(torn, "Spot10.mov"), "splits a number: the version can be “0” or “10”")
    assert.strictEqual(read(own("(?<version>\\d+?)_?(?<base>.+)"), "10Spot.mov"), "Ambiguous")
  })

  it("is none where the pattern leaves no choice", () => {
    assert.deepStrictEqual(read(own("(?<base>.+?)(?<version>[0-9]+)"), "Spot10.mov"), ["Spot", 10, "mov"])
    assert.deepStrictEqual(read(own("(?<base>[A-Z]\\d{3})(?<version>\\d{2})"), "A01002.mov"), ["A010", 2, "mov"])
  })
})

describe("what operating systems leave behind", () => {
  it.each(["._AB_v001.mov", ".DS_Store", "Thumbs.db", "thumbs.db", "desktop.ini", "Desktop.ini"])(
    "is never media: %s",
    (name) => {
      for (const rule of [vfx, own("(?<base>.*)v?(?<version>\\d*)")]) assert.strictEqual(read(rule, name), "Unfit")
    }
  )
})

describe("another rule that fits nearly all", () => {
  it("is suggested where the stated one reads less than half", () => {
    const dates = ["Trailer_20241217.mov", "Trailer_20241218.mov", "Teaser_20241218.mov", ".DS_Store"]
    assert.deepStrictEqual(NamingRule.suggest(vfx, dates), { name: "date", fits: 3, of: 3 })
    assert.deepInclude(NamingRule.suggest(take, ["AB_v1.1.mov", "AB_v1.2.mov"]), { name: "vfx-parts" })
    assert.isUndefined(NamingRule.suggest(vfx, ["AB_v01.mov", ...dates.slice(0, 1)]))
    assert.isUndefined(NamingRule.suggest(vfx, ["notes.pdf", "list.txt", "Trailer_20241217.mov"]))
    assert.isUndefined(NamingRule.suggest(vfx, []))
  })
})
