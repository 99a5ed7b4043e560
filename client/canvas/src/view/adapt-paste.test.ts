import { expect, test } from 'vitest'
import { valuesOf } from '@sketchroom/shared/scene/codec'
import { adaptPaste } from './adapt-paste.ts'

test('a kind that nobody here knows becomes a placeholder that stands for it', () => {
  const note = { id: 'n', type: 'stickynote', x: 1, y: 2, width: 90, height: 80, text: 'Hi', version: 3 }
  const [placeholder] = adaptPaste([note])
  expect(placeholder).toMatchObject({ id: 'n', type: 'rectangle', x: 1, y: 2, width: 90, height: 80 })
  expect(valuesOf(placeholder!)).toMatchObject({ type: 'stickynote', keys: { rest: { text: 'Hi' } } })
})

test('a binding gets what it lacks, and keeps what it says beyond that', () => {
  const arrow = {
    id: 'a',
    type: 'arrow',
    startBinding: { elementId: 'box', mode: 'orbit', fixedPoint: [0.5, 0.5] },
    endBinding: null,
  }
  const [adapted] = adaptPaste([arrow])
  expect(adapted).toMatchObject({
    startBinding: { elementId: 'box', mode: 'orbit', fixedPoint: [0.5, 0.5], focus: 0, gap: expect.any(Number) },
    endBinding: null,
  })
})

test.each(['image', 'embeddable', 'draw'])('the editor’s own %s is left to the editor', (type) => {
  const element = { id: 'e', type, x: 0, y: 0, width: 5, height: 5 }
  expect(adaptPaste([element])).toEqual([element])
})
