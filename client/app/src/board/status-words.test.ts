import { expect, test } from 'vitest'
import { changesLeftWords, isAtRisk, statusWords, type ShownStatus } from './status-words.ts'

/** Complete by type: a new kind of status does not compile until it has its words here. */
const words: { [K in ShownStatus['kind']]: Array<[Extract<ShownStatus, { kind: K }>, string]> } = {
  connecting: [
    [{ kind: 'connecting', pending: 0, kept: true }, 'Connecting…'],
    [{ kind: 'connecting', pending: 2, kept: true }, 'Connecting… · 2 changes kept on this device'],
    [{ kind: 'connecting', pending: 2, kept: false }, 'Connecting… · 2 changes only in this tab'],
  ],
  editing: [[{ kind: 'editing' }, 'Editing…']],
  saved: [[{ kind: 'saved' }, 'Saved']],
  saving: [
    [{ kind: 'saving', pending: 1, kept: true }, 'Saving 1 change…'],
    [{ kind: 'saving', pending: 3, kept: false }, 'Saving 3 changes…'],
  ],
  offline: [
    [{ kind: 'offline', pending: 0, kept: true }, 'Offline'],
    [{ kind: 'offline', pending: 0, kept: false }, 'Offline · this device keeps no changes (storage is off)'],
    [{ kind: 'offline', pending: 12, kept: true }, 'Offline · 12 changes kept on this device'],
    [{ kind: 'offline', pending: 1, kept: false }, 'Offline · 1 change only in this tab'],
  ],
  'store-failing': [
    [
      { kind: 'store-failing', pending: 2, kept: true },
      'The server cannot save right now · 2 changes kept on this device',
    ],
    [
      { kind: 'store-failing', pending: 2, kept: false },
      'The server cannot save right now · 2 changes only in this tab',
    ],
  ],
  'read-only': [
    [{ kind: 'read-only', pending: 0, kept: false }, 'View only'],
    [{ kind: 'read-only', pending: 1, kept: true }, 'View only · 1 change kept on this device'],
    [{ kind: 'read-only', pending: 1, kept: false }, 'View only · 1 change only in this tab'],
  ],
  'no-access': [
    [{ kind: 'no-access', reason: 'not_found', pending: 0, kept: true }, 'No access'],
    [{ kind: 'no-access', reason: 'not_found', pending: 1, kept: true }, 'No access · 1 change kept on this device'],
    [{ kind: 'no-access', reason: 'not_found', pending: 1, kept: false }, 'No access · 1 change only in this tab'],
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
  expect(unkept).toHaveLength(5)
  for (const [status] of unkept) {
    expect(statusWords(status).tone).toBe('danger')
    expect(statusWords(status).text).not.toContain('kept')
  }
})

test('a closed board says what becomes of the changes that the server does not have', () => {
  expect(changesLeftWords({ pending: 0, kept: false })).toBe('')
  expect(changesLeftWords({ pending: 1, kept: true })).toBe(
    ' 1 change that the server does not have is kept on this device.',
  )
  expect(changesLeftWords({ pending: 2, kept: false })).toBe(
    ' 2 changes that the server does not have are lost, because this device keeps none (storage is off).',
  )
})
