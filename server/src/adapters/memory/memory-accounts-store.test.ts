import { describe } from 'vitest'
import { testAccountsStore } from '../../ports/accounts-store.contract.ts'
import { MemoryAccountsStore } from './memory-accounts-store.ts'

describe('accounts in memory', () => {
  const store = new MemoryAccountsStore()
  testAccountsStore(() => store)
})
