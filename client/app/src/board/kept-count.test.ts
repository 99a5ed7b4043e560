import { expect, test } from 'vitest'
import type { SavingStatus } from '@sketchroom/canvas'
import { changesLeftBehind, keptCount, type UnsentChanges } from './kept-count.ts'

test.each<[SavingStatus, number | undefined]>([
  [{ kind: 'saved' }, 0],
  [{ kind: 'connecting', pending: 0, kept: true }, undefined],
  [{ kind: 'offline', pending: 3, kept: true }, 3],
  [{ kind: 'no-access', reason: 'forbidden', pending: 2, kept: true }, 2],
  [{ kind: 'offline', pending: 3, kept: false }, undefined],
  [{ kind: 'saving', pending: 1, kept: false }, undefined],
])('of %o the device remembers %o', (status, count) => {
  expect(keptCount(status)).toBe(count)
})

test.each<[string, SavingStatus, number, UnsentChanges]>([
  ['of this visit', { kind: 'no-access', reason: 'forbidden', pending: 2, kept: true }, 1, { pending: 2, kept: true }],
  ['of an earlier visit', { kind: 'connecting', pending: 0, kept: true }, 4, { pending: 4, kept: true }],
  ['of nobody', { kind: 'saved' }, 4, { pending: 0, kept: true }],
  ['that nothing keeps', { kind: 'offline', pending: 3, kept: false }, 0, { pending: 3, kept: false }],
  ['of before storage failed', { kind: 'offline', pending: 0, kept: false }, 2, { pending: 2, kept: true }],
])('a closed board tells of changes %s', (_, status, remembered, left) => {
  expect(changesLeftBehind(status, remembered)).toEqual(left)
})
