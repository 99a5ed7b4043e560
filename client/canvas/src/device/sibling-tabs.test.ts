import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { UnsentEdits, type Edit } from '../collab/edits.ts'
import type { Place } from './device-database.ts'
import { SIBLING, SiblingTabs } from './sibling-tabs.ts'

let rooms = 0
const open = new Set<SiblingTabs>()

afterEach(() => {
  for (const siblings of open) siblings.close()
  open.clear()
  vi.unstubAllGlobals()
})

function createPlace(): Place {
  rooms += 1
  return ['http://board.example', 'ada', `${process.pid}-${rooms}`]
}

/** A tab: a document, the edits it knows of, and its line to the other tabs. Its name is its Yjs client. */
function createTab(place: Place, name: number) {
  const doc = new Y.Doc()
  doc.clientID = name
  const unsent = new UnsentEdits()
  let told = 0
  const siblings = new SiblingTabs({
    place,
    doc,
    ownUnsent: () => [...unsent].filter(({ client }) => client === name),
    onEdits: (edits) => edits.forEach((edit) => unsent.add(edit)),
    onDurable: (clocks) => unsent.becameDurable(clocks),
  })
  open.add(siblings)
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === SIBLING) return
    told += 1
    const edit = { client: name, clock: Y.getState(doc.store, name) }
    unsent.add(edit)
    siblings.edit([edit], update)
  })
  return {
    doc,
    unsent,
    siblings,
    told: () => told,
    draw: (id: string) => doc.getMap('elements').set(id, name),
    drawn: () => [...doc.getMap('elements').keys()].toSorted(),
  }
}

function namesOf(unsent: Iterable<Edit>): string[] {
  return [...unsent].map(({ client, clock }) => `${client}:${clock}`).toSorted()
}

describe('tabs of one room', () => {
  test('an edit reaches the other tabs with its name, and does not come back', async () => {
    const place = createPlace()
    const [a, b, c] = [createTab(place, 1), createTab(place, 2), createTab(place, 3)]
    a.draw('x')
    await vi.waitFor(() => expect([b.drawn(), c.drawn()]).toEqual([['x'], ['x']]))
    expect(namesOf(b.unsent)).toEqual(['1:1'])
    b.draw('y')
    await vi.waitFor(() =>
      expect([a.drawn(), c.drawn()]).toEqual([
        ['x', 'y'],
        ['x', 'y'],
      ]),
    )
    expect([a.told(), b.told(), c.told()]).toEqual([1, 1, 0])
  })

  test('a tab that opens gets what the others have, and they get what it has', async () => {
    const place = createPlace()
    const a = createTab(place, 1)
    a.draw('x')
    const b = createTab(place, 2)
    b.doc.transact(() => b.draw('loaded'), SIBLING)
    b.siblings.hello()
    await vi.waitFor(() =>
      expect([a.drawn(), b.drawn()]).toEqual([
        ['loaded', 'x'],
        ['loaded', 'x'],
      ]),
    )
    expect(namesOf(b.unsent)).toEqual(['1:1'])
  })

  test('a tab answers only for its own edits', async () => {
    const place = createPlace()
    const a = createTab(place, 1)
    a.unsent.add({ client: 77, clock: 1 })
    a.draw('x')
    const b = createTab(place, 2)
    b.siblings.hello()
    await vi.waitFor(() => expect(b.drawn()).toEqual(['x']))
    expect(namesOf(b.unsent)).toEqual(['1:1'])
  })

  test('what one tab learns to be durable, all know', async () => {
    const place = createPlace()
    const [a, b] = [createTab(place, 1), createTab(place, 2)]
    a.draw('x')
    await vi.waitFor(() => expect(b.unsent.count).toBe(1))
    b.siblings.durable(new Map([[1, 1]]))
    await vi.waitFor(() => expect(a.unsent.count).toBe(0))
  })

  test('without a channel each tab is on its own, and nothing throws', () => {
    vi.stubGlobal(
      'BroadcastChannel',
      class {
        constructor() {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        }
      },
    )
    const a = createTab(createPlace(), 1)
    a.siblings.hello()
    a.draw('x')
    expect(a.drawn()).toEqual(['x'])
  })

  test('whenever tabs open and whoever draws, they end with the same drawing and the same edits', async () => {
    let runs = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ tab: fc.nat(3), yields: fc.boolean() }), { maxLength: 25 }),
        async (steps) => {
          runs += 1
          const place = createPlace()
          const tabs = new Map<number, ReturnType<typeof createTab>>()
          for (const [index, { tab, yields }] of steps.entries()) {
            const known = tabs.get(tab)
            if (known) known.draw(`e${index}`)
            else {
              tabs.set(tab, createTab(place, tab + 1))
              tabs.get(tab)!.siblings.hello()
            }
            if (yields) await new Promise((resolve) => setImmediate(resolve))
          }
          const all = [...tabs.values()]
          const edits = [...new Set(all.flatMap((tab) => namesOf(tab.unsent)))].toSorted()
          await vi.waitFor(() => {
            for (const tab of all) {
              expect(tab.drawn()).toHaveLength(edits.length)
              expect(namesOf(tab.unsent)).toEqual(edits)
            }
          })
          for (const tab of all) tab.siblings.close()
        },
      ),
      { numRuns: 60 },
    )
    expect(runs).toBeGreaterThanOrEqual(60)
  })
})
