import type { DeviceStorage } from './device-storage.ts'

/** Databases that do not answer must hold nobody up; they go when they can. */
const DEADLINE_MS = 3_000

/**
 * Removes everything that this device keeps: what the app remembers, and the boards' database, which
 * the canvas has named by the namespace. One that another tab holds open goes when that tab closes its board.
 */
export async function forgetDevice(storage: DeviceStorage): Promise<void> {
  storage.forgetAll()
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, DEADLINE_MS)
  })
  await Promise.race([deleteDatabase(storage.namespace), deadline])
  clearTimeout(timer)
}

async function deleteDatabase(name: string): Promise<void> {
  try {
    await new Promise<void>((resolve) => {
      const request = indexedDB.deleteDatabase(name)
      request.onsuccess = () => resolve()
      request.onerror = () => resolve()
      // The browser deletes it as soon as the last tab lets go; nobody needs to wait for that.
      request.onblocked = () => resolve()
    })
  } catch {
    // Storage is switched off: nothing was kept.
  }
}
