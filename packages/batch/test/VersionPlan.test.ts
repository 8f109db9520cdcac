import { assert, describe, it } from "@effect/vitest"
import { VersionPlan } from "@effect-frameio/batch"
import { Effect, FastCheck, Stream } from "effect"

const id = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`
const [A, B, C, D, E, F] = [1, 2, 3, 4, 5, 6].map(id) as [string, string, string, string, string, string]

const shape = (plan: VersionPlan.VersionPlan) =>
  plan.chains.map((chain) => [chain.target, ...chain.links.map((link) => link.nextAssetId)])

const refused = (text: string, options?: VersionPlan.Options) => Effect.flip(VersionPlan.fromString(text, options))

/** The problems as `line kind`, which is what most tests are about. */
const kinds = (text: string, options?: VersionPlan.Options) =>
  refused(text, options).pipe(
    Effect.map((error) => error.problems.map((problem) => `${problem.line ?? "-"} ${problem.kind}`))
  )

const csv = (...lines: ReadonlyArray<string>) => ["asset_id,next_asset_id", ...lines, ""].join("\n")

describe("VersionPlan chains", () => {
  it.effect("keeps file order in a chain and puts stacks side by side", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(csv(`${A},${B}`, `${D},${E}`, `${A},${C}`))
      assert.deepStrictEqual(shape(plan), [
        [A, B, C],
        [D, E]
      ])
      assert.strictEqual(plan.jobs, 3)
      assert.deepStrictEqual(
        plan.chains[0]?.links.map((link) => link.line),
        [2, 4]
      )
    })
  )

  it.effect("puts a version of a version on the same stack", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(csv(`${A},${B}`, `${B},${C}`, `${C},${D}`))
      assert.deepStrictEqual(shape(plan), [[A, B, C, D]])
    })
  )

  it.effect("lets a link wait for the line that brings its target, and moves nothing else", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(csv(`${B},${C}`, `${A},${D}`, `${A},${B}`, `${A},${E}`))
      assert.deepStrictEqual(shape(plan), [[A, D, B, C, E]])
    })
  )

  it.effect("takes ids in any case for the same", () =>
    Effect.gen(function* () {
      const upper = "ABCDEF00-0000-4000-8000-00000000000A"
      const plan = yield* VersionPlan.fromString(csv(`${upper},${B}`, `${upper.toLowerCase()},${C}`))
      assert.deepStrictEqual(shape(plan), [[upper.toLowerCase(), B, C]])
    })
  )

  it.effect.prop(
    "any order of the lines of a forest gives chains in which every target comes first and siblings keep their order",
    [
      FastCheck.array(FastCheck.nat(), { minLength: 1, maxLength: 40 }).chain((parents) =>
        FastCheck.tuple(
          FastCheck.constant(parents.map((parent, index) => [parent % (index + 1), index + 1] as const)),
          FastCheck.shuffledSubarray([...parents.keys()], {
            minLength: parents.length
          })
        )
      )
    ],
    ([[edges, order]]) =>
      Effect.gen(function* () {
        const lines = order.flatMap((index) => (edges[index] === undefined ? [] : [edges[index]]))
        const plan = yield* VersionPlan.fromPairs(
          lines.map(([parent, child]) => ({
            assetId: id(parent),
            nextAssetId: id(child)
          }))
        )
        assert.strictEqual(plan.chains.length, 1)
        assert.strictEqual(plan.jobs, lines.length)
        const links = plan.chains[0]?.links ?? []
        const present = new Set([id(0)])
        const lastLineOf = new Map<string, number>()
        for (const link of links) {
          assert.isTrue(present.has(link.assetId), "a target must be on the stack before its version")
          assert.isAbove(link.line, lastLineOf.get(link.assetId) ?? 0)
          lastLineOf.set(link.assetId, link.line)
          present.add(link.nextAssetId)
        }
        assert.strictEqual(present.size, lines.length + 1)
      })
  )
})

describe("VersionPlan reading", () => {
  it.effect("keeps other columns as they are", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(
        `note,next_asset_id,shot,asset_id\n"a ""b"", c",${B}, 010 ,${A}\n,${C},020,${A}\n`
      )
      assert.deepStrictEqual(
        plan.chains[0]?.links.map((link) => link.fields),
        [
          { note: 'a "b", c', shot: " 010 " },
          { note: "", shot: "020" }
        ]
      )
    })
  )

  it.effect("reads a byte order mark, CRLF, quotes, blank lines and a last line without an end", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(`\ufeff"asset_id","next_asset_id"\r\n\r\n"${A}","${B}"\r\n${A} , ${C}`)
      assert.deepStrictEqual(shape(plan), [[A, B, C]])
      assert.deepStrictEqual(
        plan.chains[0]?.links.map((link) => link.line),
        [3, 4]
      )
    })
  )

  it.effect("counts lines over quoted line breaks and from the top over blank ones", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(
        `\n\nasset_id,next_asset_id,note\n${A},${B},"one\ntwo\nthree"\n${A},${C},x\n`
      )
      assert.deepStrictEqual(
        plan.chains[0]?.links.map((link) => link.line),
        [4, 7]
      )
    })
  )

  for (const [name, delimiter] of [
    ["semicolons", ";"],
    ["tabs", "\t"]
  ] as const) {
    it.effect(`reads ${name} where the header has them`, () =>
      Effect.gen(function* () {
        const plan = yield* VersionPlan.fromString(
          `asset_id${delimiter}next_asset_id${delimiter}note\n${A}${delimiter}${B}${delimiter}a, b\n`
        )
        assert.deepStrictEqual(plan.chains[0]?.links[0]?.fields, {
          note: "a, b"
        })
      })
    )
  }

  const rows = [
    ["asset_id", "next_asset_id", "note"],
    [A, B, "x"],
    [A, C, "y"]
  ]
  const sheet = (delimiter: string, end: string | ReadonlyArray<string>): string =>
    rows.map((row, n) => `${row.join(delimiter)}${typeof end === "string" ? end : end[n]}`).join("")

  for (const [name, text, lines] of [
    ["a CRLF header over LF rows", sheet(",", ["\r\n", "\n", "\n"]), [2, 3]],
    ["an LF header over CRLF rows", sheet(",", ["\n", "\r\n", "\r\n"]), [2, 3]],
    ["carriage returns alone", sheet(",", "\r"), [2, 3]],
    ["the line by which Excel is told the delimiter", `sep=;\r\n${sheet(";", "\r\n")}`, [3, 4]],
    ["the empty rows of a spreadsheet", `,,\n${sheet(",", ["\n", "\n,,\n , ,\n", "\n,,"])}`, [3, 6]]
  ] as const) {
    it.effect(`reads ${name}, wherever the bytes are cut`, () =>
      Effect.gen(function* () {
        const bytes = new TextEncoder().encode(text)
        for (const size of [1, 2, 3, 7, bytes.length]) {
          const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
            bytes.slice(n * size, (n + 1) * size)
          )
          const plan = yield* VersionPlan.fromBytes(Stream.fromIterable(pieces))
          assert.deepStrictEqual(
            plan.chains[0]?.links.map(({ fields, line }) => [line, fields?.note]),
            lines.map((line, n) => [line, n === 0 ? "x" : "y"])
          )
        }
      })
    )
  }

  it.effect("reads a file of carriage returns that is longer than a line may be, as CSV and as JSON lines", () =>
    Effect.gen(function* () {
      const pairs = Array.from({ length: 300 }, (_, n) => [id(100 + n), id(1000 + n)])
      const csv = ["asset_id,next_asset_id", ...pairs.map((pair) => pair.join(","))].join("\r")
      assert.strictEqual((yield* VersionPlan.fromString(csv, { maxLineBytes: 200 })).jobs, 300)
      const json = pairs.map(([asset_id, next_asset_id]) => JSON.stringify({ asset_id, next_asset_id })).join("\r")
      assert.strictEqual((yield* VersionPlan.fromString(json, { maxLineBytes: 200 })).jobs, 300)
    })
  )

  it.effect("counts the lines of quoted breaks, of whichever sort", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(
        `asset_id,next_asset_id,note\r\n${A},${B},"one\r\ntwo\r\nthree"\r\n${A},${C},x\r\n`
      )
      assert.deepStrictEqual(
        plan.chains[0]?.links.map(({ line }) => line),
        [2, 5]
      )
    })
  )

  it.effect("takes off the apostrophe that keeps a spreadsheet from running a name", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(
        `asset_id,next_asset_id,name\n${A},${B},'@Home_v02.mov\n${A},${C},'90s\n`
      )
      assert.deepStrictEqual(
        plan.chains[0]?.links.map(({ fields }) => fields?.name),
        ["@Home_v02.mov", "'90s"]
      )
    })
  )

  it.effect("reads JSON lines, other fields untouched", () =>
    Effect.gen(function* () {
      const plan = yield* VersionPlan.fromString(
        `{"asset_id":"${A}","next_asset_id":"${B}","frames":[1,2],"__proto__":1}\r\n\r\n{"next_asset_id":"${C}","asset_id":"${A}"}`
      )
      assert.deepStrictEqual(shape(plan), [[A, B, C]])
      const [first, second] = plan.chains[0]?.links ?? []
      assert.deepStrictEqual(first?.fields?.frames, [1, 2])
      assert.strictEqual(first?.line, 1)
      assert.strictEqual(second?.line, 3)
      assert.isUndefined(second?.fields)
    })
  )

  const long = csv(...Array.from({ length: 50 }, (_, n) => `${id(n + 100)},${id(n + 1000)}`)).replace(
    "next_asset_id\n",
    "next_asset_id,note\n"
  )
  it.effect.prop(
    "does not mind where the bytes are cut",
    [
      FastCheck.array(FastCheck.integer({ min: 1, max: 400 }), {
        minLength: 1
      }),
      FastCheck.boolean()
    ],
    ([cuts, asJson]) =>
      Effect.gen(function* () {
        const text = asJson
          ? long
              .split("\n")
              .slice(1, -1)
              .map((line) => {
                const [asset, next] = line.split(",")
                return `{"asset_id":"${asset}","next_asset_id":"${next}","note":"ünï €😀"}`
              })
              .join("\n")
          : long.replace(/(\w{12})$/gm, '$1,"ünï\n€😀"').replace(/^(asset_id.*?),"[\s\S]*?"/, "$1")
        const bytes = new TextEncoder().encode(text)
        const pieces: Array<Uint8Array> = []
        for (let at = 0, n = 0; at < bytes.length; n++) {
          const size = cuts[n % cuts.length] ?? 1
          pieces.push(bytes.slice(at, at + size))
          at += size
        }
        const whole = yield* VersionPlan.fromString(text)
        const cut = yield* VersionPlan.fromBytes(Stream.fromIterable(pieces))
        assert.deepStrictEqual(cut, whole)
        assert.strictEqual(whole.jobs, 50)
        assert.include(JSON.stringify(whole.chains[49]?.links[0]?.fields), "€😀")
      }),
    { fastCheck: { numRuns: 40 } }
  )
})

describe("VersionPlan refusals", () => {
  it.effect("reports every problem at once, by line", () =>
    Effect.gen(function* () {
      const problems = yield* kinds(
        csv(`${A},${A}`, `x,${B}`, `${A},${C}`, `${D},${C}`, `${A},`, `${E},${F}`, `${F},${E}`, `${A},${C}`)
      )
      assert.deepStrictEqual(problems, [
        "2 asset-on-itself",
        "3 not-a-uuid",
        "5 duplicate-version",
        "6 missing-value",
        "7 cycle",
        "9 duplicate-version"
      ])
    })
  )

  it.effect("says of an Adobe id, under which a file would be in a plan twice, how to get its UUID", () =>
    Effect.gen(function* () {
      const error = yield* refused(csv(`${A},${B}`, `${A},adobe:urn:aaid:sc:EU:1f`, `ADOBE:urn:aaid:2,${C}`))
      assert.deepStrictEqual(
        error.problems.map(({ kind, line }) => [kind, line]),
        [
          ["not-a-uuid", 3],
          ["not-a-uuid", 4]
        ]
      )
      assert.include(error.problems[0]?.message, "an Adobe id. A plan names each file by its UUID")
      assert.include(error.problems[0]?.message, "take the `id` of the answer")
    })
  )

  it.effect("names both lines of a version for two targets, and of a repeated pair", () =>
    Effect.gen(function* () {
      const error = yield* refused(csv(`${A},${C}`, `${B},${C}`, `${A},${C}`))
      assert.include(error.problems[0]?.message, `already put on ${A} by line 2`)
      assert.include(error.problems[1]?.message, "already on line 2")
      assert.include(error.message, "2 problems; nothing was sent")
      assert.include(error.message, "line 3: ")
    })
  )

  it.effect("draws a circle in the order of stacking and names its lines", () =>
    Effect.gen(function* () {
      const error = yield* refused(csv(`${B},${C}`, `${D},${E}`, `${C},${A}`, `${A},${B}`, `${A},${F}`))
      assert.strictEqual(error.total, 1)
      assert.strictEqual(error.problems[0]?.line, 2)
      assert.include(error.problems[0]?.message, "lines 2, 4 and 5")
      assert.include(error.problems[0]?.message, [B, C, A, B].join(" → "))
    })
  )

  /** A plan as it is written, its lines in the order given. */
  const sheet = (versions: ReadonlyArray<string>, positions?: ReadonlyArray<number>) =>
    [
      `asset_id,next_asset_id,version,name${positions === undefined ? "" : ",position"}`,
      ...versions.map(
        (version, n) =>
          `${A},${id(10 + n)},${version},Spot_${version}.mov${positions === undefined ? "" : `,${positions[n]}`}`
      )
    ].join("\n")

  it.effect("names every version that a sorted sheet has put above a higher one", () =>
    Effect.gen(function* () {
      const byName = sheet(["v10", "v11", "v2", "v3"])
      const error = yield* refused(byName)
      assert.deepStrictEqual(
        error.problems.map(({ kind, line }) => [kind, line]),
        [
          ["out-of-order", 4],
          ["out-of-order", 5]
        ]
      )
      assert.include(error.message, '"v2" (line 4) would go above "v11" (line 3)')
      assert.strictEqual((yield* VersionPlan.fromString(byName, { anyOrder: true })).jobs, 4)
    })
  )

  it.effect("takes a plan's own count for exact, whatever its labels look like", () =>
    Effect.gen(function* () {
      const days = ["171224", "201224", "030125"]
      assert.strictEqual((yield* VersionPlan.fromString(sheet(days, [1, 2, 3]))).jobs, 3)
      assert.deepStrictEqual(yield* kinds(sheet(["030125", "171224", "201224"], [3, 1, 2])), [
        "3 out-of-order",
        "4 out-of-order"
      ])
    })
  )

  it.effect("compares labels by their numbers, and only where they are of one numbering", () =>
    Effect.gen(function* () {
      for (const versions of [
        ["v1", "v2", "v2.1", "v2.10", "v3"],
        ["v2", "v2a", "v2b", "v3"],
        ["2024-12-17", "2024-12-18", "2025-01-03"],
        ["final", "draft", "v1"],
        ["take 2", "v1"],
        ["", "v2", ""]
      ]) {
        assert.strictEqual((yield* VersionPlan.fromString(sheet(versions))).jobs, versions.length, versions.join())
      }
      for (const versions of [
        ["v2", "v2"],
        ["V003", "v2"],
        ["v2.10", "v2.9"],
        ["v2b", "v2a"]
      ]) {
        assert.deepStrictEqual(yield* kinds(sheet(versions)), ["3 out-of-order"], versions.join())
      }
    })
  )

  it.effect("finds each of two circles once", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* kinds(csv(`${A},${B}`, `${C},${D}`, `${B},${A}`, `${D},${C}`, `${D},${E}`)), [
        "2 cycle",
        "3 cycle"
      ])
    })
  )

  it.effect("says that an input is empty, and what would not be", () =>
    Effect.gen(function* () {
      for (const text of ["", "\n \r\n", "\ufeff", "asset_id,next_asset_id\n", "asset_id,next_asset_id"]) {
        assert.deepStrictEqual(yield* kinds(text), ["- empty"], JSON.stringify(text))
      }
      assert.include((yield* refused("")).message, "asset_id,next_asset_id")
    })
  )

  it.effect("shows the header that a headerless file lacks, and checks the rest all the same", () =>
    Effect.gen(function* () {
      const error = yield* refused(`${A},${B}\n${C},oops\n`)
      assert.deepStrictEqual(
        error.problems.map((problem) => `${problem.line} ${problem.kind}`),
        ["1 no-header", "2 not-a-uuid"]
      )
      assert.include(error.message, "Put this line above it: asset_id,next_asset_id")
    })
  )

  it.effect("names the missing column, what was found, and the near name", () =>
    Effect.gen(function* () {
      const one = yield* refused(`asset_id,nextAssetId,shot\n${A},${B},x\n`)
      assert.deepStrictEqual(
        one.problems.map((problem) => problem.message),
        [
          'The column "next_asset_id" is missing; found: "asset_id", "nextAssetId", "shot". Did you mean "nextAssetId"? Then rename it to "next_asset_id".'
        ]
      )
      const two = yield* refused(`target,new version\n${A},${B}\n`)
      assert.strictEqual(two.total, 2)
      assert.include(two.problems[0]?.message, 'Did you mean "target"?')
      assert.include(two.problems[1]?.message, 'Did you mean "new version"?')
      const json = yield* refused(`{"asset_id":"${A}","next_asset":"${B}"}`)
      assert.include(json.problems[0]?.message, 'The field "next_asset_id" is missing; found: "asset_id", "next_asset"')
      const typo = yield* refused(`asset_id,nxt_aset_id\n${A},${B}\n`)
      assert.include(typo.problems[0]?.message, 'Did you mean "nxt_aset_id"?')
    })
  )

  it.effect("refuses a column that is there twice", () =>
    Effect.gen(function* () {
      for (const twice of ["Asset_ID", "note,x,note"]) {
        const text = `asset_id,next_asset_id,${twice}\n${A},${B},x,y,z\n`
        assert.deepStrictEqual(yield* kinds(text), ["1 duplicate-column"])
      }
    })
  )

  it.effect("refuses a field that is there twice, of which one would be lost, wherever it stands", () =>
    Effect.gen(function* () {
      const pair = `"asset_id":"${A}","next_asset_id":"${B}"`
      const error = yield* refused(
        [
          `{${pair},"next_asset_id":"${C}"}`,
          `{${pair},"note":1,"note" : 1}`,
          `{${pair},"shot":[{"a":{"b":1},"c":2,"a":3}]}`,
          `{${pair.replaceAll(`"asset_id"`, `"asset\\u005fid"`)},"asset_id":"${D}"}`
        ].join("\n")
      )
      assert.deepStrictEqual(
        error.problems.map(({ column, kind, line }) => [line, kind, column]),
        [
          [1, "duplicate-column", 107],
          [2, "duplicate-column", 116],
          [3, "duplicate-column", 134],
          [4, "duplicate-column", 112]
        ]
      )
      assert.include(error.message, 'The field "next_asset_id" appears twice')
      const sound = `{${pair},"note":"say \\"note\\": \\"note\\":","shots":[{"a":1},{"a":1}],"a":{"a":{"a":1}}}`
      assert.strictEqual((yield* VersionPlan.fromString(sound)).jobs, 1)
    })
  )

  it.effect("refuses a line with more fields than the header, but not the empty ones of a spreadsheet", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* kinds(csv(`${A},${B},,`, `${A},${C},x`)), ["3 field-count"])
    })
  )

  it.effect("names line and column of broken JSON, and goes on after it", () =>
    Effect.gen(function* () {
      const error = yield* refused(
        [
          `{"asset_id":"${A}","next_asset_id":"${B}"`,
          `{"asset_id":"${A}" "next_asset_id":"${C}"}`,
          `["${A}","${B}"]`,
          "7",
          `{"asset_id":7,"next_asset_id":"${C}"}`
        ].join("\n"),
        { format: "jsonl" }
      )
      assert.deepStrictEqual(
        error.problems.map((problem) => [problem.line, problem.kind, problem.column]),
        [
          [1, "broken-json", 106],
          [2, "broken-json", 52],
          [3, "not-an-object", undefined],
          [4, "not-an-object", undefined],
          [5, "not-a-uuid", undefined]
        ]
      )
      assert.include(error.message, 'line 2, column 52: This line is not JSON: comma expected, found "\\"".')
    })
  )

  it.effect("says where a quote went wrong", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* kinds(csv(`${A},${B}`, `${A},"${C}`, `${A},${D}`)), ["3 broken-csv"])
      assert.deepStrictEqual(yield* kinds(csv(`${A},${B}`, `${A},"${C}"x`, `${A},${D}`)), ["3 broken-csv"])
    })
  )

  it.effect("refuses what is not UTF-8, with the line and the column", () =>
    Effect.gen(function* () {
      const latin = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
      const error = yield* Effect.flip(
        VersionPlan.fromBytes(
          Stream.make(latin(`asset_id,next_asset_id,note\n${A},${B},a\n${A},`), latin(`${C},caf\u00e9\n${A},${D},x\n`))
        )
      )
      assert.instanceOf(error, VersionPlan.PlanRefused)
      assert.deepStrictEqual(
        error.problems.map((problem) => [problem.kind, problem.line, problem.column]),
        [["not-utf8", 3, 78]]
      )
      const utf16 = yield* Effect.flip(
        VersionPlan.fromBytes(Stream.make(Uint8Array.from([0xff, 0xfe, 0x61, 0x00, 0x0a, 0x00])))
      )
      assert.include(utf16.message, "UTF-16")
    })
  )

  it.effect("says what to do with what is no table and no lines", () =>
    Effect.gen(function* () {
      const pair = { asset_id: A, next_asset_id: B }
      for (const [text, said] of [
        [JSON.stringify([pair, pair]), "jq -c '.[]'"],
        [JSON.stringify([pair, pair], null, 2), "jq -c '.[]'"],
        [`\n${JSON.stringify(pair, null, 2)}`, "line 2: This JSON object spans several lines"],
        [`{"asset_id":"${A}",\n"next_asset_id":"${B}"}`, "jq -c . "]
      ] as const) {
        const error = yield* refused(text)
        assert.strictEqual(error.total, 1)
        assert.include(error.message, said)
      }
      const workbook = Uint8Array.from([0x50, 0x4b, 3, 4, ...new Array<number>(3000).fill(0)])
      const binary = yield* Effect.flip(VersionPlan.fromBytes(Stream.make(workbook), { maxLineBytes: 1000 }))
      assert.include(binary.message, ".xlsx")
      assert.strictEqual(binary.total, 1)
    })
  )

  it.effect("shows what cannot be seen", () =>
    Effect.gen(function* () {
      assert.include((yield* refused(csv(`\u200b${A},${B}`))).message, '"\\u200b0000')
      assert.include((yield* refused(`asset_id,next\u00a0asset_id\n${A},${B}\n`)).message, '"next\\u00a0asset_id"')
    })
  )

  it.effect("does not gather an endless line", () =>
    Effect.gen(function* () {
      let pulled = 0
      const endless = Stream.repeatEffect(
        Effect.sync(() => {
          pulled += 1
          return new Uint8Array(1000).fill(0x61)
        })
      )
      const error = yield* Effect.flip(VersionPlan.fromBytes(endless, { maxLineBytes: 10_000 }))
      assert.deepStrictEqual(
        error.problems.map((problem) => [problem.kind, problem.line]),
        [["too-long", 1]]
      )
      assert.isAtMost(pulled, 12)
      for (const format of ["csv", "jsonl"] as const) {
        const text = `${format === "csv" ? "asset_id,next_asset_id,x" : "{}"}\n${A},${B},${"x".repeat(500)}\n`
        assert.include(yield* kinds(text, { format, maxLineBytes: 200 }), "2 too-long")
      }
    })
  )

  it.effect("bounds what it keeps and prints, and counts all", () =>
    Effect.gen(function* () {
      const error = yield* refused(csv(...Array.from({ length: 5000 }, (_, n) => `x${n},${id(n)}`)))
      assert.strictEqual(error.total, 5000)
      assert.strictEqual(error.problems.length, 1000)
      assert.strictEqual(error.message.split("\n").length, 22)
      assert.include(error.message, "and 4980 more")
    })
  )

  it.effect("shows a hostile value escaped and short", () =>
    Effect.gen(function* () {
      const error = yield* refused(csv(`"\u001b[2J${"z".repeat(300)}",${B}`))
      assert.notInclude(error.message, "\u001b")
      assert.isBelow(error.message.length, 400)
    })
  )

  it.effect("passes on the input's own failure", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(VersionPlan.fromBytes(Stream.fail("gone" as const)))
      assert.strictEqual(error, "gone")
    })
  )

  it.effect("refuses pairs of a program by their place", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        VersionPlan.fromPairs([
          { assetId: A, nextAssetId: B },
          { assetId: A, nextAssetId: A }
        ])
      )
      assert.strictEqual(error.problems[0]?.line, 2)
    })
  )
})
