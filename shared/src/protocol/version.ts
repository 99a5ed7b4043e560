/**
 * The version of what client and server say to each other over `/sync`. A client of ours opens the socket with
 * `?v=<PROTOCOL_VERSION>`; the server tells its own in the `welcome` notice. A stock client (HocuspocusProvider,
 * y-websocket) sends none and is let in: it uses only what has always been there.
 *
 * Raise it with a change that the other side must know of; raise `OLDEST_PROTOCOL` when a client that does not know of
 * it would lose somebody's work.
 */
export const PROTOCOL_VERSION = 1

/** A server refuses a client below this with `client_outdated`: it is to be loaded anew. */
export const OLDEST_PROTOCOL = 1

/** The parameter of the socket's address that holds the client's version. */
export const VERSION_PARAMETER = 'v'
