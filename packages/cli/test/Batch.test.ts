import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { BatchEvent } from "@effect-frameio/batch"
import { FakeFrameio, FaultPlan, Seed } from "@effect-frameio/testing"
import { Effect, Fiber, Layer, Option, TestClock } from "effect"
import { type Outside, run } from "./run.js"

const csv = (pairs: ReadonlyArray<Seed.Pair>) =>
  ["asset_id,next_asset_id", ...pairs.map((pair) => `${pair.assetId},${pair.nextAssetId}`)].join("\n")

const env = { FRAMEIO_TOKEN: FakeFrameio.token }

/** A fake with shots to stack, and the command against it on the test's clock. */
const withFake = (
  options: FakeFrameio.Options & { readonly shots: number; readonly versions: number },
  args: ReadonlyArray<string>,
  outside?: (fake: FakeFrameio.Service) => Outside
) =>
  Effect.gen(function* () {
    const fake = yield* FakeFrameio.FakeFrameio
    const http = Layer.succeed(HttpClient.HttpClient, yield* HttpClient.HttpClient)
    const seeded = Seed.shots(fake.world, options)
    const pairs = Seed.pairs(seeded)
    const fiber = yield* Effect.fork(
      run(args.length === 0 ? ["version", pairs[0]?.assetId ?? "", pairs[0]?.nextAssetId ?? ""] : args, {
        input: csv(pairs),
        env,
        http,
        ...outside?.(fake)
      })
    )
    // A command loads its modules first, which takes as long as the machine likes.
    yield* Effect.repeat(TestClock.adjust("10 minutes"), {
      until: () => Effect.map(Fiber.poll(fiber), Option.isSome)
    })
    const ended = yield* Fiber.join(fiber)
    const events = yield* Effect.forEach(
      ended.lines.filter((line) => line.startsWith('{"_tag"') && !line.includes("PlanRefused")),
      (line) => BatchEvent.fromJsonLine(line)
    )
    return { ...ended, events, fake, seeded, pairs }
  }).pipe(Effect.provide(FakeFrameio.layer(options)))

const kinds = (events: ReadonlyArray<BatchEvent.BatchEvent>) =>
  events.reduce<Record<string, number>>((all, event) => {
    all[event._tag] = (all[event._tag] ?? 0) + 1
    return all
  }, {})

describe("frameio batch run, against the fake", () => {
  it.effect("stacks everything in order with one request per version and no refusal, and answers 0", () =>
    Effect.gen(function* () {
      const { code, err, events, fake, pairs, seeded } = yield* withFake(
        { shots: 30, versions: 4, faults: FaultPlan.latency({ millis: 30, jitterMillis: 20 }) },
        ["batch", "run", "-"]
      )
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(kinds(events), { Planned: 1, Sent: 90, Confirmed: 90, Paced: 9, Finished: 1 })
      for (const shot of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(shot.versions[0] ?? "")?.versions, shot.versions)
      }
      const counts = yield* fake.counts()
      assert.strictEqual(counts.requests, pairs.length)
      assert.strictEqual(counts.refused, 0)
      assert.match(err, /^90 versions for 30 stacks\.\n90 of 90 versions in place; [\d.]+ m?s\.\n$/)
    })
  )

  it.effect("does the same where Frame.io answers the file and not the stack", () =>
    Effect.gen(function* () {
      const { code, fake, seeded } = yield* withFake({ shots: 5, versions: 3, unknowns: { versionReturns: "file" } }, [
        "batch",
        "run",
        "-"
      ])
      assert.strictEqual(code, 0)
      for (const shot of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(shot.versions[0] ?? "")?.versions, shot.versions)
      }
      assert.strictEqual((yield* fake.counts("assets.version")).requests, 10)
    })
  )

  it.effect("run a second time, sends nothing twice and answers 0", () =>
    Effect.gen(function* () {
      const { code, events, fake, seeded } = yield* Effect.gen(function* () {
        const first = yield* withFakeTwice
        return first
      })
      assert.strictEqual(code, 0)
      assert.isTrue(
        events.every((event) => event._tag !== "Confirmed" || event.how === "already"),
        "everything was there already"
      )
      for (const shot of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(shot.versions[0] ?? "")?.versions, shot.versions)
      }
    })
  )

  it.effect("answers 1 when some failed, says which and why, and goes on with the others", () =>
    Effect.gen(function* () {
      const { code, err, events } = yield* withFake({ shots: 4, versions: 3 }, ["batch", "run", "-"], (fake) => {
        const shots = fake.world.children(fake.world.projects[0]?.rootId ?? "").ids
        const folder = shots[0] ?? ""
        const oldest = fake.world.children(folder, { sort: ["name"] }).ids
        fake.world.remove(oldest[1] ?? "")
        return {}
      })
      assert.strictEqual(code, 1)
      assert.deepStrictEqual(kinds(events), {
        Planned: 1,
        Sent: 7,
        Confirmed: 6,
        Failed: 1,
        Skipped: 1,
        Paced: 1,
        Finished: 1
      })
      assert.match(err, /^1 gone \(404\): .*line 2\b.*\n {2}One of these assets was moved or deleted, or/m)
      assert.lengthOf(err.match(/\(404\)/g) ?? [], 1, "the cause is said once")
      assert.include(err, "6 of 8 versions in place, 1 failed, 1 left out because one before them failed")
    })
  )

  it.effect("says of failures that are alike what is true of all", () =>
    Effect.gen(function* () {
      const { err } = yield* withFake({ shots: 4, versions: 2 }, ["batch", "run", "-"], (fake) => {
        const [folder = ""] = fake.world.children(fake.world.projects[0]?.rootId ?? "").ids
        // Of four shots, each with two versions.
        const files = fake.world.children(folder, { sort: ["name"] }).ids
        for (const id of [files[1], files[3]]) fake.world.remove(id ?? "")
        return {}
      })
      assert.match(err, /^2 gone \(404\): .*line 2\b.*line 3\b/m)
      assert.notInclude(err, "It said", "the words about one of them")
    })
  )

  it.effect("answers 2 when the token is refused, at once", () =>
    Effect.gen(function* () {
      const { code, err, fake } = yield* withFake({ shots: 300, versions: 2 }, ["batch", "run", "-"], () => ({
        env: { FRAMEIO_TOKEN: "not-a-token" }
      }))
      assert.strictEqual(code, 2)
      assert.include(err, "does not accept the token (401)")
      assert.notInclude(err, "not-a-token")
      assert.isAtMost((yield* fake.counts()).requests, 2)
    })
  )

  it.effect("answers 1 when a server talks HTML, and says where to look", () =>
    Effect.gen(function* () {
      const { code, err } = yield* withFake(
        { shots: 3, versions: 2, faults: FaultPlan.when(() => true, { _tag: "HtmlBefore", status: 200 }) },
        ["batch", "run", "-"]
      )
      assert.strictEqual(code, 1)
      assert.include(err, "check the base URL")
    })
  )

  it.effect("survives lost answers: each version is stacked once, and sent again only when it was not", () =>
    Effect.gen(function* () {
      const { code, events, fake, seeded } = yield* withFake(
        {
          shots: 20,
          versions: 4,
          faults: FaultPlan.random({
            seed: 7,
            endpoints: ["assets.version"],
            answerLost: 0.1,
            requestLost: 0.1,
            errorAfter: 0.1,
            errorBefore: 0.1
          })
        },
        ["batch", "run", "-"]
      )
      assert.strictEqual(code, 0, JSON.stringify(events.filter((event) => event._tag === "Failed")))
      for (const shot of seeded.shots) {
        assert.deepStrictEqual(fake.world.stackOf(shot.versions[0] ?? "")?.versions, shot.versions)
      }
      const applied = fake.journal.of("assets.version").filter((entry) => entry.applied)
      assert.strictEqual(applied.length, 60)
      const how = events.flatMap((event) => (event._tag === "Confirmed" ? [event.how] : []))
      assert.include(how, "settled")
    })
  )

  it.effect("after Ctrl-C sends nothing more, knows exactly what was sent, and answers 130", () =>
    Effect.gen(function* () {
      let confirmed = 0
      const { code, err, events, fake } = yield* withFake(
        { shots: 100, versions: 2, faults: FaultPlan.latency({ millis: 100 }) },
        ["batch", "run", "-"],
        () => ({
          onOut: (text, interrupt) =>
            text.startsWith('{"_tag":"Confirmed"') && ++confirmed === 15 ? interrupt : Effect.void
        })
      )
      assert.strictEqual(code, 130)
      const end = events.at(-1)
      assert.strictEqual(end?._tag, "Finished")
      const done = end?._tag === "Finished" ? end.counts : undefined
      const applied = (yield* fake.counts("assets.version")).applied
      assert.isTrue(applied >= 15 && applied < 40, `${applied} sent`)
      assert.strictEqual(done?.confirmed, applied)
      assert.strictEqual(done?.unknown, 0)
      assert.strictEqual(done?.notSent, 100 - applied)
      assert.strictEqual(kinds(events).Sent, applied, "what was withdrawn was never called sent")
      assert.include(err, "Stopping: nothing more is sent")
      assert.include(err, `${applied} of 100 versions in place, ${100 - applied} not sent`)
    })
  )

  it.effect("draws a bar for a person, with rate, limit and time left, and no JSON", () =>
    Effect.gen(function* () {
      const { code, err, out } = yield* withFake(
        { shots: 60, versions: 2, faults: FaultPlan.latency({ millis: 20 }) },
        ["batch", "run", "-"],
        () => ({ terminal: true, columns: 100 })
      )
      assert.strictEqual(code, 0)
      assert.strictEqual(out, "")
      assert.match(err, /█+░+ {2}\d+\/60 {2}\d+\.\d\/s {2}limit 10\/s {2}0:0\d left/)
      assert.include(err, "\r\u001b[J60 of 60 versions in place; ")
    })
  )
})

const withFakeTwice = Effect.gen(function* () {
  const fake = yield* FakeFrameio.FakeFrameio
  const http = Layer.succeed(HttpClient.HttpClient, yield* HttpClient.HttpClient)
  const seeded = Seed.shots(fake.world, { shots: 5, versions: 3 })
  const input = csv(Seed.pairs(seeded))
  const once = Effect.gen(function* () {
    const fiber = yield* Effect.fork(run(["batch", "run", "-"], { input, env, http }))
    yield* TestClock.adjust("1 minutes")
    return yield* Fiber.join(fiber)
  })
  yield* once
  const second = yield* once
  const events = yield* Effect.forEach(second.lines, (line) => BatchEvent.fromJsonLine(line))
  return { ...second, events, fake, seeded }
}).pipe(Effect.provide(FakeFrameio.layer()))

describe("frameio version, against the fake", () => {
  it.effect("answers 0 and the asset as JSON in a pipe", () =>
    Effect.gen(function* () {
      const { code, fake, lines, seeded } = yield* withFake({ shots: 1, versions: 2 }, [])
      assert.strictEqual(code, 0)
      const answer: unknown = JSON.parse(lines[0] ?? "")
      assert.deepInclude(answer, { id: fake.world.stackOf(seeded.shots[0]?.versions[0] ?? "")?.id })
    })
  )

  it.effect("answers 0 and a sentence on a terminal", () =>
    Effect.gen(function* () {
      const { code, fake, out, pairs } = yield* withFake({ shots: 1, versions: 2 }, [], () => ({ terminal: true }))
      assert.strictEqual(code, 0)
      const next = pairs[0]?.nextAssetId ?? ""
      assert.isTrue(out.startsWith(`${fake.world.get(next)?.name} is version 2 on the stack `), out)
      assert.include(out, `\nhttps://app.frame.io/player/${fake.world.stackOf(next)?.id}\n`)
    })
  )

  for (const [what, code, options, outside, said] of [
    ["the token is refused", 2, {}, { env: { FRAMEIO_TOKEN: "no" } }, "does not accept the token"],
    [
      "the server talks HTML",
      1,
      { faults: FaultPlan.when(() => true, { _tag: "HtmlBefore", status: 200 }) },
      {},
      "check the base URL"
    ],
    [
      "the answer is lost",
      1,
      { faults: FaultPlan.nth("assets.version", 0, { _tag: "AnswerLost" }) },
      {},
      "The connection broke"
    ]
  ] as const) {
    it.effect(`answers ${code} when ${what}, and says what to do`, () =>
      Effect.gen(function* () {
        const ended = yield* withFake({ shots: 1, versions: 2, ...options }, [], () => outside)
        assert.strictEqual(ended.code, code)
        assert.include(ended.err, said)
        assert.strictEqual(ended.out, "")
      })
    )
  }
})
