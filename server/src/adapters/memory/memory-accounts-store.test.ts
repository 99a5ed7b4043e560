import { describe } from 'vitest'
import { testAccountsStore } from '../../ports/accounts-store.contract.ts'
import { createMemoryStores } from './memory-stores.ts'

describe('accounts in memory', () => {
  const { accounts, rooms } = createMemoryStores()
  testAccountsStore(
    () => accounts,
    () => rooms,
  )
})
