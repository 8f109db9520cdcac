import { LeakyBucket } from "@effect-frameio/ratelimit"

/** One ticket, if one request of a backlog may go. */
export const grantOne = (state: LeakyBucket.LeakyBucket, now: number, backlog: number) => {
  const { bucket, retryAt, tickets } = LeakyBucket.grant(state, now, 1, backlog - 1)
  return { bucket, retryAt, ticket: tickets[0] }
}
