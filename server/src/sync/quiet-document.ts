import type { Connection, Document } from '@hocuspocus/server'

/*
 * Hocuspocus's document tells its connections by itself. Here the room decides when and whom, and these few are all that
 * is done to a document for that.
 */

/** The longest wait that a timer takes: for those of Hocuspocus's where this server does better itself. */
export const NEVER_MS = 2 ** 31 - 1

/** From now on the document gathers what is new, and tells nothing before `tell`. */
export function quieten(document: Document): void {
  // Hocuspocus's own timer never comes due. A short one would be set and cleared for each edit, and Node wakes for one
  // that was cleared all the same.
  document.flushDelay = NEVER_MS
  document.flushMaxBytes = Infinity
}

/** Tells everybody what is new, but those who are hidden. */
export function tell(document: Document, isHidden?: (connection: Connection) => boolean): void {
  if (!isHidden) return void document.flush()
  hiding(document, isHidden, () => document.flush())
}

/** Does something of which nobody is told: everybody who is here has been sent it. */
export function withoutTelling(document: Document, work: () => void): void {
  document.flushDelay = false
  try {
    hiding(document, () => true, work)
  } finally {
    document.flushDelay = NEVER_MS
  }
}

/** Destroys a document that nobody is in any more, and of which nothing can be told perhaps. */
export function discard(document: Document): void {
  try {
    // Takes off the timer, which would hold the document for as long as it runs.
    document.flush()
  } catch {
    // There was nobody to tell.
  }
  // Destroying would tell what is left once more.
  document.flush = () => document
  document.destroy()
}

/**
 * Hocuspocus listens to awareness for its `onAwarenessUpdate` hook, which nobody has here: it copies everybody's state at
 * each movement of anybody's cursor. It begins to when loading has ended. Answers how to take off what has come by then.
 */
export function ownAwarenessOnly(document: Document): () => void {
  const own = new Set(awarenessListeners(document))
  return () => {
    for (const listener of awarenessListeners(document)) {
      if (!own.has(listener)) document.awareness.off('update', listener)
    }
  }
}

/** Hocuspocus asks `getConnections` whom to tell. */
function hiding(document: Document, isHidden: (connection: Connection) => boolean, work: () => void): void {
  document.getConnections = () => [...document.connections.keys()].filter((connection) => !isHidden(connection))
  try {
    work()
  } finally {
    Reflect.deleteProperty(document, 'getConnections')
  }
}

function awarenessListeners({ awareness }: Document): Iterable<() => void> {
  // oxlint-disable-next-line no-underscore-dangle -- there is no other way to them
  return (awareness._observers.get('update') ?? []) as Iterable<() => void>
}
