import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { drawingEdit, DrawingHistory } from '../../testing/drawing-history.ts'
import { copyOf } from '../../testing/yjs-history.ts'
import { ClientOwners } from './client-owners.ts'
import { DocumentView } from './document-view.ts'
import { judge } from './judge.ts'
import { readUpdate } from './read-update.ts'

/** Whether Yjs keeps a part of the update aside, on a copy of the document. */
function wouldWait(update: Uint8Array, document: Y.Doc): boolean {
  const copy = copyOf(document)
  Y.applyUpdate(copy, update)
  return copy.store.pendingStructs !== null || copy.store.pendingDs !== null
}

test('[G0] [G7] an honest update is never refused, and is a gap just when Yjs would keep a part of it waiting', () => {
  const seen = { gap: 0, taken: 0, refused: 0, withGaps: 0 }
  const runs = Number(process.env['RUNS'] ?? 300)
  fc.assert(
    fc.property(
      fc.array(drawingEdit, { minLength: 5, maxLength: 60 }),
      fc.array(fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 20 }),
      (edits, picks) => {
        const history = new DrawingHistory()
        const updates = edits.map((edit) => history.do(edit)).filter((update) => update !== undefined)
        fc.pre(updates.length > 0)
        const document = new Y.Doc()
        const owners = new ClientOwners()
        for (const pick of picks) {
          // Each is some of the updates in one, as clients merge what they did offline; perhaps with gaps inside.
          const some = pick.map((n) => updates[n % updates.length] as Uint8Array)
          const bytes = some.length === 1 ? (some[0] as Uint8Array) : Y.mergeUpdates(some)
          const update = readUpdate(bytes)
          const waits = wouldWait(bytes, document)
          const verdict = judge(update, { view: new DocumentView(document), owners, author: 'ada' })
          seen[verdict.kind] += 1
          if (update.clients.some(({ structs }) => structs.some(({ kind }) => kind === 10))) seen.withGaps += 1
          expect(verdict.kind).toBe(waits ? 'gap' : 'taken')
          if (!waits) Y.applyUpdate(document, bytes)
        }
      },
    ),
    { numRuns: runs, ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) },
  )
  expect(seen.gap).toBeGreaterThan(runs / 4)
  expect(seen.taken).toBeGreaterThan(runs)
  expect(seen.withGaps).toBeGreaterThan(runs / 20)
})
