import { describe } from 'vitest'
import { testDocumentStore } from '../../ports/document-store.contract.ts'
import { MemoryDocumentStore } from './memory-document-store.ts'

describe('documents in memory', () => {
  const store = new MemoryDocumentStore()
  testDocumentStore(() => store)
})
