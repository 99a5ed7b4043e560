import { createValue, type Value } from '../session/value.ts'
import type { PageLockPrefix, PageMessage } from '../sw/page-message.ts'

/** A new version of the app, which is offered and never taken: the page goes on as it is until the person says so. */
export interface AppUpdate {
  /** Whether a version that this page does not run is on this device, whole. */
  readonly ready: Value<boolean>
  /** Lets the new version begin, and loads the page anew. */
  take(): void
}

/** A page that stays open for days asks this often, and when it is back on the network. */
const LOOK_EVERY_MS = 60 * 60_000

/** Until then a page loads its board. */
const SETTLED_AFTER_MS = 5_000

/** Without service workers (an insecure origin, a developer's server) each load of the page is the newest. */
export const NO_APP_UPDATE: AppUpdate = {
  ready: createValue(false),
  take: () => location.reload(),
}

/**
 * Registers the service worker once the page is loaded, so that it does not compete with it, and watches for its next
 * version. `script` is the path of the script that this page runs: it changes with everything that the app loads. The
 * worker is that of the server at this address, and of no other on its origin.
 */
export function createAppUpdate(container: ServiceWorkerContainer, script: string, serverUrl: string): AppUpdate {
  let registration: ServiceWorkerRegistration | undefined
  const ready = createValue(false)
  const first = container.controller

  async function judge(): Promise<void> {
    // The worker that this page began with may be older than the page, which came from the network, and never newer.
    const newest = registration?.waiting ?? (container.controller === first ? null : container.controller)
    ready.set(newest ? await isAnother(newest, script) : false)
  }

  function look(): void {
    registration?.update().catch(() => {
      // The server is away, and this version goes on.
    })
  }

  async function register(): Promise<void> {
    registration = await container.register(`${serverUrl}/sw.js`)
    registration.addEventListener('updatefound', () => {
      registration?.installing?.addEventListener('statechange', () => void judge())
    })
    container.addEventListener('controllerchange', () => {
      void judge()
      settleLater()
    })
    await judge()
    tell(container.controller, { type: 'started' })
    settleLater()
  }

  function settleLater(): void {
    setTimeout(() => tell(container.controller, { type: 'settled', fonts: loadedFonts(serverUrl) }), SETTLED_AFTER_MS)
  }

  if ('locks' in navigator) holdPageLock(navigator.locks, script)
  window.addEventListener('load', () => {
    register().catch(() => {
      // Blocked by the browser's settings, or the server is away: the app works without, only not offline.
    })
  })
  window.addEventListener('online', look)
  setInterval(look, LOOK_EVERY_MS)

  return {
    ready,
    take() {
      const waiting = registration?.waiting
      if (!waiting) return location.reload()
      // "redundant": a still newer one has pushed it out, and the page asks again when it is loaded.
      waiting.addEventListener('statechange', () => waiting.state !== 'activating' && location.reload())
      tell(waiting, { type: 'take-over' })
    },
  }
}

/** Says to all of this browser which script, and with it which version of the app, this page runs. */
function holdPageLock(locks: LockManager, script: string): void {
  const name = ('sketchroom.page ' satisfies PageLockPrefix) + script
  // The page never lets go; the browser does when the page is gone, however it went.
  locks
    .request(name, { mode: 'shared' }, () => new Promise<never>(() => {}))
    .catch(() => {
      // A page that is being left cannot take a lock any more.
    })
}

/** The fonts that this page has asked for, as far as they are the server's own. */
function loadedFonts(serverUrl: string): string[] {
  const urls = performance.getEntriesByType('resource').map(({ name }) => name)
  return urls.filter((url) => url.startsWith(`${serverUrl}/excalidraw/fonts/`))
}

function isAnother(worker: ServiceWorker, script: string): Promise<boolean> {
  const { port1, port2 } = new MessageChannel()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  port1.addEventListener('message', ({ data }) => resolve(data === true), { once: true })
  port1.start()
  tell(worker, { type: 'is-another', script }, [port2])
  return promise.finally(() => port1.close())
}

function tell(worker: ServiceWorker | null, message: PageMessage, ports: MessagePort[] = []): void {
  worker?.postMessage(message, ports)
}
