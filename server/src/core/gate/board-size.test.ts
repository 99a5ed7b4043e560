import { expect, onTestFinished, test, vi } from 'vitest'
import { valuesOf } from '@sketchroom/shared/scene/codec'
import { createElement, readElements, writeKeys } from '@sketchroom/shared/scene/document'
import * as Y from 'yjs'
import { craft, element, value } from '../../testing/crafted-update.ts'
import { copyOf } from '../../testing/yjs-history.ts'
import { BoardSize, type BoardLimits } from './board-size.ts'
import { ClientOwners } from './client-owners.ts'
import { DocumentView } from './document-view.ts'
import { judge } from './judge.ts'
import { readUpdate } from './read-update.ts'

/** A board with these limits, on which one person draws. */
function board(limits: Partial<BoardLimits>, hasMemory = (_bytes: number) => true) {
  const [document, drawn] = [new Y.Doc(), new Y.Doc()]
  const size = new BoardSize({
    document,
    limits: { bytes: 1e6, elements: 1e6, structs: 1e6, ...limits },
    storedBytes: () => Y.encodeStateAsUpdate(document).length,
    hasMemory,
  })
  /** Draws, and says why it is refused; then it stays undrawn. */
  const draw = (change: (elements: Y.Map<Y.Map<unknown>>) => void): string | undefined => {
    const before = Y.encodeStateVector(document)
    drawn.transact(() => change(drawn.getMap('elements')))
    return take(Y.encodeStateAsUpdate(drawn, before))
  }
  const take = (update: Uint8Array): string | undefined => {
    const verdict = judge(readUpdate(update), {
      view: new DocumentView(document),
      owners: new ClientOwners(),
      author: 'ada',
    })
    if (verdict.kind !== 'taken') throw new Error(`the update is not sound: ${verdict.kind}`)
    const refusal = size.take(verdict.growth)
    if (refusal) return `${refusal.rule} ${refusal.reason}`
    Y.applyUpdate(document, update)
    return undefined
  }
  return { draw, take, document }
}

const add =
  (id: string, letters = 1) =>
  (elements: Y.Map<Y.Map<unknown>>) =>
    void elements.set(id, new Y.Map<unknown>([['note', 'x'.repeat(letters)]]))
const remove = (id: string) => (elements: Y.Map<Y.Map<unknown>>) => elements.delete(id)
const mark = (id: string) => (elements: Y.Map<Y.Map<unknown>>) => void elements.get(id)?.set('isDeleted', true)

test('[G16] a board takes as many elements as it may have, and another when one was deleted', () => {
  const { draw } = board({ elements: 3 })
  for (const id of ['a', 'b', 'c']) expect(draw(add(id))).toBeUndefined()
  expect(draw(add('d'))).toBe('G16 board_full')
  // Together with what could not be added: whoever deletes has that still to send.
  expect(draw(mark('a'))).toBeUndefined()
  expect(draw(add('e'))).toBe('G16 board_full')
  expect(draw(remove('b'))).toBeUndefined()
})

test('[G16] on a full board an element that was added and taken back counts for nothing, and restoring counts', () => {
  const { draw } = board({ elements: 3 })
  for (const id of ['a', 'b', 'c']) expect(draw(add(id))).toBeUndefined()
  expect(draw(add('d'))).toBe('G16 board_full')
  expect(draw((elements) => elements.get('b')?.set('note', 'changed'))).toBe('G16 board_full')
  // What was refused is in all that is sent, and holds nothing back any more.
  expect(draw(mark('d'))).toBeUndefined()
  expect(draw(mark('a'))).toBeUndefined()
  expect(draw(add('e'))).toBeUndefined()
  expect(draw((elements) => elements.get('a')?.set('isDeleted', false))).toBe('G16 board_full')
  expect(draw(mark('a'))).toBeUndefined()
})

test('[G16] what is on a board that has more than it may get can be changed', () => {
  const { draw, document } = board({ elements: 1 })
  document.getMap('elements').set('a', new Y.Map())
  document.getMap('elements').set('b', new Y.Map())
  expect(draw((elements) => elements.get('a')?.set('note', 'changed'))).toBeUndefined()
  expect(draw(add('c'))).toBe('G16 board_full')
})

test('[G16] a full board of bytes takes what makes room, and then what fits', () => {
  const { draw } = board({ bytes: 10_000 })
  expect(draw(add('a', 6_000))).toBeUndefined()
  expect(draw(add('b', 6_000))).toBe('G16 board_full')
  expect(draw(mark('a'))).toBeUndefined()
  expect(draw(add('c', 3_000))).toBeUndefined()
})

test('[G16] what lasts of every change is bounded too, and deleting goes on', () => {
  const { draw, take, document } = board({ structs: 40 })
  let refusal: string | undefined
  for (let n = 0; n < 100 && !refusal; n++) refusal = draw(add(`e${n}`))
  expect(refusal).toBe('G16 board_full')
  expect(document.getMap('elements').size).toBeGreaterThan(10)
  // Not together with what was refused.
  const bob = copyOf(document)
  const refusals = [remove('e0'), mark('e1'), add('more')].map((change) => {
    const before = Y.encodeStateVector(bob)
    change(bob.getMap('elements'))
    return take(Y.encodeStateAsUpdate(bob, before))
  })
  expect(refusals).toEqual([undefined, undefined, 'G16 board_full'])
})

test('[G16] where the boards in memory are too large together, the large ones do not grow, and are told to try later', () => {
  let isShort = false
  const { draw } = board({ bytes: 5e6 }, () => !isShort)
  const large = (id: string) => (elements: Y.Map<Y.Map<unknown>>) => {
    elements.set(id, new Y.Map(['a', 'b', 'c', 'd'].map((key) => [key, 'x'.repeat(60_000)])))
  }
  for (const id of ['a', 'a2', 'a3', 'a4']) expect(draw(large(id))).toBeUndefined()
  isShort = true
  expect([draw(add('b')), draw(large('c'))]).toEqual([undefined, 'G16 store_unavailable'])
  isShort = false
  expect(draw(large('d'))).toBeUndefined()
})

test('[G16] a mark that Yjs does not take for the newest makes no room', () => {
  const { draw, take, document } = board({ elements: 2 })
  for (const id of ['a', 'b']) expect(draw(add(id))).toBeUndefined()
  const born = (client: number, ...marks: unknown[]) =>
    craft([[client, 0, element(`of-${client}`), ...marks.map((said) => value([client, 0], 'isDeleted', said))]])
  expect(take(born(7, false, true))).toBe('G16 board_full')
  expect(take(born(8, true))).toBeUndefined()
  expect(document.getMap('elements').size).toBe(3)
})

test('[G16] who only marks what is marked takes room, too, and has an end', () => {
  const { draw, document } = board({ structs: 40 })
  expect([draw(add('a')), draw(mark('a'))]).toEqual([undefined, undefined])
  let refusal: string | undefined
  for (let n = 0; n < 200 && !refusal; n++) {
    refusal = draw((elements) => elements.get('a')?.set('isDeleted', n % 2 === 0 ? 'a-digest' : true))
    refusal ??= draw((elements) => elements.get('a')?.set('isDeleted', true))
  }
  expect([refusal, document.store.clients.size]).toEqual(['G16 board_full', 1])
})

/** A board of one rectangle more than three, if it were let, as the app draws and deletes them. */
function scene() {
  const it = board({ elements: 3 })
  const drawn = (change: (doc: Y.Doc) => void) => it.draw((elements) => change(elements.doc as Y.Doc))
  const create = (id: string, isDeleted?: string) => (doc: Y.Doc) => {
    createElement(doc, id, valuesOf({ type: 'rectangle', width: 9, height: 9 }) as never)
    if (isDeleted) doc.getMap<Y.Map<unknown>>('elements').get(id)?.set('isDeleted', isDeleted)
  }
  const write = (id: string, key: string, said: unknown) => (doc: Y.Doc) => writeKeys(doc, id, new Map([[key, said]]))
  const shown = () => [...readElements(it.document).values()].filter(({ keys }) => keys['isDeleted'] !== true).length
  return { ...it, drawn, create, write, shown }
}

/** Time goes on, for as long as marks are believed. */
function later(): void {
  vi.useFakeTimers({ toFake: ['performance'], now: performance.now() })
  onTestFinished(() => void vi.useRealTimers())
  vi.advanceTimersByTime(60_000)
}

test('[G16] a board cannot have more elements than it may by marks that hide nothing', () => {
  const { drawn, create, shown, document } = scene()
  const refusals = Array.from({ length: 12 }, (_, n) => drawn(create(`e${n}`, 'x')))
  expect(refusals.slice(6)).toEqual(Array.from({ length: 6 }, () => 'G16 board_full'))
  expect(shown()).toBeLessThanOrEqual(4)
  const said = [...document.getMap<Y.Map<unknown>>('elements').values()].filter((each) => each.get('isDeleted') === 'x')
  expect(said.length).toBe(shown())
})

test('[G16] what was deleted, and is there again because somebody has changed it, counts when it is counted again', () => {
  const { drawn, create, write, shown, draw } = scene()
  for (const id of ['a', 'b', 'c']) expect(drawn(create(id))).toBeUndefined()
  expect([drawn(write('a', 'isDeleted', true)), drawn(create('d')), shown()]).toEqual([undefined, undefined, 3])
  expect([draw((elements) => elements.get('a')?.set('angle', 1)), shown()]).toEqual([undefined, 4])
  expect([drawn(write('b', 'isDeleted', true)), shown()]).toEqual([undefined, 3])
  later()
  expect([drawn(create('e')), shown()]).toEqual(['G16 board_full', 3])
})

test('[G16] on a full board, what was drawn and moved and then deleted by the app holds nothing back', () => {
  const { drawn, create, write, draw, shown } = scene()
  for (const id of ['a', 'b', 'c']) expect(drawn(create(id))).toBeUndefined()
  expect(drawn(create('d'))).toBe('G16 board_full')
  expect([drawn(write('d', 'isDeleted', true)), shown()]).toEqual([undefined, 3])
  const movedAndDeleted = (doc: Y.Doc) => {
    write('a', 'angle', 1)(doc)
    write('a', 'isDeleted', true)(doc)
    create('e')(doc)
  }
  later()
  expect([drawn(movedAndDeleted), shown()]).toEqual([undefined, 3])
  expect(draw(add('f'))).toBe('G16 board_full')
})

test('[G16] nobody can have a large element read again and again by a mark and a change in turn', () => {
  const { document, draw } = board({ bytes: 1e8 })
  const large = new Map(Array.from({ length: 30 }, (_, n) => [`k${n}`, 'x'.repeat(60_000)]))
  expect(draw((elements) => elements.set('large', new Y.Map([...large, ['type', 'unknown']])))).toBeUndefined()
  const stored = document.getMap<Y.Map<unknown>>('elements').get('large') as Y.Map<unknown>
  const read = vi.spyOn(stored, 'get')
  for (let n = 0; n < 5; n++) {
    expect(draw((elements) => elements.get('large')?.set('angle', n / 10))).toBeUndefined()
    expect(draw((elements) => elements.get('large')?.set('isDeleted', `mark-${n}`))).toBeUndefined()
  }
  expect(read.mock.calls.filter(([key]) => key !== 'isDeleted')).toEqual([])
})

test('[G16] a large element cannot be hidden from the count by a mark that nobody reads', () => {
  const { draw } = board({ bytes: 3_000_000, elements: 100 })
  const large = (id: string) => (elements: Y.Map<Y.Map<unknown>>) => {
    const values = Array.from({ length: 15 }, (_, n) => [`k${n}`, 'x'.repeat(60_000)] as const)
    elements.set(id, new Y.Map<unknown>([...values, ['type', 'unknown'], ['isDeleted', 'x']]))
  }
  for (const id of ['a', 'b', 'c']) expect(draw(large(id))).toBeUndefined()
  later()
  expect(draw(large('d'))).toBe('G16 board_full')
})
