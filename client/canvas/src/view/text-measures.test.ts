import { valuesOf } from '@sketchroom/shared/scene/codec'
import { type Fit, UNTRUSTED } from '@sketchroom/shared/scene/text-keys'
import { expect, test } from 'vitest'
import { TextMeasures } from './text-measures.ts'

const looks = { type: 'text', fontSize: 20, fontFamily: 5, autoResize: true }
const text = (words: string, more: object = {}) => valuesOf({ ...looks, originalText: words, text: words, ...more })!

/** What measures, and how often it has been asked. */
function measures(fit: Fit) {
  const asked = { times: 0 }
  const found = new TextMeasures(() => {
    asked.times++
    return fit
  })
  return { found, asked }
}

test('each of 5,000 texts is measured once, however often all of them are looked at', () => {
  const { found, asked } = measures([40, 25, null, ''])
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 5_000; i++) found.measure(text(`note ${i}`), undefined)
  }
  expect(asked.times).toBe(5_000)
})

test('a text is measured again for other words, another font, size or width, and for nothing else', () => {
  const { found, asked } = measures([40, 25, null, ''])
  for (const more of [{}, { x: 40 }, { strokeColor: '#e03131' }, { angle: 1 }, { opacity: 30 }]) {
    found.measure(text('Plan', more), undefined)
  }
  expect(asked.times).toBe(1)
  found.measure(text('Plans'), undefined)
  const wrapped = { autoResize: false, width: 90 }
  for (const more of [{ fontFamily: 6 }, { fontSize: 21 }, wrapped]) found.measure(text('Plan', more), undefined)
  expect(asked.times).toBe(5)
})

test('of long texts with their lines broken, what was not asked for longest is forgotten', () => {
  const { found, asked } = measures([40, 25, 'x'.repeat(100_000), ''])
  const measure = (i: number) => found.measure(text(`long ${i}`), undefined)
  for (let i = 0; i < 49; i++) measure(i)
  measure(0)
  expect(asked.times).toBe(49)
  for (let i = 49; i < 60; i++) measure(i)
  measure(0)
  expect(asked.times).toBe(60)
  measure(1)
  expect(asked.times).toBe(61)
})

test('what was measured without its font is measured again when fonts have come, and not before', () => {
  const { found, asked } = measures([40, 25, null, UNTRUSTED])
  for (let i = 0; i < 3; i++) found.measure(text('Plan'), undefined)
  expect(asked.times).toBe(1)
  found.fontsCame()
  for (let i = 0; i < 3; i++) found.measure(text('Plan'), undefined)
  expect(asked.times).toBe(2)
})
