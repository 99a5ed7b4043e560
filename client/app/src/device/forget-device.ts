import type { DeviceStorage } from './device-storage.ts'

/** The databases that the canvas keeps edits in begin with this. */
const DATABASE_PREFIX = 'sketchroom'

/** Databases that do not answer must hold nobody up; they go when they can. */
const DEADLINE_MS = 3_000

/**
 * Removes everything that this device keeps: what the app remembers, and the boards' databases. A database
 * that another tab holds open goes when that tab closes its board.
 */
export async function forgetDevice(storage: DeviceStorage): Promise<void> {
  storage.forgetAll()
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DEADLINE_MS)
  })
  await Promise.race([deleteDatabases(), deadline])
  clearTimeout(timer)
}

async function deleteDatabases(): Promise<void> {
  try {
    const databases = await indexedDB.databases()
    const ours = databases.flatMap(({ name }) => (name?.startsWith(DATABASE_PREFIX) ? [name] : []))
    await Promise.all(ours.map(deleteDatabase))
  } catch {
    // Storage is switched off: nothing was kept.
  }
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => resolve()
    // The browser deletes it as soon as the last tab lets go; nobody needs to wait for that.
    request.onblocked = () => resolve()
  })
}
