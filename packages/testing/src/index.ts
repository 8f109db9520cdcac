/** A Frame.io in memory, in process on the program's own clock. */
export * as FakeFrameio from "./FakeFrameio.js"

/** The same on a port of this machine. */
export * as FakeFrameioServer from "./FakeFrameioServer.js"

/** What goes wrong, and when. */
export * as FaultPlan from "./FaultPlan.js"

/** What the server saw, and what it did. */
export * as Journal from "./Journal.js"

/** The server's leaky buckets. */
export * as RateLimiter from "./RateLimiter.js"

/** Worlds to try things in. */
export * as Seed from "./Seed.js"

/** The host that the parts of uploads are put to. */
export * as Storage from "./Storage.js"

/** What nobody outside knows of the real API, as options. */
export * as Unknowns from "./Unknowns.js"

/** What nobody outside knows of V4, as options. */
export * as V4Unknowns from "./V4Unknowns.js"

/** Time that jumps, for simulations of hours. */
export * as VirtualClock from "./VirtualClock.js"

/** What V4's webhooks are told, and who takes it. */
export * as Webhooks from "./Webhooks.js"

/** Accounts, projects, folders, files and version stacks, and the rules between them. */
export * as World from "./World.js"
