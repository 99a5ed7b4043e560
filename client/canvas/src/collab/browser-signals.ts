/** What a session does when the browser tells of the network or of the page. */
export interface BrowserSignalHandlers {
  readonly online: () => void
  readonly offline: () => void
  /** The page can be seen again. */
  readonly shown: () => void
  /** The page is hidden and may never come back. */
  readonly hidden: () => void
}

/** Listens to the browser until the returned function is called. Outside a browser there is nothing to hear. */
export function listenToBrowser(handlers: BrowserSignalHandlers): () => void {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {}
  const stop = new AbortController()
  const { signal } = stop
  const visibility = () => (document.visibilityState === 'visible' ? handlers.shown() : handlers.hidden())
  window.addEventListener('online', handlers.online, { signal })
  window.addEventListener('offline', handlers.offline, { signal })
  window.addEventListener('pagehide', handlers.hidden, { signal })
  document.addEventListener('visibilitychange', visibility, { signal })
  return () => stop.abort()
}

/** Whether the browser sees no network. A server on the same machine can be reached all the same. */
export function isOffline(): boolean {
  return typeof navigator !== 'undefined' && 'onLine' in navigator && !navigator.onLine
}
