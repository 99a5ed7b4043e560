import type { Page } from 'playwright-core'

/** Whose boards a browser has stored, as `[person, room]`. */
export function storedRooms(page: Page): Promise<Array<[person: string, roomId: string]>> {
  return page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name)
    // Opening one that is not there would make it.
    if (!names.includes('sketchroom')) return []
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('sketchroom')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error('no database'))
    })
    const rooms = await new Promise<Array<{ place: [string, string, string] }>>((resolve, reject) => {
      const request = database.transaction('rooms').objectStore('rooms').getAll()
      request.onsuccess = () => resolve(request.result as Array<{ place: [string, string, string] }>)
      request.onerror = () => reject(request.error ?? new Error('no rooms'))
    })
    database.close()
    return rooms.map(({ place: [, person, roomId] }) => [person, roomId] as [string, string])
  })
}

/** Removes all boards from a browser, as they go when there is no room for them. */
export function forgetBoards(page: Page): Promise<void> {
  return page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('sketchroom')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error ?? new Error('no database'))
    })
    const transaction = database.transaction(['updates', 'rooms'], 'readwrite')
    transaction.objectStore('updates').clear()
    transaction.objectStore('rooms').clear()
    await new Promise((resolve) => (transaction.oncomplete = resolve))
    database.close()
  })
}
