/**
 * A server's address without a slash at the end: its origin, and the path below which it lies if it has one. The paths of
 * `paths.ts` stand behind it. A query or fragment is dropped. Throws for what is no URL.
 */
export function serverAddress(serverUrl: string | URL): string {
  const { origin, pathname } = new URL(serverUrl)
  return origin + pathname.replace(/\/+$/, '')
}

/** The address of the server's WebSockets (ws or wss), to which their paths are added. */
export function socketAddress(serverUrl: string | URL): string {
  return serverAddress(serverUrl).replace(/^http/, 'ws')
}

/**
 * What the names of all that a server's client keeps in a browser begin with. Below other paths of its origin may be other
 * servers, which keep theirs in the same browser storage. No path has a `]`, so that none's begins as another's.
 */
export function storageNamespace(serverUrl: string | URL): string {
  const path = new URL(serverAddress(serverUrl)).pathname
  return path === '/' ? 'sketchroom' : `sketchroom[${path}]`
}
