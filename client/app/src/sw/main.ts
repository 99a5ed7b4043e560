/**
 * The service worker: keeps the app's shell, so that a board opens without the network. Boards themselves
 * are kept by the canvas in IndexedDB.
 *
 * Written by hand because it is this short: Workbox would bring ten times the code for the same three
 * strategies, and its updates replace the worker under open tabs, which we do not want.
 */
import { strategyFor } from './strategy.ts'
import type { TakeOver, WorkerScope } from './worker-scope.ts'

const worker = self as unknown as WorkerScope

/** The build writes here what belongs to the shell, and a version that changes with any of it. */
const { version, files } = JSON.parse('%SHELL%') as { version: string; files: string[] }

const CACHE_PREFIX = 'sketchroom-'
const cacheName = CACHE_PREFIX + version
/** Every page is this one. */
const SHELL_PAGE = '/'
/** A network that is there but does not answer must not keep the app closed. */
const ANSWER_TIMEOUT_MS = 4_000

worker.addEventListener('install', (event) => event.waitUntil(keepShell()))
worker.addEventListener('activate', (event) => event.waitUntil(dropOldShells()))

// No `skipWaiting` on install: tabs that are open may still load parts of the version that they run. A page
// that starts up asks for it, and gets it when no other tab is open.
worker.addEventListener('message', (event) => {
  if (event.data === ('take-over' satisfies TakeOver)) event.waitUntil(takeOverIfAlone())
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  switch (strategyFor(request, worker.location.origin)) {
    case 'page':
      return event.respondWith(networkFirst(request, SHELL_PAGE))
    case 'network-first':
      return event.respondWith(networkFirst(request, request.url))
    case 'cache-first':
      return event.respondWith(cacheFirst(event.request, (work) => event.waitUntil(work)))
    case 'pass':
  }
})

async function keepShell(): Promise<void> {
  const cache = await caches.open(cacheName)
  // Files under fixed names may lie in the browser's own cache from the version before.
  await cache.addAll(
    files.map((file) => new Request(file, { cache: file.startsWith('/assets/') ? 'default' : 'reload' })),
  )
}

async function dropOldShells(): Promise<void> {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== cacheName)
  await Promise.all(old.map((name) => caches.delete(name)))
  await worker.clients.claim()
}

async function takeOverIfAlone(): Promise<void> {
  const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (tabs.length <= 1) await worker.skipWaiting()
}

async function networkFirst(request: Request, fallback: string): Promise<Response> {
  const abort = new AbortController()
  // Until the answer begins; what has begun may take its time.
  const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS)
  try {
    const response = await fetch(request, { signal: abort.signal })
    // A gateway without a server behind it has no page for us.
    if (response.status < 500) return response
    return (await findKept(fallback)) ?? response
  } catch (error) {
    const kept = await findKept(fallback)
    if (kept) return kept
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function cacheFirst(request: Request, waitUntil: (work: Promise<unknown>) => void): Promise<Response> {
  const kept = await findKept(request.url)
  if (kept) return kept
  const response = await fetch(request)
  if (response.ok) {
    const copy = response.clone()
    waitUntil(caches.open(cacheName).then((cache) => cache.put(request.url, copy)))
  }
  return response
}

async function findKept(url: string): Promise<Response | undefined> {
  const cache = await caches.open(cacheName)
  // The server varies by encoding; what is kept is already decoded.
  return cache.match(url, { ignoreVary: true })
}
