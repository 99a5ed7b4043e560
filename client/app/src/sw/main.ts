/**
 * The service worker: keeps the app's shell, so that a board opens without the network. Boards themselves
 * are kept by the canvas in IndexedDB.
 *
 * Each version keeps a shell of its own. A new version waits until somebody wants it, and an old shell stays until no
 * open page runs with it: its parts are loaded when they are needed, and the server has only those of its own version.
 *
 * Written by hand because Workbox cannot do that: it has one cache, out of which the new version's start takes what
 * the new version does not list, whoever still runs with it.
 */
import type { PageMessage } from './page-message.ts'
import { findRunningScripts } from './running-pages.ts'
import { strategyFor } from './strategy.ts'
import type { WorkerScope } from './worker-scope.ts'

const worker = self as unknown as WorkerScope

/** The build writes here what belongs to the shell, what is added to it later, and a version that changes with any of it. */
const { version, files, later } = JSON.parse('%SHELL%') as { version: string; files: string[]; later: string[] }

/** The app's first page, beside which this script lies. */
const home = new URL('.', worker.location.href)
/** The path below which all of the app is: empty, or with a slash before it and none behind. */
const base = home.pathname.slice(0, -1)
/** The caches of the origin are those of other servers below other paths, too; see `storageNamespace`. */
const CACHE_PREFIX = base === '' ? 'sketchroom-' : `sketchroom[${base}]-`
const cacheName = CACHE_PREFIX + version
/** Every page is this one. */
const SHELL_PAGE = home.pathname
/** A network that is there but does not answer must not keep the app closed. */
const ANSWER_TIMEOUT_MS = 4_000
/** A page that was left a moment ago, as by a reload, is still among the tabs or holds its lock. */
const LOOKS = 3
const LOOK_AGAIN_MS = 3_000

worker.addEventListener('install', (event) => event.waitUntil(keepShell()))
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))

worker.addEventListener('message', (event) => {
  const message = event.data as PageMessage
  switch (message.type) {
    case 'is-another': {
      const isOwn = files.some((file) => base + file === message.script)
      event.ports[0]?.postMessage(!isOwn)
      // The page came from the network and is of this version already: nobody has to be asked.
      if (isOwn) event.waitUntil(worker.skipWaiting())
      return
    }
    case 'started':
      return event.waitUntil(dropUnusedShells())
    case 'settled':
      return event.waitUntil(keepTheRest(message.fonts))
    case 'take-over':
      return event.waitUntil(worker.skipWaiting())
  }
})

worker.addEventListener('fetch', (event) => {
  const { request } = event
  switch (strategyFor(request, home)) {
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
    files.map((file) => new Request(base + file, { cache: file.startsWith('/assets/') ? 'default' : 'reload' })),
  )
}

/**
 * Adds to this version's shell what a page can begin without, one file after the other, so that they do not compete with
 * what a page needs now. The fonts of its board may have come before there was a worker, or lie in an older shell, which
 * will go. What does not come is asked for again when the next page has settled.
 */
async function keepTheRest(fonts: readonly string[]): Promise<void> {
  const shell = await caches.open(cacheName)
  for (const file of [...fonts, ...later.map((name) => base + name)]) {
    if (await shell.match(file, { ignoreVary: true })) continue
    const response = await fetch(file, { priority: 'low' }).catch(() => undefined)
    // Away, or the server has another version by now.
    if (!response?.ok) return
    await shell.put(file, response)
  }
}

async function dropUnusedShells(looksLeft = LOOKS): Promise<void> {
  if ((await dropThoseUnused()) || looksLeft <= 1) return
  await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  await dropUnusedShells(looksLeft - 1)
}

/** Answers whether this version's shell alone is left. */
async function dropThoseUnused(): Promise<boolean> {
  const [names, tabs, { held }] = await Promise.all([
    caches.keys(),
    worker.clients.matchAll({ type: 'window', includeUncontrolled: true }),
    navigator.locks.query(),
  ])
  const others = names.filter((name) => name.startsWith(CACHE_PREFIX) && name !== cacheName)
  const scripts = findRunningScripts(
    home.pathname,
    tabs.filter(({ url }) => url.startsWith(home.href)).length,
    held ?? [],
  )
  // While another version comes or waits, its shell looks unused, and only the version in charge may judge.
  if (!scripts || worker.registration.installing || worker.registration.waiting) return others.length === 0
  let left = 0
  for (const name of others) {
    // Its page names its script. Its files tell less: parts of a newer version, on their way through, stay here too.
    const page = (await (await findInShell(SHELL_PAGE, name))?.text()) ?? ''
    if (scripts.some((script) => page.includes(script))) left += 1
    else await caches.delete(name)
  }
  return left === 0
}

async function networkFirst(request: Request, fallback: string): Promise<Response> {
  const abort = new AbortController()
  // Until the answer begins; what has begun may take its time.
  const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS)
  try {
    const response = await fetch(request, { signal: abort.signal })
    // A gateway without a server behind it has no page for us.
    if (response.status < 500) return response
    return (await findInShell(fallback)) ?? response
  } catch (error) {
    const kept = await findInShell(fallback)
    if (kept) return kept
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function cacheFirst(request: Request, waitUntil: (work: Promise<unknown>) => void): Promise<Response> {
  // In whichever shell: the page may be of another version than this worker, and the name tells the content. First in
  // its own: Chromium, when it looks in all, makes one that is deleted in that moment anew, empty.
  const kept = (await findInShell(request.url)) ?? (await caches.match(request.url, { ignoreVary: true }))
  if (kept) return kept
  // Opened first: while the answer comes a new version may drop this shell, and opening would make another of its name.
  const shell = await caches.open(cacheName)
  const response = await fetch(request)
  if (response.ok) waitUntil(shell.put(request.url, response.clone()))
  return response
}

async function findInShell(url: string, name = cacheName): Promise<Response | undefined> {
  const cache = await caches.open(name)
  // The server varies by encoding; what is kept is already decoded.
  return cache.match(url, { ignoreVary: true })
}
