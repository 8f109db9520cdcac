/**
 * Who may import whom: the walls between the packages and within them, checked by `npm run lint` on every import.
 * The arrows, and what is pure, are declared here and nowhere else.
 */
import { existsSync, readdirSync } from "node:fs"

const arrows = {
  ratelimit: [],
  core: ["ratelimit"],
  stacks: ["core", "ratelimit"],
  testing: ["core", "ratelimit"],
  redis: ["ratelimit"],
  undici: ["core"],
  servers: [],
  batch: ["core", "ratelimit", "stacks"],
  report: ["batch", "core", "ratelimit"],
  cluster: ["batch", "stacks", "core", "ratelimit"],
  cli: ["core", "ratelimit", "stacks", "batch", "report", "cluster", "testing", "redis", "undici"],
  benchmarks: ["core", "ratelimit", "stacks", "batch", "cluster", "testing", "redis", "undici", "servers"],
  examples: ["core", "ratelimit", "stacks", "batch", "report", "cluster", "testing", "redis", "undici"]
}

/** These run wherever `fetch` does, without Node. */
const platformFree = ["ratelimit", "core", "stacks"]

/** These are programs: a library imports modules and never a barrel, so that its users bundle only what they use. */
const programs = ["servers", "benchmarks", "examples"]

/** These need at run time only what their `package.json` declares as dependencies or peers. */
const published = ["ratelimit", "core", "stacks", "testing", "redis", "undici", "batch", "report", "cluster"]

/** These hold rules and no effects: they import only one another. */
const pure = {
  "packages/batch/src": [
    "internal/plan/conclude",
    "internal/plan/csvCell",
    "internal/plan/dates",
    "internal/plan/folded",
    "internal/plan/jsonFault",
    "internal/plan/jsonLinesPairs",
    "internal/plan/jsonName",
    "internal/plan/nearMatches",
    "internal/plan/ownPattern",
    "internal/plan/planBuilder",
    "internal/plan/planRules",
    "internal/plan/quoted",
    "internal/plan/scanners",
    "internal/plan/series",
    "internal/plan/settle",
    "internal/plan/stackFlaws",
    "internal/plan/stackHead",
    "internal/plan/stackOrder",
    "internal/plan/utf8Lines",
    "NamedRule",
    "NamingRule",
    "PlanFile",
    "VersionGrouping"
  ],
  "packages/core/src": ["SafeText", "SecureUrl", "Uuid"],
  "packages/ratelimit/src": [
    "DurationText",
    "internal/expiries",
    "internal/pace",
    "internal/waitingLine",
    "LeakyBucket",
    "RateLimitHeaders",
    "RateLimitRule",
    "RetryAfter",
    "Transport"
  ],
  "packages/report/src": ["client/find", "internal/reportText"],
  "packages/stacks/src": ["internal/partPlan"]
}

/** Libraries that a pure module may import: no state, no clock, no input or output. */
const pureLibraries = ["jsonc-parser", "re2js"]

/** Any test may use the fake, and real servers. */
const testsMayUse = ["testing", "servers"]

// -----------------------------------------------------------------------------
// the same as rules of dependency-cruiser
// -----------------------------------------------------------------------------

const inRoot = (path) => new URL(path, import.meta.url)
for (const name of readdirSync(inRoot("packages"))) {
  if (!Object.hasOwn(arrows, name)) throw new Error(`packages/${name} has no arrows in .dependency-cruiser.mjs`)
}

for (const [where, names] of Object.entries(pure)) {
  for (const name of names) {
    const file = `${where}/${name}.ts`
    if (!existsSync(inRoot(file)))
      throw new Error(`${file} is declared pure in .dependency-cruiser.mjs and is not there`)
  }
}

const oneOf = (names) => `(${names.join("|")})`
const folder = (room) => (room === "examples" ? "examples" : `packages/${room}`)
const sources = (rooms) => `^packages/${oneOf(rooms)}/src/`
const pureFiles = Object.entries(pure).flatMap(([where, names]) => names.map((name) => `${where}/${name}\\.ts`))

const walls = Object.entries(arrows).flatMap(([room, targets]) => [
  {
    name: `arrows of ${room}`,
    comment: `${room} may import: ${targets.join(", ") || "none of our packages"}.`,
    from: { path: `^${folder(room)}/src/` },
    to: { path: "^(packages|examples)/", pathNot: `^${folder(room)}/(src/|package\\.json)|${sources(targets)}` }
  },
  {
    name: `arrows of the tests of ${room}`,
    comment: `The tests of ${room} may import: ${[...targets, ...testsMayUse].join(", ")}.`,
    from: { path: `^${folder(room)}/`, pathNot: `^${folder(room)}/(src/|vitest\\.config)` },
    to: {
      path: "^(packages|examples)/",
      pathNot: `^${folder(room)}/|${sources([...targets, ...testsMayUse])}`
    }
  },
  {
    name: `internal, seen from ${room}`,
    comment: "What is internal to a package is imported by that package only.",
    from: { path: `^${folder(room)}/` },
    to: { path: "^packages/[^/]+/src/internal/", pathNot: `^${folder(room)}/` }
  }
])

const rules = [
  ...walls,
  {
    name: "no circles",
    comment: "Types may refer to one another.",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } }
  },
  {
    name: "no Node",
    comment: `${platformFree.join(", ")} run wherever fetch does; whoever provides the platform knows Node.`,
    from: { path: sources(platformFree) },
    to: { path: "node_modules/(undici|@effect/(platform-(node|bun|browser)|sql-[^/]+)(-shared)?)/" }
  },
  {
    name: "no modules of Node",
    comment: `${platformFree.join(", ")} run wherever fetch does; whoever provides the platform knows Node.`,
    from: { path: sources(platformFree) },
    to: { dependencyTypes: ["core"] }
  },
  {
    name: "pure",
    comment: "A pure module imports nothing but pure modules.",
    from: { path: `^${oneOf(pureFiles)}$` },
    to: { pathNot: `^${oneOf(pureFiles)}$|node_modules/${oneOf(pureLibraries)}/` }
  },
  {
    name: "page of reports",
    comment:
      "The page's program brings no library along, and of these packages but texts, durations and the form of a row.",
    from: { path: "^packages/report/src/(client/|internal/report(Embedded|Text)\\.ts$)" },
    to: {
      pathNot: "^packages/(report/src/(client/|internal/report(Embedded|Text)\\.ts$)|ratelimit/src/DurationText\\.ts$)",
      dependencyTypesNot: ["type-only"]
    }
  },
  {
    name: "no barrels",
    comment: 'A library imports modules, as in `import * as Effect from "effect/Effect"`.',
    from: { path: "^packages/[^/]+/src/", pathNot: `^packages/${oneOf(programs)}/` },
    to: { path: "node_modules/(effect|@effect/[^/]+)/dist/dts/index\\.d\\.ts$|^packages/[^/]+/src/index\\.ts$" }
  },
  {
    name: "declared",
    comment: "A published package imports only what its package.json declares.",
    from: { path: sources(published) },
    to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["npm-peer"] }
  },
  {
    name: "resolved",
    comment: "Every import leads to a file.",
    from: {},
    to: { couldNotResolve: true }
  },
  {
    name: "no builds among the sources",
    comment: "This was built here by mistake: delete it, and see that every tsconfig has its references.",
    from: {},
    to: { path: "^packages/[^/]+/src/.*\\.js$" }
  }
]

export default {
  forbidden: rules.map((rule) => ({ severity: "error", ...rule })),
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(packages/[^/]+|examples)/(dist|build)/|/fixtures/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node", "default"] }
  }
}
