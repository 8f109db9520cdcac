/** Rows and heads for the tests of reports. */
import { type JobRecord, LinkError } from "@effect-frameio/batch"
import { FastCheck } from "effect"

export const id = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`

/** 2026-11-24 17:00:00 UTC. */
export const T0 = 1_795_539_600_000

/** An error in any words, from a ledger that did not keep errors yet. */
export const recorded = (
  tag: string,
  status: number | undefined,
  words: string,
  outcome: LinkError.Recorded["outcome"] = "not-applied"
) => new LinkError.Recorded({ tag, words, outcome, ...(status === undefined ? {} : { status }) })

export const row = (line: number, more?: Partial<JobRecord.Row>): JobRecord.Row => ({
  line,
  chain: line,
  assetId: id(line * 2),
  nextAssetId: id(line * 2 + 1),
  stackId: null,
  name: `shot_${line}.mov`,
  stack: `shot_${line}`,
  fields: {},
  state: "confirmed",
  how: "answered",
  error: null,
  attempts: 1,
  sentAtMillis: T0 + line * 50,
  doneAtMillis: T0 + line * 50 + 120,
  ...more
})

export const countsOf = (rows: ReadonlyArray<JobRecord.Row>): JobRecord.Counts => {
  const counts = {
    planned: 0,
    sent: 0,
    confirmed: 0,
    failed: 0,
    skipped: 0,
    undoing: 0,
    undone: 0,
    already: 0,
    total: rows.length
  }
  for (const { how, state } of rows) {
    counts[state]++
    if (state === "confirmed" && how === "already") counts.already++
  }
  return counts
}

export const sample = (second: number, more?: Partial<JobRecord.Sample>): JobRecord.Sample => ({
  atMillis: T0 + second * 1000,
  millis: 1000,
  sent: 20,
  refused: 0,
  limit: 20,
  windowMillis: 1000,
  free: 5,
  waiting: 10,
  ...more
})

export const head = (rows: ReadonlyArray<JobRecord.Row>, more?: Partial<JobRecord.Head>): JobRecord.Head => ({
  job: "2026-11-24-conform",
  plan: "versions.csv",
  createdAtMillis: T0,
  reportedAtMillis: T0 + 60_000,
  counts: countsOf(rows),
  runs: [{ kind: "run" as const, beganAtMillis: T0, endedAtMillis: T0 + 30_000, stopped: null }],
  samples: Array.from({ length: 30 }, (_, second) => sample(second)),
  ...more
})

/** Names that have broken pages, terminals and spreadsheets. */
export const HOSTILE = [
  "</script><script>alert(1)</script>.mov",
  "<!--<script>",
  "]]>",
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  "&lt;b&gt;&amp;amp;",
  "plan\u202evom.exe",
  "\u2067abc\u2069",
  "line\nbreak\r\ntab\t.mov",
  "sep\u2028ara\u2029tor",
  "esc\u001b[31mred\u0007",
  "half \ud83d surrogate",
  "👩‍👩‍👧 família.mov",
  "שלום_010.mov",
  "=HYPERLINK(A1)",
  "'=1+1",
  "''+1",
  "＝1",
  " @SUM(A1)",
  "-1",
  " both ends ",
  'quo"te,comma;semi',
  "{{x}}`z`",
  "\\u003c/script>",
  "",
  "a".repeat(5000)
] as const

/** Any text: hostile ones, any half of any character, and both mixed. */
export const anyText: FastCheck.Arbitrary<string> = FastCheck.oneof(
  FastCheck.constantFrom(...HOSTILE.slice(0, -1)),
  FastCheck.string({ unit: "binary", maxLength: 30 }),
  FastCheck.array(FastCheck.nat(0xffff), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
  FastCheck.array(
    FastCheck.constantFrom("<", "/", "script", ">", "!--", "=", "'", '"', "\\", "\u202e", " ", "\n", "&"),
    {
      maxLength: 12
    }
  ).map((parts) => parts.join(""))
)

const orNull = <A>(some: FastCheck.Arbitrary<A>) => FastCheck.option(some, { nil: null })

export const anyRow: FastCheck.Arbitrary<JobRecord.Row> = FastCheck.record({
  line: FastCheck.nat(1_000_000),
  chain: FastCheck.nat(1000),
  assetId: FastCheck.uuid(),
  nextAssetId: FastCheck.uuid(),
  stackId: orNull(FastCheck.uuid()),
  name: orNull(anyText),
  stack: orNull(anyText),
  fields: FastCheck.dictionary(anyText, anyText),
  state: FastCheck.constantFrom<JobRecord.Row["state"]>(
    "planned",
    "sent",
    "confirmed",
    "failed",
    "skipped",
    "undoing",
    "undone"
  ),
  how: FastCheck.constantFrom<JobRecord.Row["how"]>("answered", "settled", "already", null),
  error: orNull(
    FastCheck.tuple(
      anyText,
      FastCheck.option(FastCheck.integer({ min: 100, max: 599 }), { nil: undefined }),
      anyText,
      FastCheck.constantFrom("not-applied" as const, "unknown" as const, "applied" as const)
    ).map((parts) => recorded(...parts))
  ),
  attempts: FastCheck.nat(9),
  sentAtMillis: orNull(FastCheck.nat(2_000_000_000).map((n) => T0 + n)),
  doneAtMillis: orNull(FastCheck.nat(2_000_000_000).map((n) => T0 + n))
})
