import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { copyOf, yjsEdit, YjsHistory } from '../testing/yjs-history.ts'
import { checkUpdate, isMissingDependencies } from './check-update.ts'

/** Whether Yjs keeps a part of the update aside, on a copy of the document. */
function wouldWait(update: Uint8Array, document: Y.Doc): boolean {
  const copy = copyOf(document)
  Y.applyUpdate(copy, update)
  return copy.store.pendingStructs !== null || copy.store.pendingDs !== null
}

test('an update is missing something just when Yjs would keep a part of it waiting', () => {
  const seen = { waiting: 0, whole: 0, withGaps: 0 }
  const runs = Number(process.env['RUNS'] ?? 300)
  fc.assert(
    fc.property(
      fc.array(yjsEdit, { minLength: 5, maxLength: 40 }),
      fc.array(fc.array(fc.nat(100), { minLength: 1, maxLength: 6 }), { minLength: 5, maxLength: 20 }),
      (edits, picks) => {
        const history = new YjsHistory()
        const updates = edits.map((edit) => history.do(edit)).filter((update) => update !== undefined)
        fc.pre(updates.length > 0)
        const document = new Y.Doc()
        for (const pick of picks) {
          // Each is some of the updates in one, as clients merge what they did offline; perhaps with gaps inside.
          const some = pick.map((n) => updates[n % updates.length] as Uint8Array)
          const update = some.length === 1 ? (some[0] as Uint8Array) : Y.mergeUpdates(some)
          const decoded = checkUpdate(update)
          const waits = wouldWait(update, document)
          expect(isMissingDependencies(decoded, document)).toBe(waits)
          seen[waits ? 'waiting' : 'whole'] += 1
          if (decoded.structs.some((struct) => struct instanceof Y.Skip)) seen.withGaps += 1
          if (!waits) Y.applyUpdate(document, update)
        }
      },
    ),
    { numRuns: runs, ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) },
  )
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(runs / 10)
})

test('a deletion of what is not there yet is missing something', () => {
  const [ada, bob] = [new Y.Doc(), new Y.Doc()]
  ada.getMap('map').set('a', 1)
  Y.applyUpdate(bob, Y.encodeStateAsUpdate(ada))
  const before = Y.encodeStateVector(bob)
  bob.getMap('map').delete('a')
  const deletion = checkUpdate(Y.encodeStateAsUpdate(bob, before))
  expect(isMissingDependencies(deletion, new Y.Doc())).toBe(true)
  expect(isMissingDependencies(deletion, ada)).toBe(false)
})

test('a value that nests deeper than any drawing is refused, and one that is as deep as drawings are is not', () => {
  const nested = (depth: number) => {
    const document = new Y.Doc()
    let value: unknown = 1
    for (let n = 0; n < depth; n++) value = n % 2 ? [value] : { value }
    document.getMap('map').set('a', value)
    return Y.encodeStateAsUpdate(document)
  }
  expect(() => checkUpdate(nested(100))).toThrow('nests too deep')
  expect(checkUpdate(nested(10)).structs).toHaveLength(1)
})
