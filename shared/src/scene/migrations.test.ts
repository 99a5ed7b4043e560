import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { prepareForWriting, schemaState } from './migrations.ts'

test('looking at a new document writes nothing; the first write stamps it', () => {
  const doc = new Y.Doc()
  expect(schemaState(doc)).toBe('new')
  expect(Y.encodeStateVector(doc)).toEqual(Y.encodeStateVector(new Y.Doc()))
  expect(prepareForWriting(doc)).toBe(true)
  expect(doc.getMap('meta').toJSON()).toEqual({ schema: 1 })
})

test('a newer document is refused and left as it is', () => {
  const doc = new Y.Doc()
  doc.getMap('meta').set('schema', 2)
  const before = Y.encodeStateVector(doc)
  expect(schemaState(doc)).toBe('newer')
  expect(prepareForWriting(doc)).toBe(false)
  expect(Y.encodeStateVector(doc)).toEqual(before)
})

test('an older document goes through the steps that it lacks, in order', () => {
  const doc = new Y.Doc()
  const meta = doc.getMap('meta')
  meta.set('schema', 2)
  const taken: number[] = []
  const step = (from: number) => ({ from, migrate: () => void taken.push(from) })
  expect(prepareForWriting(doc, [step(1), step(2), step(3)], 4)).toBe(true)
  expect(taken).toEqual([2, 3])
  expect(meta.get('schema')).toBe(4)
  prepareForWriting(doc, [step(1), step(2), step(3)], 4)
  expect(taken).toEqual([2, 3])
})
