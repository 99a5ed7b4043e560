import { describe } from 'vitest'
import { testRoomStore } from '../../ports/room-store.contract.ts'
import { MemoryRoomStore } from './memory-room-store.ts'

describe('rooms in memory', () => {
  const store = new MemoryRoomStore()
  testRoomStore(() => store)
})
