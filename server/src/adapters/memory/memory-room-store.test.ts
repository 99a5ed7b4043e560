import { describe } from 'vitest'
import { testRoomStore } from '../../ports/room-store.contract.ts'
import { createMemoryStores } from './memory-stores.ts'

describe('rooms in memory', () => {
  const { accounts, rooms } = createMemoryStores()
  testRoomStore(
    () => rooms,
    () => accounts,
  )
})
