import { expect, test } from 'vitest'
import { changesLeftWords, isAtRisk, statusWords, type ShownStatus } from './status-words.ts'

/** Complete by type: a new kind of status does not compile until it has its words here. */
const words: { [K in ShownStatus['kind']]: Array<[Extract<ShownStatus, { kind: K }>, string]> } = {
  connecting: [
    [{ kind: 'connecting', unsent: 0, stored: true }, 'Connecting…'],
    [{ kind: 'connecting', unsent: 0, stored: true, progress: { done: 7, total: 10 } }, 'Loading… 70%'],
    // All of it is here when the server says so, and not before.
    [{ kind: 'connecting', unsent: 0, stored: true, progress: { done: 10, total: 10 } }, 'Loading… 99%'],
    [{ kind: 'connecting', unsent: 2, stored: true }, 'Connecting… · 2 changes kept on this device'],
    [{ kind: 'connecting', unsent: 2, stored: false }, 'Connecting… · 2 changes only in this tab'],
  ],
  editing: [[{ kind: 'editing' }, 'Editing…']],
  saved: [[{ kind: 'saved' }, 'Saved']],
  saving: [
    [{ kind: 'saving', unsent: 1, stored: true }, 'Saving 1 change…'],
    [{ kind: 'saving', unsent: 3, stored: false }, 'Saving 3 changes…'],
    [{ kind: 'saving', unsent: 3, stored: true, progress: { done: 1_999, total: 5_000 } }, 'Saving… 39%'],
    [{ kind: 'saving', unsent: 3, stored: true, progress: { done: 0, total: 0 } }, 'Saving…'],
  ],
  offline: [
    [{ kind: 'offline', unsent: 0, stored: true }, 'Offline'],
    [{ kind: 'offline', unsent: 0, stored: false }, 'Offline · this device keeps no changes (storage is off)'],
    [{ kind: 'offline', unsent: 12, stored: true }, 'Offline · 12 changes kept on this device'],
    [{ kind: 'offline', unsent: 1, stored: false }, 'Offline · 1 change only in this tab'],
  ],
  'not-here': [[{ kind: 'not-here', unsent: 0, stored: true }, 'Offline · this board is not on this device']],
  'store-failing': [
    [
      { kind: 'store-failing', unsent: 2, stored: true },
      'The server cannot save right now · 2 changes kept on this device',
    ],
    [
      { kind: 'store-failing', unsent: 2, stored: false },
      'The server cannot save right now · 2 changes only in this tab',
    ],
  ],
  crowded: [
    [{ kind: 'crowded', unsent: 0, stored: false }, 'No place left on this board'],
    [{ kind: 'crowded', unsent: 2, stored: true }, 'No place left on this board · 2 changes kept on this device'],
    [{ kind: 'crowded', unsent: 1, stored: false }, 'No place left on this board · 1 change only in this tab'],
  ],
  'read-only': [
    [{ kind: 'read-only', unsent: 0, stored: false }, 'View only'],
    [{ kind: 'read-only', unsent: 1, stored: true }, 'View only · 1 change kept on this device'],
    [{ kind: 'read-only', unsent: 1, stored: false }, 'View only · 1 change only in this tab'],
  ],
  refused: [
    [
      { kind: 'refused', reason: 'board_full', unsent: 2, stored: true },
      'This board is full · 2 changes kept on this device',
    ],
    [
      { kind: 'refused', reason: 'invalid_content', unsent: 1, stored: false },
      'Not taken by the server · 1 change only in this tab',
    ],
  ],
  damaged: [
    [{ kind: 'damaged', unsent: 0, stored: true }, 'Not all of this board can be read'],
    [{ kind: 'damaged', unsent: 2, stored: true }, 'Not all of this board can be read · 2 changes kept on this device'],
    [{ kind: 'damaged', unsent: 2, stored: false }, 'Not all of this board can be read · 2 changes only in this tab'],
  ],
  outdated: [[{ kind: 'outdated', unsent: 1, stored: true }, 'Reload to go on drawing · 1 change kept on this device']],
  'no-access': [
    [{ kind: 'no-access', reason: 'not_found', unsent: 0, stored: true }, 'No access'],
    [{ kind: 'no-access', reason: 'not_found', unsent: 1, stored: true }, 'No access · 1 change kept on this device'],
    [{ kind: 'no-access', reason: 'not_found', unsent: 1, stored: false }, 'No access · 1 change only in this tab'],
  ],
}

test.each(Object.values(words).flat())('%o is shown as "%s"', (status, text) => {
  expect(statusWords(status).text).toBe(text)
})

test('only one status is called saved', () => {
  const saved = Object.values(words)
    .flat()
    .filter(([status]) => /\bsaved\b/i.test(statusWords(status).text))
  expect(saved.map(([status]) => status.kind)).toEqual(['saved'])
})

test('changes that only this tab has are never a calm matter, and never said to be kept', () => {
  const unkept = Object.values(words)
    .flat()
    .filter(([status]) => isAtRisk(status) && status.kind !== 'saving')
  expect(unkept).toHaveLength(8)
  for (const [status] of unkept) {
    expect(statusWords(status).tone).toBe('danger')
    expect(statusWords(status).text).not.toContain('kept')
  }
})

test('a closed board says where the changes are that the server does not have', () => {
  expect(changesLeftWords({ unsent: 0, stored: false })).toBe('')
  expect(changesLeftWords({ unsent: 1, stored: true })).toBe(
    '1 change of yours that the server does not have is only on this device.',
  )
  expect(changesLeftWords({ unsent: 2, stored: false })).toBe(
    '2 changes of yours that the server does not have are only in this tab, because this device stores nothing (storage is off).',
  )
})
