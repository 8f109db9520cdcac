import { assert, describe, it } from "@effect/vitest"
import { type JobRecord, LinkError, VersionPlan } from "@effect-frameio/batch"
import { SafeText } from "@effect-frameio/core"
import { BatchReport } from "@effect-frameio/report"
import { parse } from "csv-parse/sync"
import { Effect, FastCheck, Schema, Stream } from "effect"
import { COLUMNS } from "../src/internal/reportEmbedded.js"
import { visible } from "../src/internal/reportText.js"
import { anyRow, anyText, countsOf, HOSTILE, head, id, recorded, row, sample, T0 } from "./support/report.js"

const pageOf = (
  rows: ReadonlyArray<JobRecord.Row>,
  options?: BatchReport.HtmlOptions,
  more?: Partial<JobRecord.Head>
) => Stream.mkString(BatchReport.toHtml(head(rows, more), Stream.fromIterable(rows), options))

const encodeError = Schema.encodeSync(LinkError.LinkError)

/** What the page tells of an error. */
const told = (error: LinkError.LinkError) => {
  const status = LinkError.statusOf(error)
  return {
    tag: LinkError.tagOf(error).replace(/^Frameio/, ""),
    ...(status === undefined ? {} : { status }),
    outcome: LinkError.outcomeOf(error),
    message: error.message,
    reason: error.message
  }
}

const Block = Schema.parseJson(Schema.Array(Schema.Array(Schema.Unknown)))

/** What a browser's parser sees as the content of the elements: it ends one at the first `</script`. */
const scripts = (page: string) =>
  [...page.matchAll(/<script([^>]*)>([\s\S]*?)<\/script/gi)].map(([, attributes = "", text = ""]) => ({
    attributes,
    text
  }))

/** The rows as the page's script reads them. */
const embedded = (page: string): ReadonlyArray<unknown> => {
  return scripts(page)
    .filter(({ attributes }) => attributes.includes('class="rows"'))
    .flatMap(({ text }) => Schema.decodeSync(Block)(text))
    .map((values) => Object.fromEntries(COLUMNS.map((column, place) => [column, values[place]])))
}

const textOf = (page: string) =>
  page
    .replace(/<(script|style)[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")

describe("a text that may have something hidden in it", () => {
  it("shows the same characters by their names as the client and the command do", () => {
    const hidden = new RegExp(SafeText.hidden, "u")
    const differing: Array<string> = []
    for (let code = 0; code < 0x110000; code++) {
      const character = String.fromCodePoint(code)
      if (visible(`a${character}b`).includes("[U+") !== hidden.test(character)) differing.push(code.toString(16))
    }
    assert.deepStrictEqual(differing, [])
  })
})

describe("BatchReport.toHtml", () => {
  it.effect.prop(
    "carries any text to the page's script as it was, and no text leaves its element",
    [FastCheck.array(anyRow, { maxLength: 5 }), anyText],
    ([rows, job]) =>
      Effect.gen(function* () {
        const plain = yield* pageOf([], undefined, { counts: countsOf(rows) })
        const page = yield* pageOf(rows, undefined, {
          job,
          plan: job,
          runs: [{ kind: "run" as const, beganAtMillis: T0, endedAtMillis: T0, stopped: job }]
        })
        assert.deepStrictEqual(
          embedded(page),
          rows.map(({ error, ...row }) => ({ ...row, fault: error === null ? null : told(error) }))
        )
        const tags = (text: string, name: string) => text.match(new RegExp(`<${name}`, "gi"))?.length ?? 0
        assert.strictEqual(tags(page, "script"), tags(plain, "script") + (rows.length > 0 ? 1 : 0))
        assert.strictEqual(tags(page, "/script"), tags(page, "script"))
        assert.strictEqual(tags(page, "img") + tags(page, "!--"), 0)
      }),
    { fastCheck: { numRuns: 50 } }
  )

  it.effect("shows what cannot be seen, and leaves emoji and Hebrew as they are", () =>
    Effect.gen(function* () {
      const rows = HOSTILE.map((name, at) =>
        row(at + 2, { name, state: "failed", how: null, error: recorded("FrameioNotFound", 404, name) })
      )
      const page = yield* pageOf(rows)
      const visible = page.replace(/<script[\s\S]*?<\/script>/g, "")
      assert.notMatch(visible, /[^\P{Cc}\n]|[\p{Bidi_Control}\p{Zl}\p{Zp}\p{Cs}]/u)
      assert.include(visible, 'plan<span class="hidden">U+202E</span>vom.exe')
      assert.include(visible, "👩‍👩‍👧 família.mov")
      assert.include(visible, '<bdi dir="ltr">שלום_010.mov</bdi>')
    })
  )

  it.effect("says the outcome, the causes and the failures without its script", () =>
    Effect.gen(function* () {
      const rows = [
        ...Array.from({ length: 1200 }, (_, at) => row(at + 2)),
        row(2000, { how: "already" }),
        row(2001, { state: "failed", how: null, error: recorded("FrameioNotFound", 404, "There is no such asset.") }),
        row(2002, { state: "failed", how: null, error: recorded("FrameioNotFound", 404, "Nor this one.") }),
        row(2003, { state: "sent", how: null }),
        row(2004, { state: "skipped", how: null })
      ]
      const text = textOf(yield* pageOf(rows))
      assert.include(
        text,
        "1,201 of 1,205 versions are on their stacks (1 before this job); 2 failed, 1 unsettled, 1 skipped"
      )
      assert.match(text, /2 NotFound 404 There is no such asset\. line 2,001, for one/)
      assert.match(text, /2002 ✕ Failed shot_2002\.mov .* NotFound 404 Nor this one\. Nothing was changed\./)
      assert.match(text, /2003 \? Unsettled shot_2003\.mov/)
    })
  )

  it.effect("says what was undone, and tells an undo from a run", () =>
    Effect.gen(function* () {
      const rows = [row(2, { state: "undone" }), row(3, { state: "undoing" })]
      const runs = [
        { kind: "run" as const, beganAtMillis: T0, endedAtMillis: T0 + 1000, stopped: null },
        { kind: "undo" as const, beganAtMillis: T0 + 5000, endedAtMillis: T0 + 6000, stopped: null }
      ]
      const text = textOf(yield* pageOf(rows, undefined, { runs }))
      assert.include(text, "0 of 2 versions are on their stacks; 1 being undone, 1 undone")
      assert.match(text, /17:00:00 UTC , 1 s, to the end .* 17:00:05 UTC , undo, 1 s, to the end/)
      assert.match(text, /3 \? Being undone shot_3\.mov/)
      assert.notInclude(text, "Skipped")
    })
  )

  it.effect("says a name once, and the call of an error where there is room for it", () =>
    Effect.gen(function* () {
      const encoded = { _tag: "FrameioNotFound", endpoint: "assets.version", assetIds: [id(4), id(5)] } as const
      const error = Schema.decodeSync(LinkError.LinkError)(encoded)
      const fields = { name: "shot_2.mov", stack: 7, note: "x" }
      const rows = [row(2, { fields, state: "failed", how: null, error })]
      const page = yield* pageOf(rows)
      const [one] = embedded(page) as ReadonlyArray<{ fields: unknown; fault: { message: string; reason: string } }>
      assert.deepStrictEqual(one?.fields, { stack: 7, note: "x" })
      assert.strictEqual(one?.fault.message, error.message)
      assert.match(one?.fault.reason ?? "", /^One of these assets was/)
      assert.include(textOf(page), "1 NotFound 404 One of these assets was moved or deleted")
    })
  )

  it.effect("bounds what it says of the causes and the failures, and counts the rest", () =>
    Effect.gen(function* () {
      const rows = Array.from({ length: 1500 }, (_, at) =>
        row(at + 2, { state: "failed", how: null, error: recorded(`Tag${at}`, 500, "x") })
      )
      const text = textOf(yield* pageOf(rows))
      assert.include(text, "1,450 more failed for other causes")
      assert.include(text, "And 500 more: the CSV has them all.")
    })
  )

  const mixed = FastCheck.array(
    FastCheck.constantFrom<JobRecord.Row["state"]>(
      "planned",
      "sent",
      "confirmed",
      "failed",
      "skipped",
      "undoing",
      "undone"
    ),
    {
      maxLength: 60
    }
  )
  const ORDER: ReadonlyArray<JobRecord.Row["state"]> = [
    "failed",
    "sent",
    "undoing",
    "skipped",
    "planned",
    "undone",
    "confirmed"
  ]

  it.effect.prop(
    "drops no row while a less grave one stays, in whatever order they come, and says what it dropped",
    [mixed, FastCheck.nat(70)],
    ([states, maxRows]) =>
      Effect.gen(function* () {
        const rows = states.map((state, at) => row(at + 2, { state }))
        const page = yield* pageOf(rows, { maxRows })
        const kept = embedded(page).map((one) => (one as JobRecord.Row).state)
        assert.strictEqual(kept.length, Math.min(rows.length, maxRows))
        const wanted = [...states].sort((one, other) => ORDER.indexOf(one) - ORDER.indexOf(other)).slice(0, maxRows)
        assert.deepStrictEqual([...kept].sort(), wanted.sort())
        if (rows.length > maxRows) assert.include(page, `The table holds ${maxRows} of ${rows.length} versions.`)
        else assert.notInclude(page, "The table holds")
      })
  )

  it.effect("keeps failures that came after the counts, while there is room", () =>
    Effect.gen(function* () {
      const rows = [row(2), row(3, { state: "failed" }), row(4, { state: "failed" }), row(5), row(6)]
      const page = yield* pageOf(rows, { maxRows: 3 }, { counts: { ...countsOf(rows), failed: 1, confirmed: 4 } })
      assert.deepStrictEqual(
        embedded(page).map((one) => (one as JobRecord.Row).line),
        [2, 3, 4]
      )
      assert.include(page, "Left out: 2 on their stacks.")
    })
  )

  it.effect("holds a thousand rows at a time, however many there are", () =>
    Effect.gen(function* () {
      let read = 0
      let written = 0
      let most = 0
      const rows = Stream.range(2, 20_001).pipe(
        Stream.map((line) => row(line)),
        Stream.tap(() => Effect.sync(() => read++))
      )
      const counts = { ...countsOf([]), confirmed: 20_000, total: 20_000 }
      yield* Stream.runForEach(BatchReport.toHtml(head([], { counts }), rows), (text) =>
        Effect.sync(() => {
          most = Math.max(most, read - written)
          written += text.match(/shot_\d+\.mov/g)?.length ?? 0
        })
      )
      assert.strictEqual(written, 20_000)
      // A stream reads its source by chunks of up to 4096.
      assert.isBelow(most, 5200)
    })
  )

  it.effect("fails as its rows do", () =>
    Effect.gen(function* () {
      const rows = Stream.concat(Stream.make(row(2)), Stream.fail("the ledger is gone"))
      const error = yield* Effect.flip(Stream.runDrain(BatchReport.toHtml(head([]), rows)))
      assert.strictEqual(error, "the ledger is gone")
    })
  )
})

describe("BatchReport.toHtml, the plot", () => {
  interface Moment {
    readonly mean: number
    readonly highest: number
    readonly limit: string
    readonly sent: number
    readonly refused: number
    readonly waiting: number
    readonly x: number
    readonly width: number
  }

  const moments = (page: string): ReadonlyArray<Moment> =>
    [...page.matchAll(/<tr data-x="([\d.]+)%" data-width="([\d.]+)%">(.*)<\/tr>/g)].map(([, x, width, cells = ""]) => {
      const [, , mean, highest, limit = "", sent, refused, waiting] = [...cells.matchAll(/<td>(.*?)<\/td>/g)].map(
        ([, text = ""]) => text.replaceAll(",", "")
      )
      return {
        mean: Number(mean),
        highest: Number(highest),
        limit,
        sent: Number(sent),
        refused: Number(refused),
        waiting: Number(waiting),
        x: Number(x),
        width: Number(width)
      }
    })

  const plotOf = (samples: ReadonlyArray<JobRecord.Sample>, runs: ReadonlyArray<JobRecord.Run> = []) =>
    pageOf([], undefined, { samples, runs })

  const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((total, one) => total + one, 0)

  it.effect.prop(
    "merges thousands of measurements and loses no request, no refusal and no highest value",
    [
      FastCheck.array(
        FastCheck.record({ sent: FastCheck.nat(40), refused: FastCheck.nat(2), waiting: FastCheck.nat(500) }),
        {
          minLength: 1,
          maxLength: 4000,
          size: "max"
        }
      )
    ],
    ([parts]) =>
      Effect.gen(function* () {
        const columns = moments(yield* plotOf(parts.map((part, second) => sample(second, part))))
        assert.isAtMost(columns.length, 240)
        assert.strictEqual(sum(columns.map(({ sent }) => sent)), sum(parts.map(({ sent }) => sent)))
        assert.strictEqual(sum(columns.map(({ refused }) => refused)), sum(parts.map(({ refused }) => refused)))
        assert.strictEqual(
          Math.max(...columns.map(({ waiting }) => waiting)),
          Math.max(...parts.map(({ waiting }) => waiting))
        )
        const highest = Math.max(...columns.map((column) => column.highest))
        assert.closeTo(highest, Math.max(...parts.map(({ sent }) => sent)), 0.05)
        for (const column of columns) assert.isAtMost(column.mean, column.highest)
        assert.isAtMost(Math.max(...columns.map(({ width, x }) => x + width)), 100.01)
      }),
    { fastCheck: { numRuns: 15 } }
  )

  it.effect("draws nothing of nothing, and one measurement over the whole width", () =>
    Effect.gen(function* () {
      assert.include(textOf(yield* plotOf([])), "No measurements were recorded.")
      const [only, ...more] = moments(yield* plotOf([sample(0, { sent: 7 })]))
      assert.deepInclude(only, { mean: 7, highest: 7, x: 0, width: 100 })
      assert.lengthOf(more, 0)
    })
  )

  it.effect("takes rates over the limit's window: a burst that a slow limit allows is no excess", () =>
    Effect.gen(function* () {
      const slow = { limit: 100, windowMillis: 60_000 }
      const samples = Array.from({ length: 120 }, (_, second) =>
        sample(second, { ...slow, sent: second === 0 ? 60 : 0 })
      )
      const columns = moments(yield* plotOf(samples))
      // Below two a second, rates are told per minute.
      assert.closeTo(Math.max(...columns.map(({ highest }) => highest)), 60, 0.1)
      assert.strictEqual(columns[0]?.limit, "100")
      assert.strictEqual(columns[60]?.highest, 0)
    })
  )

  it.effect("shows runs to scale, the time between them as a band, and a hole in the record as a hole", () =>
    Effect.gen(function* () {
      const day = 86_400
      const runs = [
        { kind: "run" as const, beganAtMillis: T0, endedAtMillis: T0 + 10_000, stopped: "Ctrl-C" },
        { kind: "run" as const, beganAtMillis: T0 + day * 1000, endedAtMillis: T0 + (day + 30) * 1000, stopped: null }
      ]
      const samples = [
        ...Array.from({ length: 10 }, (_, at) => sample(at)),
        ...Array.from({ length: 30 }, (_, at) => sample(day + at))
      ]
      const page = yield* plotOf(
        samples.filter((_, at) => at < 20 || at >= 25),
        runs
      )
      const columns = moments(page)
      assert.lengthOf(columns, 35)
      const width = columns[0]?.width ?? 0
      for (const column of columns) assert.closeTo(column.width, width, 0.01)
      const steps = columns.slice(1).map(({ x }, at) => Math.round((x - (columns[at]?.x ?? 0)) / width))
      assert.deepStrictEqual(
        steps.flatMap((step, at) => (step === 1 ? [] : [[at, step]])),
        [
          [9, 2],
          [19, 6]
        ]
      )
      assert.include(page, "nothing at work for 1 d")
      assert.include(textOf(page), "stopped: Ctrl-C")
    })
  )

  it.effect("ends a run that died where its measurements end", () =>
    Effect.gen(function* () {
      const runs = [
        { kind: "run" as const, beganAtMillis: T0, endedAtMillis: null, stopped: null },
        { kind: "run" as const, beganAtMillis: T0 + 60_000, endedAtMillis: null, stopped: null }
      ]
      const samples = [sample(0), sample(1), sample(60), sample(61), sample(62)]
      const page = yield* plotOf(samples, runs)
      assert.include(page, "nothing at work for 58 s")
      assert.match(textOf(page), /17:00:00 UTC , 2 s, no end was recorded/)
      assert.match(textOf(page), /17:01:00 UTC , 3 s, no end was recorded/)
    })
  )

  it.effect("tells the waits and the share of the limit", () =>
    Effect.gen(function* () {
      const samples = [
        sample(0, { sent: 20, waiting: 40 }),
        sample(1, { sent: 10, waiting: 20 }),
        sample(2, { sent: 0, waiting: 0 })
      ]
      const text = textOf(yield* plotOf(samples))
      assert.match(text, /Requests 30 .* Of the limit 50 % .* Wait 2 s .* Longest queue 40 .* Queued 2 s/)
    })
  )
})

describe("BatchReport.toCsv", () => {
  const csvOf = (rows: ReadonlyArray<JobRecord.Row>, options?: BatchReport.CsvOptions) =>
    Stream.mkString(BatchReport.toCsv(Stream.fromIterable(rows), options))

  const records = (csv: string): ReadonlyArray<Record<string, string>> =>
    parse(csv, { columns: true, record_delimiter: "\r\n" })

  /** What UTF-8 can hold: half a surrogate pair is not in it. */
  const utf8 = (text: string | null): string =>
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text ?? ""))

  const unquote = (cell: string | undefined): string =>
    (cell ?? "").replace(/^'('*(?:\s*[=+\-@＝＋－＠]|[\t\r\n]))/, "$1")

  it.effect.prop(
    "loses no text, and no cell begins like a formula",
    [FastCheck.array(anyRow, { maxLength: 6 })],
    ([rows]) =>
      Effect.gen(function* () {
        const cells = records(yield* csvOf(rows))
        assert.lengthOf(cells, rows.length)
        for (const [at, one] of rows.entries()) {
          const cell = cells[at]
          for (const text of Object.values(cell ?? {})) assert.notMatch(text, /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/)
          assert.strictEqual(unquote(cell?.name), utf8(one.name))
          assert.strictEqual(unquote(cell?.stack), utf8(one.stack))
          assert.strictEqual(unquote(cell?.error_message), utf8(one.error?.message ?? null))
          assert.strictEqual(cell?.state, one.state)
          assert.strictEqual(
            cell?.error_status,
            String(one.error === null ? "" : (LinkError.statusOf(one.error) ?? ""))
          )
          assert.strictEqual(cell?.sent_at === "" ? null : Date.parse(cell?.sent_at ?? ""), one.sentAtMillis)
        }
      })
  )

  it.effect("is a plan again", () =>
    Effect.gen(function* () {
      const rows = [
        row(2),
        row(3, { state: "failed", name: "=cmd|x", error: recorded("FrameioNotFound", 404, 'says "no",\nand why') })
      ]
      const csv = yield* csvOf(rows, { byteOrderMark: true })
      assert.isTrue(csv.startsWith("\ufeffline,chain,state,"))
      const plan = yield* VersionPlan.fromString(csv)
      assert.deepStrictEqual(
        plan.chains.flatMap((chain) => chain.links.map((link) => [link.assetId, link.nextAssetId])),
        rows.map((one) => [one.assetId, one.nextAssetId])
      )
    })
  )
})

describe("BatchReport.toJsonLines", () => {
  it.effect.prop("loses nothing", [FastCheck.array(anyRow, { maxLength: 6 })], ([rows]) =>
    Effect.gen(function* () {
      const text = yield* Stream.mkString(BatchReport.toJsonLines(Stream.fromIterable(rows)))
      const lines = text.split("\n")
      assert.strictEqual(lines.pop(), "")
      assert.deepStrictEqual(
        lines.map((line) => {
          const { doneAt, sentAt, ...rest } = JSON.parse(line)
          const millis = (time: string | null) => (time === null ? null : Date.parse(time))
          return {
            ...rest,
            sentAtMillis: millis(sentAt),
            doneAtMillis: millis(doneAt)
          }
        }),
        rows.map((row) => ({
          ...row,
          error: row.error === null ? null : encodeError(row.error),
          message: row.error?.message ?? null
        }))
      )
    })
  )

  it.effect("is a plan again", () =>
    Effect.gen(function* () {
      const rows = [row(2), row(3, { state: "failed", error: recorded("FrameioNotFound", 404, "gone") })]
      const text = yield* Stream.mkString(BatchReport.toJsonLines(Stream.fromIterable(rows)))
      const plan = yield* VersionPlan.fromString(text)
      assert.deepStrictEqual(
        plan.chains.flatMap(({ links }) => links.map((link) => [link.assetId, link.nextAssetId])),
        rows.map((one) => [one.assetId, one.nextAssetId])
      )
    })
  )
})

describe("BatchReport.toText", () => {
  const failed = (line: number, name: string | null) =>
    row(line, { name, state: "failed", how: null, error: recorded("FrameioNotFound", 404, "There is no\nsuch asset.") })

  it("speaks of the files of an upload, some of which go on no stack", () => {
    const rows = [row(2), row(3)]
    assert.include(BatchReport.toText({ ...head(rows), job: "upload" }, []), "All 2 files are in place.")
  })

  it("says the counts, the time, the limit and the first failures", () => {
    const rows = [
      row(2),
      row(3, { how: "already" }),
      failed(4, "a.mov"),
      failed(5, null),
      row(6, { state: "sent", how: null })
    ]
    assert.strictEqual(
      BatchReport.toText(head(rows), rows.slice(2), { maxFailures: 2 }),
      [
        "2026-11-24-conform, from versions.csv",
        "2 of 5 versions are on their stacks (1 before this job); 2 failed, 1 unsettled.",
        "30 s of work in one run.",
        "600 requests to stack, none refused by the rate limit; at most 10 waited for it, 500 ms each on average.",
        "  line 4: a.mov on shot_4: NotFound 404: There is no such asset.",
        `  line 5: ${id(11)} on shot_5: NotFound 404: There is no such asset.`,
        "  and 1 more",
        ""
      ].join("\n")
    )
  })

  it("says it shortly when all went well or nothing was done yet", () => {
    assert.include(BatchReport.toText(head([row(2), row(3)]), []), "All 2 versions are on their stacks.\n")
    const none = [row(2, { state: "planned", how: null })]
    assert.strictEqual(
      BatchReport.toText(head(none, { plan: null, runs: [], samples: [] }), []),
      "2026-11-24-conform\n0 of 1 versions are on their stacks; 1 not sent.\n"
    )
  })

  it.prop("lets no text steer the terminal", [FastCheck.array(anyText, { minLength: 1, maxLength: 4 })], ([names]) => {
    const rows = names.map((name, at) =>
      row(at + 2, { name, stack: name, state: "failed", error: recorded(name, 500, name) })
    )
    const text = BatchReport.toText(head(rows, { job: names[0] ?? "", plan: names[0] ?? "" }), rows)
    assert.notMatch(text, /[^\P{Cc}\n]|\p{Bidi_Control}|\p{Zl}|\p{Zp}/u)
    assert.strictEqual(text.split("\n").length, 5 + rows.length)
  })
})
