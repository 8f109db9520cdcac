/** Who goes on whose stack, in what order: pairs to chains, all checks before the first request. */
export * as VersionPlan from "./VersionPlan.js"
