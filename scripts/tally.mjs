import { writeFileSync } from "node:fs"

/** A Vitest reporter that counts, for the line under Vitest's own summary. */
export default class Tally {
  onTestRunEnd(modules) {
    const counts = { passed: 0, failed: 0, skipped: 0, notLoaded: [] }
    for (const module of modules) {
      let tests = 0
      for (const test of module.children.allTests()) {
        tests++
        const { state } = test.result()
        counts[state === "pending" ? "skipped" : state]++
      }
      if (tests === 0 && module.state() === "failed") counts.notLoaded.push(module.relativeModuleId ?? module.moduleId)
    }
    if (process.env.TALLY_FILE) writeFileSync(process.env.TALLY_FILE, JSON.stringify(counts))
  }
}
