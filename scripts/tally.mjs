import { writeFileSync } from "node:fs"

/**
 * Vitest looks for frames in the message, too, with a pattern that takes minutes on a few kB of JSON, and an Effect
 * that fails with an asset has just that for a message. Only the frames are left in the stack; the message is printed
 * from where it is.
 */
const shorten = (error) => {
  for (let at = error; typeof at === "object" && at !== null; at = at.cause) {
    if (typeof at.stack === "string") {
      at.stack = at.stack
        .split("\n")
        .filter((line) => /^\s*at /.test(line) && line.length < 1000)
        .join("\n")
    }
  }
}

/** A Vitest reporter, before the others: it counts, for the line under Vitest's summary, and shortens stacks. */
export default class Tally {
  onTestRunEnd(modules) {
    const counts = { passed: 0, failed: 0, skipped: 0, notLoaded: [] }
    for (const module of modules) {
      let tests = 0
      for (const error of module.errors()) shorten(error)
      for (const test of module.children.allTests()) {
        tests++
        const { state, errors = [] } = test.result()
        for (const error of errors) shorten(error)
        counts[state === "pending" ? "skipped" : state]++
      }
      if (tests === 0 && module.state() === "failed") counts.notLoaded.push(module.relativeModuleId ?? module.moduleId)
    }
    if (process.env.TALLY_FILE) writeFileSync(process.env.TALLY_FILE, JSON.stringify(counts))
  }
}
