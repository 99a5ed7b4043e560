import { expect, test } from 'vitest'
import { statusWords, type ShownStatus } from './status-words.ts'

/** Complete by type: a new kind of status does not compile until it has its words here. */
const words: { [K in ShownStatus['kind']]: Array<[Extract<ShownStatus, { kind: K }>, string]> } = {
  connecting: [
    [{ kind: 'connecting', pending: 0 }, 'Connecting…'],
    [{ kind: 'connecting', pending: 2 }, 'Connecting… · 2 changes kept on this device'],
  ],
  editing: [[{ kind: 'editing' }, 'Editing…']],
  saved: [[{ kind: 'saved' }, 'Saved']],
  saving: [
    [{ kind: 'saving', pending: 1 }, 'Saving 1 change…'],
    [{ kind: 'saving', pending: 3 }, 'Saving 3 changes…'],
  ],
  offline: [
    [{ kind: 'offline', pending: 0 }, 'Offline'],
    [{ kind: 'offline', pending: 12 }, 'Offline · 12 changes kept on this device'],
  ],
  'offline-unkept': [[{ kind: 'offline-unkept', pending: 1 }, 'Offline · not saved on this device (storage is off)']],
  'store-failing': [
    [{ kind: 'store-failing', pending: 2 }, 'The server cannot save right now · 2 changes kept on this device'],
  ],
  'read-only': [
    [{ kind: 'read-only', pending: 0 }, 'View only'],
    [{ kind: 'read-only', pending: 1 }, 'View only · 1 change kept on this device'],
  ],
  'no-access': [[{ kind: 'no-access', reason: 'not_found', pending: 0 }, 'No access']],
}

test.each(Object.values(words).flat())('%o is shown as "%s"', (status, text) => {
  expect(statusWords(status).text).toBe(text)
})

test('only one status is called saved', () => {
  const saved = Object.values(words)
    .flat()
    .filter(([status]) => /\bsaved\b/i.test(statusWords(status).text.replace('not saved', '')))
  expect(saved.map(([status]) => status.kind)).toEqual(['saved'])
})
