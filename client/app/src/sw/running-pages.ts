import type { PageLockPrefix } from './page-message.ts'

const LOCK_PREFIX: PageLockPrefix = 'sketchroom.page '

/**
 * The scripts below a path that open pages run; undefined while one of `tabs` windows there has begun and has not said
 * which. What runs beside it is of another app, or of another server. Locks and
 * not messages: a tab that the browser has put to sleep answers nobody, and still needs its files when it wakes.
 */
export function findRunningScripts(path: string, tabs: number, held: readonly LockInfo[]): string[] | undefined {
  const pageLocks = held.filter(({ name }) => name?.startsWith(LOCK_PREFIX + path))
  // Counted, because Chromium knows a tab by other ids among its locks than among a worker's clients.
  if (pageLocks.length < tabs) return undefined
  return pageLocks.map(({ name = '' }) => name.slice(LOCK_PREFIX.length))
}
