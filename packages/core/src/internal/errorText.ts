/**
 * The sentences that messages of errors have in common.
 */
import * as DurationText from "@effect-frameio/ratelimit/DurationText"
import * as Duration from "effect/Duration"
import * as text from "../SafeText.js"

/** What failed: the call, and the assets that it names. */
export const subject = (error: { readonly endpoint: string; readonly assetIds: ReadonlyArray<string> }): string => {
  const name = error.endpoint === "" ? "Frame.io" : error.endpoint
  if (error.assetIds.length === 0) return `${name}:`
  const more = error.assetIds.length > 3 ? ` and ${error.assetIds.length - 3} more` : ""
  return `${name} (${error.assetIds.slice(0, 3).join(", ")}${more}):`
}

interface Answer {
  readonly title?: string | undefined
  readonly errors: ReadonlyArray<{ readonly title?: string | undefined; readonly detail?: string | undefined }>
  readonly body: string
}

/** The server's own message, unless it only repeats the status. */
export const said = (error: Answer): string => {
  const details = error.errors
    .map((one) => [one.title, one.detail].filter((part) => part !== undefined && part !== "").join(": "))
    .filter((one) => one !== "")
  const sentence = details.length > 0 ? details.join("; ") : (error.title ?? text.words(error.body, 160))
  return sentence === "" ? "" : ` It said: "${text.excerpt(sentence, 300)}".`
}

/** What to do about a change that may have been made. */
export const afterwards = (error: { readonly outcome: "not-applied" | "unknown" | "applied" }): string => {
  switch (error.outcome) {
    case "not-applied":
      return ""
    case "unknown":
      return " Whether the change was made is not known: read the asset, or its stack, before you send it again."
    case "applied":
      return " The change was made; do not send it again."
  }
}

/** How much was tried. */
export const tries = (error: { readonly attempts: number; readonly waited: Duration.Duration }): string =>
  error.attempts > 1
    ? ` Tried ${error.attempts} times, waited ${DurationText.words(Duration.toMillis(error.waited))}.`
    : ""
