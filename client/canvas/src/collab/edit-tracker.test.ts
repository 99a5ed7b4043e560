import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { KEPT, SIBLING } from '../offline/origins.ts'
import { EditTracker } from './edit-tracker.ts'

const open = new Set<EditTracker>()

afterEach(async () => {
  await Promise.all([...open].map((tracker) => tracker.close()))
  open.clear()
})

function createTracker() {
  const doc = new Y.Doc()
  const place = `http://board.example/tracker-${process.pid}-${open.size}`
  const tracker = new EditTracker({ place, doc, storage: 'none', onChange: () => {} })
  open.add(tracker)
  const draw = (id: string, origin?: symbol) => doc.transact(() => doc.getMap('elements').set(id, id), origin)
  return { tracker, draw }
}

test.each([
  ['this device had kept', KEPT],
  ['another tab drew', SIBLING],
])('an update that carries what %s is answered without settling the edit made before it', (_, origin) => {
  const { tracker, draw } = createTracker()
  draw('own')
  draw('not ours', origin)
  tracker.sent({ kind: 'update' })
  tracker.answered(true)
  expect(tracker.pending).toBe(1)
})

test('an update is settled by its answer, edit by edit', () => {
  const { tracker, draw } = createTracker()
  for (const id of ['a', 'b', 'c']) {
    draw(id)
    tracker.sent({ kind: 'update' })
  }
  tracker.answered(true)
  tracker.answered(false)
  expect(tracker.pending).toBe(2)
  tracker.answered(true)
  expect(tracker.pending).toBe(1)
  tracker.sent({ kind: 'step2' })
  tracker.answered(true)
  expect(tracker.pending).toBe(0)
})

test('without storage it says that nothing is kept', () => {
  expect(createTracker().tracker.kept).toBe(false)
})
