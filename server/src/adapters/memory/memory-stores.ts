import { MemoryAccountsStore } from './memory-accounts-store.ts'
import { MemoryRoomStore } from './memory-room-store.ts'

/** People and rooms in memory that know of each other, as the tables of one database do. */
export function createMemoryStores(): { accounts: MemoryAccountsStore; rooms: MemoryRoomStore } {
  const accounts: MemoryAccountsStore = new MemoryAccountsStore({ hasRole: (id) => rooms.hasRole(id) })
  const rooms: MemoryRoomStore = new MemoryRoomStore(accounts)
  return { accounts, rooms }
}
