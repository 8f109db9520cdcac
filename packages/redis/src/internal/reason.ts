/**
 * Why Redis could not be used, and what a person can do about it.
 */

/** By what the server or the connection says. */
const ADVICE: ReadonlyArray<readonly [says: RegExp, advice: string]> = [
  [/\bOOM\b/, "Redis is full: raise its maxmemory, or let its maxmemory-policy evict keys"],
  [/\bREADONLY\b/, "This is a replica: the URL must lead to the primary"],
  [
    /\b(?:MOVED|ASK|CLUSTERDOWN)\b/,
    "This is one node of a cluster: make the store by makeFromClient, with a Cluster of ioredis"
  ],
  [/\b(?:WRONGPASS|NOAUTH)\b/, "The user or the password in the URL is not the server's"],
  [
    /\bNOPERM\b/,
    "The user in the URL needs the commands evalsha, eval, get, set and time on keys of the store's prefix"
  ],
  [
    /self-signed certificate|unable to (?:verify|get)/,
    "The server's certificate is not trusted: name its authority in NODE_EXTRA_CA_CERTS"
  ]
]

const MISSING = "the client gave no reason"

/**
 * The message of a server's or a client's error, without secrets, and with advice if there is any.
 *
 * @internal
 */
export const of =
  (secrets: ReadonlyArray<string>) =>
  (error: unknown): string => {
    const message = error instanceof Error && error.message !== "" ? error.message : MISSING
    const shown = secrets.reduce((text, secret) => text.replaceAll(secret, "<redacted>"), message)
    const advice = ADVICE.find(([says]) => says.test(message))?.[1]
    return advice === undefined ? shown : `${shown.trim().replace(/\.$/, "")}. ${advice}`
  }
