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

/** The addresses of the app's pages, as in `App.tsx`, below that of the app. */
const PAGES = [/^\/$/, /^\/r\/[^/]+$/, /^\/signin$/, /^\/signup$/, /^\/admin(\/[a-z]+)?$/]
const HASHED = ['/assets/', '/excalidraw/fonts/']
const SHELL_FILES = ['/favicon.svg', '/manifest.webmanifest', '/icon-192.png', '/icon-512.png']

/**
 * Decides by address and kind alone; the API, the sockets, other hosts and what lies beside the app are never touched.
 * `home` is the address of the app's first page, which ends with a slash.
 */
export function strategyFor(request: { url: string; method: string; mode: string }, home: URL): Strategy {
  const url = new URL(request.url)
  if (!(url.origin + url.pathname).startsWith(home.href) || request.method !== 'GET') return 'pass'
  const path = url.pathname.slice(home.pathname.length - 1)
  if (request.mode === 'navigate') return PAGES.some((page) => page.test(path)) ? 'page' : 'pass'
  if (HASHED.some((folder) => path.startsWith(folder))) return 'cache-first'
  return SHELL_FILES.includes(path) ? 'network-first' : 'pass'
}
