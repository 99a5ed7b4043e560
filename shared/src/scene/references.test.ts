import { expect, test } from 'vitest'
import { valuesOf } from './codec.ts'
import { References } from './references.ts'

const arrow = (startId: string | null, endId: string | null, isDeleted = false) => {
  const end = (id: string | null) => id && { elementId: id, focus: 0, gap: 1 }
  return valuesOf({ type: 'arrow', startBinding: end(startId), endBinding: end(endId), isDeleted })
}

test('two arrows bound to one shape by two people both stay, texts come first', () => {
  const bound = new References()
  expect(bound.update('arrow2', arrow('box', 'other'))).toEqual(['box', 'other'])
  expect(bound.update('arrow1', arrow(null, 'box'))).toEqual(['box'])
  bound.update('label', valuesOf({ type: 'text', originalText: 'x', containerId: 'box' }))
  expect(bound.boundTo('box')).toEqual([
    { id: 'label', type: 'text' },
    { id: 'arrow1', type: 'arrow' },
    { id: 'arrow2', type: 'arrow' },
  ])
})

test('of two texts in one shape the first by id is its label', () => {
  const bound = new References()
  for (const id of ['ours', 'mine']) bound.update(id, valuesOf({ type: 'text', originalText: 'x', containerId: 'box' }))
  expect(bound.labelsOf('box')).toEqual(['mine', 'ours'])
  expect(bound.boundTo('box')).toEqual([{ id: 'mine', type: 'text' }])
})

test('what is deleted, gone or bound elsewhere lets go', () => {
  const bound = new References()
  bound.update('a', arrow('box', null))
  expect(bound.update('a', arrow('other', null))).toEqual(['box', 'other'])
  expect(bound.boundTo('box')).toBeNull()
  expect(bound.update('a', arrow('other', null, true))).toEqual(['other'])
  bound.update('a', arrow('other', null))
  expect(bound.update('a', undefined)).toEqual(['other'])
  expect(bound.boundTo('other')).toBeNull()
})

test('a frame hears when an arrow that is part of it is tied to it, and when it is no more', () => {
  const bound = new References()
  const inFrame = (isTied: boolean) => {
    const startBinding = isTied ? { elementId: 'frame', focus: 0, gap: 1 } : null
    return valuesOf({ type: 'arrow', frameId: 'frame', startBinding, endBinding: null })
  }
  expect(bound.update('arrow', inFrame(false))).toEqual(['frame'])
  expect(bound.update('arrow', inFrame(true))).toEqual(['frame'])
  expect(bound.boundTo('frame')).toEqual([{ id: 'arrow', type: 'arrow' }])
  expect(bound.update('arrow', inFrame(true))).toEqual([])
  expect(bound.update('arrow', inFrame(false))).toEqual(['frame'])
  expect(bound.boundTo('frame')).toBeNull()
})
