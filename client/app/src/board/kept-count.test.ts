import { expect, test } from 'vitest'
import type { SavingStatus } from '@sketchroom/canvas'
import { changesLeftBehind, keptCount, type UnsentChanges } from './kept-count.ts'

test.each<[SavingStatus, number | undefined]>([
  [{ kind: 'saved' }, 0],
  [{ kind: 'connecting', unsent: 0, stored: true }, undefined],
  [{ kind: 'offline', unsent: 3, stored: true }, 3],
  [{ kind: 'no-access', reason: 'forbidden', unsent: 2, stored: true }, 2],
  [{ kind: 'offline', unsent: 3, stored: false }, undefined],
  [{ kind: 'saving', unsent: 1, stored: false }, undefined],
])('of %o the device remembers %o', (status, count) => {
  expect(keptCount(status)).toBe(count)
})

test.each<[string, SavingStatus, number, UnsentChanges]>([
  [
    'of this visit',
    { kind: 'no-access', reason: 'forbidden', unsent: 2, stored: true },
    1,
    { unsent: 2, stored: true },
  ],
  ['of an earlier visit', { kind: 'connecting', unsent: 0, stored: true }, 4, { unsent: 4, stored: true }],
  ['of nobody', { kind: 'saved' }, 4, { unsent: 0, stored: true }],
  ['that nothing keeps', { kind: 'offline', unsent: 3, stored: false }, 0, { unsent: 3, stored: false }],
  ['of before storage failed', { kind: 'offline', unsent: 0, stored: false }, 2, { unsent: 2, stored: true }],
])('a closed board tells of changes %s', (_, status, remembered, left) => {
  expect(changesLeftBehind(status, remembered)).toEqual(left)
})
