import { expect, test } from 'vitest'
import { createElement } from '@sketchroom/shared/scene/document'
import { valuesOf } from '@sketchroom/shared/scene/codec'
import * as Y from 'yjs'
import { drawingFile } from './drawing-file.ts'

const shape = { type: 'rectangle', x: 10, y: 20, width: 100, height: 50 }

function drawing(...elements: ReadonlyArray<{ readonly id: string; readonly [key: string]: unknown }>): Y.Doc {
  const doc = new Y.Doc()
  for (const element of elements) {
    const values = valuesOf(element)
    if (!values) throw new Error('no such element')
    createElement(doc, element.id, values)
  }
  return doc
}

test('a drawing is written lowest first, labels with their shapes, without what was deleted', () => {
  const doc = drawing(
    { ...shape, id: 'upper', index: 'a2' },
    { ...shape, id: 'lower', index: 'a1' },
    { ...shape, id: 'gone', index: 'a0', isDeleted: true },
    { ...shape, id: 'label', type: 'text', text: 'Hi', originalText: 'Hi', index: 'a3', containerId: 'lower' },
  )
  const file = JSON.parse(drawingFile(doc, 'https://draw.example')) as { elements: unknown[] }
  expect(file).toMatchObject({ type: 'excalidraw', version: 2, source: 'https://draw.example', files: {} })
  expect(file.elements).toMatchObject([
    { id: 'lower', x: 10, width: 100, boundElements: [{ id: 'label', type: 'text' }] },
    { id: 'upper', boundElements: null },
    { id: 'label', originalText: 'Hi', containerId: 'lower' },
  ])
})
