/** A Frame.io in memory, in process on the program's own clock. */
export * as FakeFrameio from "./FakeFrameio.js"

/** The same on a port of this machine. */
export * as FakeFrameioServer from "./FakeFrameioServer.js"

/** Faults and when they happen. */
export * as FaultPlan from "./FaultPlan.js"

/** The requests that the server saw, and its answers. */
export * as Journal from "./Journal.js"

/** The server's leaky buckets. */
export * as RateLimiter from "./RateLimiter.js"

/** Worlds for trying things. */
export * as Seed from "./Seed.js"

/** The host that receives the parts of uploads. */
export * as Storage from "./Storage.js"

/** Unknown behaviour of the real API, as options. */
export * as Unknowns from "./Unknowns.js"

/** Unknown behaviour of V4, as options. */
export * as V4Unknowns from "./V4Unknowns.js"

/** Time that jumps, for simulations of hours. */
export * as VirtualClock from "./VirtualClock.js"

/** Deliveries to V4's webhooks, and their receiver. */
export * as Webhooks from "./Webhooks.js"

/** Accounts, projects, folders, files and version stacks, and the rules between them. */
export * as World from "./World.js"
