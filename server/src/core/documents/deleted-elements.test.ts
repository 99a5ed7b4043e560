import { valuesOf } from '@sketchroom/shared/scene/codec'
import { createElement, elementsOf, findElement, writeKeys } from '@sketchroom/shared/scene/document'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { findLongDeleted, removeLongDeleted } from './deleted-elements.ts'

const settings = { ...(process.env['SEED'] !== undefined && { seed: Number(process.env['SEED']) }), numRuns: 300 }
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

const shape = (extra: object = {}) => valuesOf({ type: 'rectangle', x: 1, y: 2, width: 30, height: 40, ...extra })!
const text = (extra: object = {}) =>
  valuesOf({ type: 'text', x: 1, y: 2, text: 'some words', originalText: 'some words', ...extra })!
const remove = (doc: Y.Doc, ...ids: string[]) => {
  for (const id of ids) writeKeys(doc, id, new Map([['isDeleted', true]]))
}

function copyOf(document: Y.Doc, clientID?: number): Y.Doc {
  const copy = new Y.Doc()
  if (clientID !== undefined) copy.clientID = clientID
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(document))
  return copy
}

/** What is left of a document that was `then` so long ago. */
function collected(then: Y.Doc, now: Y.Doc, meanwhile: (document: Y.Doc) => void = () => undefined): string[] {
  const found = findLongDeleted(then, copyOf(now))
  meanwhile(now)
  removeLongDeleted(now, found)
  return [...elementsOf(now).keys()].sort()
}

function drawn(): Y.Doc {
  const doc = new Y.Doc()
  for (const id of NAMES) createElement(doc, id, id < 'd' ? shape() : text())
  return doc
}

test('what was deleted then, and left alone since, goes; the document is smaller, and nothing else changes', () => {
  const now = drawn()
  remove(now, 'b', 'e')
  const then = copyOf(now)
  writeKeys(now, 'a', new Map([['strokeColor', '#e03131']]))
  const [left, size] = [findElement(now, 'a'), Y.encodeStateAsUpdate(now).length]
  expect(collected(then, now)).toEqual(['a', 'c', 'd', 'f'])
  expect(findElement(now, 'a')).toEqual(left)
  expect(Y.encodeStateAsUpdate(now).length).toBeLessThan(size * 0.85)
})

test('what was deleted later, or is there, stays', () => {
  const now = drawn()
  const then = copyOf(now)
  remove(now, 'b')
  expect(collected(then, now)).toEqual(NAMES)
})

test.for<[string, (document: Y.Doc) => void]>([
  ['a key', (document) => writeKeys(document, 'e', new Map([['strokeColor', '#e03131']]))],
  ['a key that it has already', (document) => writeKeys(document, 'e', new Map([['isDeleted', true]]))],
  ['words put in', (document) => writeKeys(document, 'e', new Map([['words', 'some more words']]))],
  ['words taken out', (document) => writeKeys(document, 'e', new Map([['words', 'words']]))],
  [
    'words put in and taken out again',
    (document) => {
      const words = (elementsOf(document).get('e') as Y.Map<Y.Text>).get('words')!
      words.insert(1, 'x')
      words.delete(1, 1)
    },
  ],
  ['brought back', (document) => writeKeys(document, 'e', new Map([['isDeleted', false]]))],
  ['a key taken out', (document) => (elementsOf(document).get('e') as Y.Map<unknown>).delete('isDeleted')],
  ['made anew', (document) => createElement(document, 'e', text())],
  ['a key of no meaning', (document) => (elementsOf(document).get('e') as Y.Map<unknown>).set('later', 1)],
])('%s: what was changed stays, before it is looked for and after', ([, change]) => {
  for (const when of ['before', 'after'] as const) {
    const now = drawn()
    remove(now, 'b', 'e')
    const then = copyOf(now)
    if (when === 'before') change(now)
    const left = collected(then, now, when === 'after' ? change : undefined)
    expect([when, left]).toEqual([when, ['a', 'c', 'd', 'e', 'f']])
  }
})

test('a change that lost against another at the same time counts, too', () => {
  const [one, other] = [drawn(), new Y.Doc()]
  other.clientID = 1
  Y.applyUpdate(other, Y.encodeStateAsUpdate(one))
  writeKeys(one, 'b', new Map([['strokeColor', '#e03131']]))
  remove(one, 'b')
  const then = copyOf(one)
  // Somebody who was away all the time, and whose colour is not the one that is shown.
  writeKeys(other, 'b', new Map([['strokeColor', '#2f9e44']]))
  Y.applyUpdate(one, Y.encodeStateAsUpdate(other))
  writeKeys(one, 'b', new Map())
  expect(collected(then, one)).toEqual(NAMES)
})

test('what something that is there refers to stays: a label, an arrow’s end, a part of a frame', () => {
  const now = drawn()
  createElement(now, 'label', text({ containerId: 'a' }))
  createElement(
    now,
    'arrow',
    valuesOf({
      type: 'arrow',
      x: 0,
      y: 0,
      points: [
        [0, 0],
        [9, 9],
      ],
      startBinding: { elementId: 'b', focus: 0, gap: 1 },
    })!,
  )
  createElement(now, 'frame', valuesOf({ type: 'frame', x: 0, y: 0, width: 9, height: 9 })!)
  createElement(now, 'part', shape({ frameId: 'frame' }))
  remove(now, 'a', 'b', 'c', 'frame')
  const then = copyOf(now)
  expect(collected(then, copyOf(now))).not.toContain('c')
  expect(collected(then, copyOf(now))).toEqual(expect.arrayContaining(['a', 'b', 'frame']))
  // And what only something deleted refers to does not.
  const all = copyOf(now)
  remove(all, 'arrow', 'part')
  expect(collected(then, copyOf(all))).not.toContain('b')
  expect(collected(then, copyOf(all))).not.toContain('frame')
  const late = (document: Y.Doc) => createElement(document, 'late', shape({ frameId: 'frame' }))
  expect(collected(then, all, late)).toContain('frame')
})

test('a label that is deleted later than its shape keeps it: who brings the label back finds where it stands', () => {
  const now = drawn()
  createElement(now, 'label', text({ containerId: 'a' }))
  createElement(now, 'other', text({ containerId: 'later' }))
  createElement(now, 'later', shape())
  remove(now, 'a', 'other', 'later')
  const then = copyOf(now)
  remove(now, 'label')
  expect(collected(then, copyOf(now))).toEqual([...NAMES, 'label'])
  // Long after that, both go.
  const later = copyOf(now)
  expect(collected(later, copyOf(now))).toEqual(['b', 'c', 'd', 'e', 'f'])
  // Who has touched the label meanwhile, or made another, even if that is deleted too, keeps the shape.
  const colour = (document: Y.Doc) => writeKeys(document, 'label', new Map([['strokeColor', '#e03131']]))
  expect(collected(later, copyOf(now), colour)).toEqual([...NAMES, 'label'])
  const cut = (document: Y.Doc) => (elementsOf(document).get('label') as Y.Map<Y.Text>).get('words')!.delete(0, 1)
  expect(collected(later, copyOf(now), cut)).toEqual([...NAMES, 'label'])
  const another = (document: Y.Doc) => {
    createElement(document, 'another', text({ containerId: 'a' }))
    remove(document, 'another')
  }
  expect(collected(later, copyOf(now), another)).toEqual(['a', 'another', 'b', 'c', 'd', 'e', 'f'])
})

test('to take a few elements out takes no longer on a large board', () => {
  const now = new Y.Doc()
  const ids = Array.from({ length: 10_000 }, (_, n) => `e${n}`)
  now.transact(() => ids.forEach((id) => createElement(now, id, shape())))
  now.transact(() => remove(now, ...ids.slice(0, 500)))
  const then = copyOf(now)
  const found = findLongDeleted(then, copyOf(now))
  expect(found.groups).toHaveLength(500)
  const began = performance.now()
  for (const group of found.groups) removeLongDeleted(now, { ...found, groups: [group] })
  // With a walk over all of it for each: 1,400 ms.
  expect(performance.now() - began).toBeLessThan(400)
  expect(elementsOf(now).size).toBe(ids.length - 500)
})

test('of a document that waits for something, nothing goes', () => {
  const now = drawn()
  remove(now, 'b')
  const then = copyOf(now)
  const away = copyOf(now)
  writeKeys(away, 'b', new Map([['strokeColor', '#e03131']]))
  const before = Y.encodeStateVector(away)
  writeKeys(away, 'b', new Map([['strokeColor', '#2f9e44']]))
  Y.applyUpdate(now, Y.encodeStateAsUpdate(away, before))
  expect(findLongDeleted(then, now).groups).toEqual([])
})

/** What somebody does to one of the elements. */
interface Deed {
  readonly who: number
  readonly id: string
  readonly what: 'colour' | 'words' | 'cut' | 'delete' | 'back' | 'anew' | 'tie'
}
const deed: fc.Arbitrary<Deed> = fc.record({
  who: fc.nat(2),
  id: fc.constantFrom(...NAMES),
  what: fc.constantFrom('colour', 'words', 'cut', 'delete', 'delete', 'back', 'anew', 'tie'),
})

function act(document: Y.Doc, { id, what }: Deed, n: number): void {
  if (what === 'anew') return createElement(document, id, id < 'd' ? shape() : text())
  const stored = findElement(document, id)
  if (!stored) return
  const words = (stored.keys.words ?? '') as string
  if (what === 'colour') writeKeys(document, id, new Map([['strokeColor', `#00000${n % 10}`]]))
  else if (what === 'words' && id >= 'd') writeKeys(document, id, new Map([['words', `${words}${n}`]]))
  else if (what === 'cut' && id >= 'd') writeKeys(document, id, new Map([['words', words.slice(1)]]))
  else if (what === 'delete') remove(document, id)
  else if (what === 'back') writeKeys(document, id, new Map([['isDeleted', false]]))
  else if (what === 'tie' && id >= 'd') writeKeys(document, id, new Map([['containerId', 'a']]))
}

test('nothing that anybody changed after then is ever taken out, whoever was away; and what may go goes', () => {
  const seen = { removed: 0, kept: 0 }
  let runs = 0
  const deeds = fc.array(deed, { maxLength: 25 })
  fc.assert(
    fc.property(deeds, deeds, deeds, (before, after, late) => {
      runs += 1
      const server = drawn()
      // Three people; the last hears of nothing after the first deeds, until the end.
      const people = [11, 3, 7].map((id) => copyOf(server, id))
      const touched = new Set<string>()
      const doAll = (all: readonly Deed[], meet: (document: Y.Doc) => void) => {
        for (const [n, each] of all.entries()) {
          const document = people[each.who] as Y.Doc
          let changed = false
          const note = () => (changed = true)
          document.on('update', note)
          act(document, each, n)
          document.off('update', note)
          if (changed) touched.add(each.id)
          if (n % 4 === 3 && each.who < 2) meet(document)
        }
      }
      const meet = (document: Y.Doc) => {
        Y.applyUpdate(server, Y.encodeStateAsUpdate(document))
        Y.applyUpdate(document, Y.encodeStateAsUpdate(server))
      }
      doAll(before, meet)
      // Twice: whoever is first hears of the others only then. What was made anew takes edits of the old with it.
      for (const document of [...people, ...people]) meet(document)
      const then = copyOf(server)
      touched.clear()
      doAll(after, meet)
      const present = new Set(elementsOf(server).keys())
      const found = findLongDeleted(then, copyOf(server))
      doAll(late, meet)
      for (const document of [...people, ...people]) meet(document)
      const deleted = [...present].filter((id) => findElement(server, id)?.keys.isDeleted === true)
      removeLongDeleted(server, found)
      for (const document of people) meet(document)
      for (const document of [server, ...people]) {
        for (const id of touched) expect(elementsOf(document).has(id)).toBe(true)
        expect([...elementsOf(document).keys()].sort()).toEqual([...elementsOf(server).keys()].sort())
      }
      // What was tied to it when it was looked for may have gone since.
      const wasTied = [...before, ...after, ...late].some(({ what }) => what === 'tie')
      for (const id of deleted) {
        if (touched.has(id) || (id === 'a' && wasTied)) seen.kept += 1
        else if (elementsOf(server).has(id)) expect([id, elementsOf(then).has(id)]).toEqual([id, false])
        else seen.removed += 1
      }
    }),
    settings,
  )
  expect(runs).toBe(settings.numRuns)
  expect(Math.min(seen.removed, seen.kept)).toBeGreaterThan(30)
})
