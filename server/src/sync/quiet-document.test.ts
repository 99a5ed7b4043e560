import { Document } from '@hocuspocus/server'
import { expect, onTestFinished, test, vi } from 'vitest'
import { discard, quieten } from './quiet-document.ts'

test.for([
  ['and what is left can be told', false],
  ['and telling fails', true],
] as const)('what is discarded leaves no timer behind that would hold it, %s', ([, fails]) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const document = new Document('a room')
  quieten(document)
  document.getMap('words').set('word', true)
  expect(vi.getTimerCount()).toBe(1)
  const NONSENSE = Uint8Array.of(9, 9, 9)
  if (fails) Reflect.set(document, 'pendingUpdates', [NONSENSE, NONSENSE])
  discard(document)
  expect([vi.getTimerCount(), document.isDestroyed]).toEqual([0, true])
})
