/** Shared by the page's program and its writer: the form of a row, and the words for states and outcomes. */
import type { Row, State } from "@effect-frameio/batch/JobRecord"

/** The label of a state. */
export interface StateWords {
  readonly state: State
  readonly mark: string
  readonly label: string
  /** After a number. */
  readonly several: string
  readonly meaning: string
}

/** Ordered by how much they need attention; a page that cannot hold all rows drops from the end. */
export const STATES: ReadonlyArray<StateWords> = [
  { state: "failed", mark: "✕", label: "Failed", several: "failed", meaning: "could not be put on its stack" },
  {
    state: "sent",
    mark: "?",
    label: "Unsettled",
    several: "unsettled",
    meaning: "the call went out and its outcome is not known"
  },
  {
    state: "undoing",
    mark: "?",
    label: "Being undone",
    several: "being undone",
    meaning: "the call that takes it off went out and its outcome is not known"
  },
  {
    state: "skipped",
    mark: "»",
    label: "Skipped",
    several: "skipped",
    meaning: "not sent, because one before it on its stack failed"
  },
  {
    state: "planned",
    mark: "–",
    label: "Not sent",
    several: "not sent",
    meaning: "in the plan, its turn has not come"
  },
  { state: "undone", mark: "↶", label: "Undone", several: "undone", meaning: "taken off its stack again" },
  { state: "confirmed", mark: "✓", label: "On its stack", several: "on their stacks", meaning: "done" }
]

/** The label of a fault's outcome. */
export const OUTCOMES = {
  "not-applied": "Nothing was changed.",
  unknown: "The change may have been made all the same: look at the stack before sending again.",
  applied: "The change was made all the same."
} as const

/** The text of a row's error. */
export interface Fault {
  readonly tag: string
  readonly status: number | undefined
  readonly outcome: keyof typeof OUTCOMES
  readonly message: string
  /** The message without the call and the ids, which are shown beside it. */
  readonly reason: string
}

/** The fields of an embedded row, in order: names once per page instead of once per row. */
export const COLUMNS = [
  "line",
  "chain",
  "assetId",
  "nextAssetId",
  "stackId",
  "name",
  "stack",
  "fields",
  "state",
  "how",
  "fault",
  "attempts",
  "sentAtMillis",
  "doneAtMillis"
] as const

/** A row in the page. */
export interface Embedded extends Omit<Row, "error"> {
  readonly fault: Fault | null
}

type CellsOf<Names extends ReadonlyArray<keyof Embedded>> = {
  readonly [Place in keyof Names]: Embedded[Names[Place]]
}

/** Its fields in JSON, without their names. */
export type Cells = CellsOf<typeof COLUMNS>
