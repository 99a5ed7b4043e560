import type { TakeOver } from './worker-scope.ts'

/**
 * Registers the service worker once the page is loaded, so that it does not compete with it. A new version
 * that has been waiting takes over now, when this page has only just begun.
 */
export function registerServiceWorker(): void {
  // Absent outside secure contexts, whatever the types say.
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined
  if (!container) return
  window.addEventListener('load', () => {
    container
      .register('/sw.js')
      .then((registration) => registration.waiting?.postMessage('take-over' satisfies TakeOver))
      .catch(() => {
        // Blocked by the browser's settings, or the server is away: the app works without, only not offline.
      })
  })
}
