import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { changedKeys, contentDigest, elementOf, valuesOf } from './codec.ts'
import { createElement, elementsOf, findElement, writeKeys } from './document.ts'
import type { SceneElement } from './element.ts'
import { SceneReader } from './scene-reader.ts'
import { isFitFresh, UNTRUSTED } from './text-keys.ts'

/** Two people who have the same element and do not hear of each other until they `meet`. */
class Two {
  readonly docs = [new Y.Doc(), new Y.Doc()] as const

  constructor(element: object) {
    createElement(this.docs[0], 'e', valuesOf(element)!)
    Y.applyUpdate(this.docs[1], Y.encodeStateAsUpdate(this.docs[0]))
  }

  change(person: 0 | 1, changes: object): void {
    const before = findElement(this.docs[person], 'e')!
    writeKeys(this.docs[person], 'e', changedKeys(before, valuesOf({ ...elementOf('e', before), ...changes })!))
  }

  meet(): SceneElement {
    const [a, b] = this.docs
    Y.applyUpdate(a, Y.encodeStateAsUpdate(b))
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a))
    if (contentDigest(findElement(a, 'e')!) !== contentDigest(findElement(b, 'e')!)) throw new Error('they differ')
    return elementOf('e', findElement(a, 'e')!)
  }
}

const arrow = {
  type: 'arrow',
  x: 10,
  y: 20,
  points: [
    [0, 0],
    [50, 30],
    [100, 0],
  ],
}

describe('what two people do for different reasons stays', () => {
  test('two shapes are moved, each by somebody else: the arrow between them follows both', () => {
    const two = new Two(arrow)
    const moved = [
      [0, 0],
      [40, 30],
      [90, 0],
    ]
    two.change(0, { x: 20, points: moved })
    two.change(1, { points: [...arrow.points.slice(0, 2), [300, 7]] })
    expect(two.meet()).toMatchObject({
      x: 20,
      y: 20,
      points: [
        [0, 0],
        [40, 30],
        [290, 7],
      ],
      width: 290,
      height: 30,
    })
  })

  test('one bends an arrow, another moves a shape at its end', () => {
    const two = new Two(arrow)
    two.change(0, {
      points: [
        [0, 0],
        [50, 99],
        [100, 0],
      ],
    })
    two.change(1, {
      points: [
        [0, 0],
        [50, 30],
        [180, 40],
      ],
    })
    expect(two.meet()).toMatchObject({
      points: [
        [0, 0],
        [50, 99],
        [180, 40],
      ],
    })
  })

  test('one writes in a text, another makes its letters larger and it wider', () => {
    const two = new Two({ type: 'text', originalText: 'tea', text: 'tea', width: 30, height: 25 })
    two.change(0, { originalText: 'green tea', text: 'green tea', width: 90 })
    two.change(1, { fontSize: 40, width: 60, height: 50 })
    expect(two.meet()).toMatchObject({ originalText: 'green tea', fontSize: 40 })
    two.change(0, { originalText: 'green tea, hot', text: 'green tea, hot' })
    two.change(1, { autoResize: false, width: 45, height: 150, text: 'green\ntea' })
    expect(two.meet()).toMatchObject({ originalText: 'green tea, hot', autoResize: false, width: 45 })
  })

  test('a text that was written as a plain string takes both as well, once it has been changed', () => {
    const two = new Two({ type: 'text' })
    elementsOf(two.docs[0]).set('e', new Y.Map(Object.entries({ type: 'text', words: 'by hand' })))
    expect(two.meet()).toMatchObject({ originalText: 'by hand' })
    two.change(0, { originalText: 'made by hand' })
    two.meet()
    two.change(0, { originalText: 'made by hand, and' })
    two.change(1, { originalText: 'well made by hand' })
    expect(two.meet()).toMatchObject({ originalText: 'well made by hand, and' })
  })
})

describe('an arrow between two shapes', () => {
  const at = (x: number, y: number) => valuesOf({ type: 'rectangle', x, y, width: 100, height: 50 })!
  const tie = (elementId: string) => ({ elementId, focus: 0, gap: 5 })
  const tied = {
    type: 'arrow',
    x: 105,
    y: 25,
    points: [
      [0, 0],
      [190, 0],
    ],
    startBinding: tie('a'),
    endBinding: tie('b'),
  }

  function twoBoxes() {
    const docs = [new Y.Doc(), new Y.Doc()] as const
    createElement(docs[0], 'a', at(0, 0))
    createElement(docs[0], 'b', at(300, 0))
    createElement(docs[0], 'arrow', valuesOf(tied)!)
    Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0]))
    /** Moves a shape; as Excalidraw does it, both ends of the arrow are put in place anew. */
    const move = (doc: Y.Doc, id: string, [x, y]: [number, number], ends: [[number, number], [number, number]]) => {
      writeKeys(doc, id, new Map([['xy', [x, y]]]))
      writeKeys(doc, 'arrow', new Map(Object.entries({ from: ends[0], to: ends[1] })))
    }
    const meet = () => {
      Y.applyUpdate(docs[0], Y.encodeStateAsUpdate(docs[1]))
      Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0]))
      return docs.map((doc) => new SceneReader(doc).read('arrow')?.keys)
    }
    return { docs, move, meet }
  }

  test.each([0, 1])('follows both when each is moved by another (%i)', (first) => {
    const { docs, move, meet } = twoBoxes()
    const [a, b] = first === 0 ? docs : [docs[1], docs[0]]
    move(
      a,
      'a',
      [0, 400],
      [
        [105, 425],
        [295, 30],
      ],
    )
    move(
      b,
      'b',
      [500, 0],
      [
        [105, 20],
        [495, 25],
      ],
    )
    const [one, other] = meet()
    expect(one).toEqual(other)
    // Beside the boxes: where exactly depends on whose word came last.
    expect(one?.from).toEqual([105, expect.closeTo(422.5, -1)])
    expect(one?.to).toEqual([495, expect.closeTo(27.5, -1)])
  })

  test('is shown as it was written to whoever saw the shapes as they are, and follows a shape that only moved', () => {
    const { docs, move } = twoBoxes()
    const read = () => new SceneReader(docs[0]).read('arrow')?.keys
    move(
      docs[0],
      'a',
      [0, 400],
      [
        [105, 425],
        [295, 30],
      ],
    )
    expect(read()).toMatchObject({ from: [105, 425], to: [295, 30] })
    writeKeys(docs[0], 'b', new Map([['xy', [310, 7]]]))
    expect(read()).toMatchObject({ from: [105, 425], to: [305, 37] })
    writeKeys(docs[0], 'b', new Map([['wh', [200, 100]]]))
    expect(read()).toMatchObject({ from: [105, 425], to: [305, 67] })
  })

  test('does not follow a shape that it is no longer tied to', () => {
    const { docs } = twoBoxes()
    writeKeys(docs[0], 'arrow', new Map([['endBinding', tie('a')]]))
    writeKeys(docs[0], 'b', new Map([['xy', [900, 900]]]))
    expect(new SceneReader(docs[0]).read('arrow')?.keys).toMatchObject({
      to: [295, 25],
      endBinding: { elementId: 'a' },
    })
  })
})

describe('what is deleted', () => {
  test('stays deleted, also when the two deleted it both', () => {
    const two = new Two({ type: 'rectangle' })
    two.change(0, { isDeleted: true })
    two.change(1, { isDeleted: true })
    expect(two.meet().isDeleted).toBe(true)
  })

  test.each([
    ['its colour', { strokeColor: '#e03131' }],
    ['its place', { x: 500 }],
    ['its words', { originalText: 'no, wait' }],
  ])('comes back when somebody changed %s, whom the deleter did not hear', (_what, changes) => {
    const two = new Two({ type: 'text', originalText: 'wait' })
    two.change(0, { isDeleted: true })
    two.change(1, changes)
    expect(two.meet()).toMatchObject({ ...changes, isDeleted: false })
    two.change(1, { isDeleted: true })
    expect(two.meet().isDeleted).toBe(true)
  })

  test('comes back with a stroke that went on', () => {
    const two = new Two({
      type: 'freedraw',
      points: [
        [0, 0],
        [5, 5],
      ],
      pressures: [],
    })
    two.change(0, { isDeleted: true })
    two.change(1, {
      points: [
        [0, 0],
        [5, 5],
        [9, 9],
      ],
    })
    expect(two.meet()).toMatchObject({ isDeleted: false, points: { length: 3 } })
  })

  test('does not come back for what follows from the rest, or for another place in the stack', () => {
    const two = new Two({ type: 'text', originalText: 'wait', width: 40, height: 25 })
    two.change(0, { isDeleted: true })
    two.change(1, { width: 44, index: 'a5' })
    expect(two.meet().isDeleted).toBe(true)
  })

  test('is deleted whatever happened when a client of ten lines says so', () => {
    const two = new Two({ type: 'rectangle' })
    ;(elementsOf(two.docs[0]).get('e') as Y.Map<unknown>).set('isDeleted', true)
    two.change(1, { x: 500 })
    expect(two.meet().isDeleted).toBe(true)
  })

  test('stays what somebody went on with, also when it looks as it was deleted in the end', () => {
    const two = new Two({ type: 'rectangle', x: 2, y: 0 })
    two.change(0, { isDeleted: true })
    Y.applyUpdate(two.docs[1], Y.encodeStateAsUpdate(two.docs[0]))
    const write = (x: number) => writeKeys(two.docs[1], 'e', new Map([['xy', [x, 0]]]))
    write(7)
    write(2)
    expect(two.meet()).toMatchObject({ x: 2, isDeleted: false })
  })

  test('is a label that only went along with its shape', () => {
    const two = new Two({ type: 'text', originalText: 'wait', containerId: 'box' })
    two.change(0, { isDeleted: true })
    two.change(1, { x: 500, angle: 1 })
    expect(two.meet().isDeleted).toBe(true)
  })

  test('is a text without words, until somebody writes in it', () => {
    const two = new Two({ type: 'text', originalText: 'wait' })
    two.change(0, { originalText: '' })
    expect(two.meet().isDeleted).toBe(true)
    two.change(1, { originalText: 'no', isDeleted: false })
    expect(two.meet()).toMatchObject({ isDeleted: false, originalText: 'no' })
    two.change(0, { originalText: ' \n ' })
    expect(two.meet().isDeleted).toBe(true)
  })

  test('comes back whoever says so', () => {
    const two = new Two({ type: 'rectangle' })
    two.change(0, { isDeleted: true })
    two.meet()
    two.change(1, { isDeleted: false })
    expect(two.meet().isDeleted).toBe(false)
  })
})

describe('a hint', () => {
  const fitOf = (doc: Y.Doc) => isFitFresh(findElement(doc, 'e')!, undefined)
  const measured = { type: 'text', originalText: 'tea', text: 'tea', width: 30, height: 25 }

  test('is one for what it was measured for, and for nothing else', () => {
    const two = new Two(measured)
    expect(fitOf(two.docs[0])).toBe(true)
    two.change(0, { originalText: 'green tea', text: 'green tea', width: 90 })
    two.change(1, { fontSize: 40, height: 50 })
    expect(two.docs.map(fitOf)).toEqual([true, true])
    two.meet()
    expect(two.docs.map(fitOf)).toEqual([false, false])
  })

  test('is for nothing when nobody has measured, or when the font was not there', () => {
    expect(fitOf(new Two({ ...measured, width: 0, height: 0 }).docs[0])).toBe(false)
    const two = new Two(measured)
    writeKeys(two.docs[0], 'e', new Map([['fit', [40, 25, null, UNTRUSTED]]]))
    expect(fitOf(two.docs[0])).toBe(false)
  })

  test('of an elbow arrow is out of date when an end has moved', () => {
    const two = new Two({ ...arrow, elbowed: true })
    const isFresh = () => new SceneReader(two.docs[0]).isRouteFresh('e')
    expect(isFresh()).toBe(true)
    two.change(0, {
      x: 30,
      points: [
        [0, 0],
        [30, 30],
        [80, 0],
      ],
    })
    two.change(1, {
      points: [
        [0, 0],
        [50, 30],
        [100, 70],
      ],
    })
    two.meet()
    expect(isFresh()).toBe(false)
  })
})

test('a deletion of words has a clock, so that somebody can say that the server has it', () => {
  const two = new Two({ type: 'text', originalText: 'too long', text: 'too long', width: 30, height: 25 })
  const before = Y.encodeStateVector(two.docs[0])
  writeKeys(two.docs[0], 'e', new Map([['words', 'long']]))
  expect(Y.encodeStateVector(two.docs[0])).not.toEqual(before)
})

test('a size or a way that one found without knowing what another did is nobody’s for long', () => {
  const doc = new Y.Doc()
  createElement(doc, 'e', valuesOf({ type: 'text', originalText: 'ab', text: 'ab', width: 20, height: 25 })!)
  const seen = findElement(doc, 'e')!
  writeKeys(doc, 'e', new Map<string, unknown>(Object.entries({ words: 'abc', fit: [30, 25, null, ''] })), {
    shown: seen,
  })
  expect(isFitFresh(findElement(doc, 'e')!, undefined)).toBe(true)
  writeKeys(doc, 'e', new Map<string, unknown>(Object.entries({ words: 'xab', fit: [30, 25, null, ''] })), {
    shown: seen,
  })
  expect(findElement(doc, 'e')!.keys.words).toBe('xabc')
  expect(isFitFresh(findElement(doc, 'e')!, undefined)).toBe(false)

  const elbow = { ...arrow, elbowed: true, fixedSegments: null }
  createElement(doc, 'a', valuesOf(elbow)!)
  const before = findElement(doc, 'a')!
  writeKeys(doc, 'a', new Map([['to', [300, 7]]]), { shown: before })
  const mine = new Map<string, unknown>(Object.entries({ from: [0, 0], route: [[[0, 30]], ''] }))
  writeKeys(doc, 'a', mine, { shown: before })
  expect(new SceneReader(doc).isRouteFresh('a')).toBe(false)
})

test('what came back because somebody changed it does not go when the change is taken back', () => {
  const two = new Two({ type: 'rectangle', strokeColor: '#1e1e1e' })
  two.change(0, { isDeleted: true })
  two.change(1, { strokeColor: '#e03131' })
  expect(two.meet().isDeleted).toBe(false)
  two.change(0, { strokeColor: '#1e1e1e' })
  expect(two.meet().isDeleted).toBe(false)
})
