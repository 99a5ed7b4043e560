/**
 * The message types of the Hocuspocus protocol, after the document's name that opens each frame.
 * 0 to 3 are also those of the y-websocket protocol, where no name comes first.
 * Source: `@hocuspocus/provider` 4.8 and `y-websocket` 3.1.
 */
export const MESSAGE = {
  sync: 0,
  awareness: 1,
  auth: 2,
  queryAwareness: 3,
  syncReply: 4,
  stateless: 5,
  broadcastStateless: 6,
  close: 7,
  syncStatus: 8,
  ping: 9,
  pong: 10,
} as const

/*
 * An answer to a write, `syncStatus`, is 1 (durable) or 0 (refused: nothing of it was applied). After a 1, ours says what
 * is durable: a count, and so many pairs of a Yjs client and a clock, all as varUints. Every struct of that client below
 * that clock is committed. The clients are those that the write had structs of; one that only deletes names none, and
 * one that says nothing new is named all the same. Stock clients read only the first number.
 */

/** The sub-types of a sync message. Source: `y-protocols/sync`. */
export const SYNC = { step1: 0, step2: 1, update: 2 } as const

/** The sub-types of an auth message. Source: `@hocuspocus/common`; y-protocols numbers them otherwise. */
export const AUTH = { token: 0, permissionDenied: 1, authenticated: 2 } as const
