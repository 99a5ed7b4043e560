/** What a page says to a service worker. This file is types, so that both agree without a shared chunk: the worker is one file. */
export type PageMessage =
  /** A page runs with this script. The answer, on the port that comes with it: whether the worker's version is another. */
  | { readonly type: 'is-another'; readonly script: string }
  /** A page has begun, and holds its lock: what no page needs any more may go. */
  | { readonly type: 'started' }
  /** A page has loaded what it needs, these fonts among it: there is time for what it may need without the network. */
  | { readonly type: 'settled'; readonly fonts: readonly string[] }
  /** The person at a page wants the version that waits. */
  | { readonly type: 'take-over' }

/** A page holds a lock of this name and its script's path for as long as it is open. */
export type PageLockPrefix = 'sketchroom.page '
