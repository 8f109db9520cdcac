/**
 * The commands about the user's identity at Frame.io.
 *
 * @since 0.1.0
 */
import * as CommandLine from "../CommandLine.js"
import { jsonObject } from "./options.js"

const clientId = CommandLine.optional(
  "client-id",
  CommandLine.text("id"),
  "The client id of a credential of the Adobe Developer Console.",
  "FRAMEIO_CLIENT_ID"
)

const clientSecretFile = CommandLine.optional(
  "client-secret-file",
  CommandLine.file,
  "A file with that credential's secret, for a service or a web app; a native or single-page app has none.",
  "FRAMEIO_CLIENT_SECRET"
)

/**
 * A login for all later commands.
 *
 * @since 0.1.0
 * @category commands
 */
export const authLogin = CommandLine.command({
  path: ["auth", "login"],
  summary: "Log in, for all later commands",
  about: [
    "Without an option, a person logs in at Adobe, with a browser on this machine or another. --service logs in with a credential's id and secret, --with-token with a developer token from standard input.",
    "Frame.io is asked whether it accepts the login. The login is kept in a file that only you can read, and renewed before it ends. FRAMEIO_TOKEN and --token-file take precedence."
  ],
  parameters: {
    withToken: CommandLine.toggle("with-token", "Read a developer token from standard input."),
    service: CommandLine.toggle("service", "Log in as a service, with the client's id and secret."),
    clientId,
    clientSecretFile,
    redirectUri: CommandLine.withDefault(
      "redirect-uri",
      CommandLine.text("uri"),
      "https://localhost:8080/callback",
      "The redirect address that is registered for the credential."
    ),
    json: CommandLine.toggle("json", "Write the same JSON object as frameio auth status to standard output.")
  },
  sends: "to-frameio",
  examples: [
    { line: "frameio auth login --client-id 1f3c0a9e5b7d4c21" },
    { line: "frameio auth login --service --client-id 1f3c0a9e5b7d4c21 --client-secret-file secret.txt" },
    { line: "frameio auth login --with-token < token.txt" }
  ]
})

/**
 * Which token the commands use.
 *
 * @since 0.1.0
 * @category commands
 */
export const authStatus = CommandLine.command({
  path: ["auth", "status"],
  summary: "Show which login or token is used, and until when",
  about: ["Sends nothing; frameio whoami asks Frame.io."],
  parameters: { json: jsonObject },
  sends: "nothing",
  examples: [{ line: "frameio auth status" }]
})

/**
 * The end of a login.
 *
 * @since 0.1.0
 * @category commands
 */
export const authLogout = CommandLine.command({
  path: ["auth", "logout"],
  summary: "End the login: revoke it at Adobe, delete it from this machine",
  about: ["A developer token stays valid; it is revoked at https://developer.frame.io."],
  parameters: { json: CommandLine.toggle("json", "Write one JSON object to standard output.") },
  sends: "to-frameio",
  exits: [[1, "deleted from this machine, but Adobe could not be told"]],
  examples: [{ line: "frameio auth logout" }]
})

/**
 * The user of the token.
 *
 * @since 0.1.0
 * @category commands
 */
export const whoami = CommandLine.command({
  path: ["whoami"],
  summary: "Ask Frame.io who the token belongs to",
  about: ["Over V4, also which accounts it reaches. v2 only shows whether it accepts the token."],
  parameters: { json: jsonObject },
  sends: "to-frameio",
  examples: [{ line: "frameio whoami" }, { line: "frameio whoami | jq -r .user.email" }]
})
