/** A value that changes, as React's `useSyncExternalStore` follows one. */
export interface Value<Content> {
  /** The same object until it changes. */
  readonly get: () => Content
  /** Calls back after each change; returns how to stop. */
  readonly subscribe: (listener: () => void) => () => void
}

/** A value in the hands of whoever changes it. */
export interface OwnValue<Content> extends Value<Content> {
  /** Whether somebody wants to hear of changes. */
  readonly isWatched: () => boolean
  readonly set: (content: Content) => void
}

/** Makes a value. `onWatched` is called when the first begins to listen, and when the last has stopped. */
export function createValue<Content>(first: Content, onWatched: () => void = () => {}): OwnValue<Content> {
  let now = first
  const listeners = new Set<() => void>()
  return {
    get: () => now,
    subscribe(listener) {
      listeners.add(listener)
      if (listeners.size === 1) onWatched()
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) onWatched()
      }
    },
    isWatched: () => listeners.size > 0,
    set(content) {
      if (Object.is(content, now)) return
      now = content
      for (const listener of listeners) listener()
    },
  }
}
