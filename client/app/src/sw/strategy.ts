/** What the service worker does with a request. */
export type Strategy =
  /** The network decides; without it, the app's shell, which opens every page. */
  | 'page'
  /** Named by its content, so what was fetched once stays right. */
  | 'cache-first'
  /** Part of the shell under a fixed name: the network decides, the cache stands in. */
  | 'network-first'
  /** Not ours: the browser does what it would do without a service worker. */
  | 'pass'

/** The addresses of the app's pages, as in `App.tsx`. */
const PAGES = [/^\/$/, /^\/r\/[^/]+$/, /^\/signin$/, /^\/signup$/]
const HASHED = ['/assets/', '/excalidraw/fonts/']
const SHELL_FILES = ['/favicon.svg', '/manifest.webmanifest', '/icon-192.png', '/icon-512.png']

/** Decides by address and kind alone; the API, the sockets and other hosts are never touched. */
export function strategyFor(request: { url: string; method: string; mode: string }, origin: string): Strategy {
  const url = new URL(request.url)
  if (url.origin !== origin || request.method !== 'GET') return 'pass'
  if (request.mode === 'navigate') return PAGES.some((page) => page.test(url.pathname)) ? 'page' : 'pass'
  if (HASHED.some((folder) => url.pathname.startsWith(folder))) return 'cache-first'
  return SHELL_FILES.includes(url.pathname) ? 'network-first' : 'pass'
}
