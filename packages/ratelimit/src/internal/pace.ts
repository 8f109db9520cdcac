/**
 * A rate of our own, after refusals that the known rule does not explain: found from what came through, slowed by a
 * refusal, slowly recovered. Pure.
 */

/** One request per `costMillis`. */
export interface Pace {
  /** The least time between two grants, in ms. */
  readonly costMillis: number
  /** No grant before. */
  readonly nextAt: number
  /** Requests that must pass before it gets faster. */
  readonly untilFaster: number
  /** The pace that last passed a whole stage; absent until one has. */
  readonly provenMillis: number | undefined
  /** The pace that was last refused. */
  readonly refusedMillis: number
  /** Stages passed at a pace faster than that. */
  readonly beyond: number
  /** Whether it is the first guess, which answers that are still under way make better. */
  readonly guessed: boolean
}

/** Requests that passed in this second, and the most in one before, halved by each: what an untold limit let through. */
export interface Passed {
  readonly since: number
  readonly count: number
  readonly before: number
}

/** The first estimate of an unknown limit is the number of requests that passed in a second. */
const PASSED_MILLIS = 1000

/** How long, and for how many requests, a pace is kept before a faster one is tried. */
const STAGE_MILLIS = 6000
const STAGE_REQUESTS = 8

/** How much faster the next stage is: far from a pace that was refused, and near it or beyond. */
const FASTER = 1.25
const LITTLE_FASTER = 1.05

/** A little slower than the pace that was proven last, after a faster one was refused. */
const BACK_OFF = 1.05

/** A second's passed requests count as the limit only if they are this much slower than the pace. */
const TELLING = 1.2

/** Without a known rule, a faster pace than this counts as none. */
const LEAST_PACE = 10

/** One more request has passed. */
export const passedOne = ({ before, count, since }: Passed, now: number): Passed => {
  const passed = now - since
  return passed < PASSED_MILLIS
    ? { since, count: count + 1, before }
    : { since: now, count: 1, before: passed < 2 * PASSED_MILLIS ? Math.max(count, before / 2) : 0 }
}

/** Requests that passed in the last second. */
export const passedLately = ({ before, count, since }: Passed, now: number): number =>
  now - since < 2 * PASSED_MILLIS ? Math.max(count, before) : 0

/** The rate that came through, if it is low enough to reveal a limit; otherwise half of `present`. */
const guess = (passed: Passed, now: number, present: number): number => {
  const most = passedLately(passed, now)
  const told = most === 0 ? 0 : (BACK_OFF * PASSED_MILLIS) / most
  return told > TELLING * present ? told : 2 * present
}

const stageOf = (paceMillis: number): number => Math.max(STAGE_REQUESTS, Math.ceil(STAGE_MILLIS / paceMillis))

const least = (ruleMillis: number): number => Math.max(ruleMillis, LEAST_PACE)

/** Slower than `present`, and not beyond `longest`: a server that is in trouble would be left alone for hours. */
const within = (longest: number, present: number, costMillis: number): number =>
  Math.max(present, Math.min(longest, costMillis))

/**
 * Slows down after a refusal by a hidden limit. At first its rate is guessed; then the pace returns to the proven one,
 * or slows a little; {@link halved} does the rest if that is not enough. `ruleMillis` is a request's cost under the
 * known rule, 0 if there is none; `longest` is the slowest pace that such a refusal leads to.
 */
export const slower = (
  pace: Pace | undefined,
  passed: Passed,
  now: number,
  ruleMillis: number,
  longest: number
): Pace => {
  const present = pace?.costMillis ?? least(ruleMillis)
  const proven = pace?.provenMillis !== undefined && pace.provenMillis > present ? pace.provenMillis : undefined
  const costMillis =
    proven ?? within(longest, present, pace === undefined ? guess(passed, now, present) : present * BACK_OFF)
  return {
    costMillis,
    nextAt: pace?.nextAt ?? 0,
    untilFaster: (proven === undefined ? 1 : 2) * stageOf(costMillis),
    provenMillis: proven,
    refusedMillis: present,
    beyond: 0,
    guessed: pace === undefined
  }
}

/** Even the request that went alone after the hold was refused: the limit is far below the pace. */
export const halved = (pace: Pace, longest: number): Pace => {
  const costMillis = within(longest, pace.costMillis, 2 * pace.refusedMillis)
  return { ...pace, costMillis, untilFaster: stageOf(costMillis) }
}

/** An answer of before the refusal tells more of the rate that came through. */
export const guessedAgain = (pace: Pace, passed: Passed, now: number): Pace => {
  const costMillis = guess(passed, now, pace.refusedMillis)
  return { ...pace, costMillis, untilFaster: stageOf(costMillis) }
}

/** Half way to the refused pace; if that is near or slower, a little more each time. */
const faster = ({ beyond, costMillis, refusedMillis }: Pace): number => {
  const little = costMillis / Math.min(FASTER, 1 + (LITTLE_FASTER - 1) * 2 ** beyond)
  return Math.max(costMillis / FASTER, Math.min(little, (costMillis + refusedMillis) / 2))
}

/** One more passed at the present pace; after a whole stage of them a faster one is tried, in the end none. */
export const proven = (pace: Pace, ruleMillis: number): Pace | undefined => {
  if (pace.untilFaster > 1) return { ...pace, untilFaster: pace.untilFaster - 1, guessed: false }
  const costMillis = faster(pace)
  return costMillis <= least(ruleMillis)
    ? undefined
    : {
        ...pace,
        costMillis,
        provenMillis: pace.costMillis,
        untilFaster: stageOf(costMillis),
        beyond: costMillis < pace.refusedMillis ? pace.beyond + 1 : 0,
        guessed: false
      }
}

/** A request goes at `now`; a late timer does not delay all that follow. */
export const taken = (pace: Pace, now: number): Pace => ({
  ...pace,
  nextAt: Math.max(pace.nextAt, now - pace.costMillis / 8) + pace.costMillis
})
