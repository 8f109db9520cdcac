/**
 * An audit for a person: faults by kind, names first and ids last, and what to do next. Pure.
 *
 * @since 0.1.0
 */
import type { StackAudit } from "@effect-frameio/batch/StackAudit"
import * as PlanText from "./PlanText.js"
import * as Text from "./Text.js"

/**
 * The findings by kind.
 *
 * @since 0.1.0
 * @category printing
 */
export const findings = (audit: StackAudit): string =>
  PlanText.sections(audit.findings, {
    titles: { "left-out": "Faults", note: "To know" },
    where: "--json has all of them",
    ids: true
  })

/**
 * The audit in a few lines: what was read, how many faults.
 *
 * @since 0.1.0
 * @category printing
 */
export const summary = (audit: StackAudit): string => {
  const { files, folders, requests, stacks } = audit.read
  const faults = audit.findings.filter(({ severity }) => severity === "left-out").length
  return `${[
    `Examined ${Text.plural(stacks, "stack")} and ${Text.plural(files, "loose file")} in ${Text.plural(folders, "folder")}, with ${Text.plural(requests, "request")}.`,
    ...PlanText.notRead(audit.foldersBelow),
    faults === 0 ? "Nothing is wrong with them." : `${Text.plural(faults, "fault")}.`
  ].join("\n")}\n`
}

/**
 * The next commands.
 *
 * @since 0.1.0
 * @category printing
 */
export const next = (audit: StackAudit, file: string | undefined, hasRule: boolean): string => {
  const mended = audit.mend.flatMap(({ lines }) => lines)
  const raises = mended.filter(({ order }) => order !== undefined).length
  const versions = mended.length - raises
  /** The plan's work, in the active or the passive voice. */
  const said = (put: (subject: string) => string): string =>
    [
      ...(versions === 0
        ? []
        : [`${put(Text.plural(versions, "loose version"))} on ${versions === 1 ? "its stack" : "their stacks"}`]),
      ...(raises === 0
        ? []
        : [`${put(Text.plural(raises, "version"))} on top of ${raises === 1 ? "its stack" : "their stacks"}`])
    ].join(", and ")
  const rule = audit.suggestion?.name ?? "<rule>"
  const lines = [
    ...(hasRule
      ? []
      : [
          `Order, gaps and loose versions show only in the names: --rule ${rule}${audit.suggestion === undefined ? " says how they are read." : `, which ${audit.suggestion.fits} of ${audit.suggestion.of} names fit.`}`
        ]),
    ...(mended.length === 0
      ? file === undefined
        ? []
        : ["A plan could mend nothing, so none was written."]
      : [
          file === undefined
            ? `${said((what) => `${what} can be put`)}: --plan mend.csv writes the plan.`
            : `The plan that ${said((what) => `puts ${what}`)} is in ${file}. Look it over, then: frameio batch run ${file}`
        ]),
    ...(audit.unstacked === 0
      ? []
      : [
          `${Text.plural(audit.unstacked, "series", "series")} of loose files ${audit.unstacked === 1 ? "has" : "have"} no stack yet: frameio plan plans ${audit.unstacked === 1 ? "it" : "them"}.`
        ])
  ]
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`
}
