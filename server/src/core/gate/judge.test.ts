import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { drawingEdit, DrawingHistory } from '../../testing/drawing-history.ts'
import { copyOf } from '../../testing/yjs-history.ts'
import { ClientOwners } from './client-owners.ts'
import { DocumentView } from './document-view.ts'
import { judge } from './judge.ts'
import { rangesOf, readUpdate } from './read-update.ts'

/** Whether Yjs keeps a part of the update aside, on a copy of the document. */
function wouldWait(update: Uint8Array, document: Y.Doc): boolean {
  const copy = copyOf(document)
  Y.applyUpdate(copy, update)
  return copy.store.pendingStructs !== null || copy.store.pendingDs !== null
}

/** The updates of a history, some of them in each, as clients merge what they did offline; perhaps with gaps inside. */
function mergedUpdates(history: readonly Uint8Array[], picks: ReadonlyArray<readonly number[]>): Uint8Array[] {
  return picks.map((pick) => {
    const some = pick.map((n) => history[n % history.length] as Uint8Array)
    return some.length === 1 ? (some[0] as Uint8Array) : Y.mergeUpdates(some)
  })
}

/** What people draw, one edit after the other, and which of these updates come together. */
const history = (mostEdits: number) =>
  fc.array(drawingEdit, { minLength: 5, maxLength: mostEdits }).map((edits) => {
    const drawing = new DrawingHistory()
    return edits.map((edit) => drawing.do(edit)).filter((update) => update !== undefined)
  })
const picksOf = (most: number) =>
  fc.array(fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: most })

test('[G0] [G7] an honest update is never refused, and is a gap just when Yjs would keep a part of it waiting', () => {
  const seen = { gap: 0, taken: 0, refused: 0, withGaps: 0 }
  const runs = Number(process.env['RUNS'] ?? 300)
  fc.assert(
    fc.property(history(60), picksOf(20), (updates, picks) => {
      fc.pre(updates.length > 0)
      const document = new Y.Doc()
      const owners = new ClientOwners()
      for (const bytes of mergedUpdates(updates, picks)) {
        const update = readUpdate(bytes)
        const waits = wouldWait(bytes, document)
        const verdict = judge(update, { view: new DocumentView(document), owners, author: 'ada' })
        seen[verdict.kind] += 1
        if (update.clients.some(({ structs }) => structs.some(({ kind }) => kind === 10))) seen.withGaps += 1
        expect(verdict.kind).toBe(waits ? 'gap' : 'taken')
        if (!waits) Y.applyUpdate(document, bytes)
      }
    }),
    { numRuns: runs, ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) },
  )
  expect(seen.gap).toBeGreaterThan(runs / 4)
  expect(seen.taken).toBeGreaterThan(runs)
  expect(seen.withGaps).toBeGreaterThan(runs / 20)
})

test('[G0] beside a hole an honest update is taken, and what of it is said to wait is just what Yjs keeps aside', () => {
  let waits = 0
  fc.assert(
    fc.property(history(40), picksOf(10), (updates, picks) => {
      fc.pre(updates.length > 0)
      for (const bytes of mergedUpdates(updates, picks)) {
        const document = new Y.Doc()
        Y.applyUpdate(document, updates[0] as Uint8Array)
        const update = readUpdate(bytes)
        const parts = { view: new DocumentView(document), owners: new ClientOwners(), author: 'ada', hasHole: true }
        const verdict = judge(update, parts)
        if (verdict.kind !== 'taken') throw new Error(`it is not taken: ${verdict.kind}`)
        Y.applyUpdate(document, bytes)
        const waiting = new Map(verdict.waiting?.inserted)
        for (const [client, ranges] of rangesOf(update).inserted) {
          const firstWaiting = waiting.get(client)?.[0]?.[0] ?? Infinity
          const reach = parts.view.reach(client)
          expect(reach).toBeLessThanOrEqual(firstWaiting)
          for (const [from, to] of ranges)
            if (from < firstWaiting) expect(reach).toBeGreaterThanOrEqual(Math.min(to, firstWaiting))
        }
        if (verdict.waiting) waits += 1
      }
    }),
    { numRuns: 150, ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) },
  )
  expect(waits).toBeGreaterThan(30)
})

test('[G6] on a board that thousands have drawn on, what a client brings with an edit, all that was ever deleted, is taken', () => {
  const document = new Y.Doc()
  document.transact(() => {
    for (let client = 1; client <= 6_000; client++) {
      document.clientID = client
      document.getMap('meta').set('name', `${client}`)
    }
  })
  const offline = copyOf(document)
  const before = Y.encodeStateVector(offline)
  offline.getMap('meta').set('name', 'offline')
  const update = readUpdate(Y.encodeStateAsUpdate(offline, before))
  expect(update.deleted.length).toBeGreaterThan(5_000)
  const verdict = judge(update, { view: new DocumentView(document), owners: new ClientOwners(), author: 'ada' })
  expect(verdict.kind).toBe('taken')
})
