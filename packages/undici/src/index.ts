/**
 * An `HttpClient` over undici that takes the shortest way for small answers.
 *
 * @since 0.1.0
 */
export * as UndiciHttpClient from "./UndiciHttpClient.js"
