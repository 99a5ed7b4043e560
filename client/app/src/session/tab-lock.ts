/** Runs `work` while no other tab of this browser runs work under the same lock. */
export type TabLock = <T>(work: () => Promise<T>) => Promise<T>

/**
 * The lock around everything that changes the refresh cookie: a token sent by two tabs at once would
 * look stolen to the server, and end the session in both. `namespace` tells it from that of another server.
 */
export function createTabLock(locks: LockManager | undefined, namespace: string): TabLock {
  // Over plain http on a local network the browser has no locks. Calls in one tab are still one at a time.
  if (!locks) return createQueue()
  return async <T>(work: () => Promise<T>): Promise<T> => locks.request(`${namespace}.session`, work)
}

/** A lock for one tab: work runs one after another, in order of asking. */
export function createQueue(): TabLock {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work)
    last = result.catch(() => {
      // Whoever asked for the work gets its error; the next in the queue must run all the same.
    })
    return result
  }
}
