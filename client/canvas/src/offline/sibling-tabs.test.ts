import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import * as Y from 'yjs'
import { isMadeBy, type EditId } from './edit-id.ts'
import { SIBLING } from './origins.ts'
import { SiblingTabs } from './sibling-tabs.ts'

let rooms = 0
const open = new Set<SiblingTabs>()

afterEach(() => {
  for (const siblings of open) siblings.close()
  open.clear()
  vi.unstubAllGlobals()
})

function createPlace(): string {
  rooms += 1
  return `http://board.example/${process.pid}-${rooms}`
}

/** A tab: a document, the edits it knows of, and its line to the other tabs. */
function createTab(place: string, name: string) {
  const doc = new Y.Doc()
  const known = new Set<EditId>()
  let made = 0
  let told = 0
  const siblings = new SiblingTabs({
    place,
    tab: name,
    doc,
    unsettled: () => [...known],
    onEdits: (edits) => edits.forEach((edit) => known.add(edit)),
    onSettled: (edits) => edits.forEach((edit) => known.delete(edit)),
  })
  open.add(siblings)
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin === SIBLING) return
    told += 1
    made += 1
    known.add(`${name}:${made}`)
    siblings.edit(`${name}:${made}`, update)
  })
  return {
    doc,
    known,
    siblings,
    told: () => told,
    draw: (id: string) => doc.getMap('elements').set(id, name),
    drawn: () => [...doc.getMap('elements').keys()].toSorted(),
  }
}

describe('tabs of one room', () => {
  test('an edit reaches the other tabs with its name, and does not come back', async () => {
    const place = createPlace()
    const [a, b, c] = [createTab(place, 'a'), createTab(place, 'b'), createTab(place, 'c')]
    a.draw('x')
    await vi.waitFor(() => expect([b.drawn(), c.drawn()]).toEqual([['x'], ['x']]))
    expect([...b.known]).toEqual(['a:1'])
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
    const a = createTab(place, 'a')
    a.draw('x')
    const b = createTab(place, 'b')
    b.doc.transact(() => b.draw('loaded'), SIBLING)
    b.siblings.hello()
    await vi.waitFor(() =>
      expect([a.drawn(), b.drawn()]).toEqual([
        ['loaded', 'x'],
        ['loaded', 'x'],
      ]),
    )
    expect([...b.known]).toEqual(['a:1'])
  })

  test('a tab answers only for its own edits', async () => {
    const place = createPlace()
    const a = createTab(place, 'a')
    a.known.add('somebody:1')
    a.draw('x')
    const b = createTab(place, 'b')
    b.siblings.hello()
    await vi.waitFor(() => expect(b.drawn()).toEqual(['x']))
    expect([...b.known].filter((edit) => !isMadeBy(edit, 'a'))).toEqual([])
  })

  test('what one tab learns to be durable, all know', async () => {
    const place = createPlace()
    const [a, b] = [createTab(place, 'a'), createTab(place, 'b')]
    a.draw('x')
    await vi.waitFor(() => expect(b.known.size).toBe(1))
    b.siblings.settled(['a:1'])
    await vi.waitFor(() => expect(a.known.size).toBe(0))
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
    const a = createTab(createPlace(), 'a')
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
              tabs.set(tab, createTab(place, `tab-${tab}`))
              tabs.get(tab)!.siblings.hello()
            }
            if (yields) await new Promise((resolve) => setImmediate(resolve))
          }
          const all = [...tabs.values()]
          const edits = [...new Set(all.flatMap((tab) => [...tab.known]))].toSorted()
          await vi.waitFor(() => {
            for (const tab of all) {
              expect(tab.drawn()).toHaveLength(edits.length)
              expect([...tab.known].toSorted()).toEqual(edits)
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
