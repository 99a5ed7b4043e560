/** The server asks for the next token when the one it has is valid for this long only, in milliseconds. */
export const RENEW_BEFORE_MS = 30_000

/**
 * The app hands out a token that it has only if that is valid for at least this long, in milliseconds. More than
 * `RENEW_BEFORE_MS` by far: the server counts whole seconds and the app counts from when the token arrived, so
 * with equal numbers the app would answer a request for the next token with the one that is about to end.
 */
export const LEAST_VALIDITY_MS = 2 * RENEW_BEFORE_MS
