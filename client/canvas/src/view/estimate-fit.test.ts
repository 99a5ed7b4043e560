import { expect, test } from 'vitest'
import { estimateFit } from './estimate-fit.ts'

const text = (words: string) => ({ type: 'text', keys: { words, fontSize: 20, lineHeight: 1.25 } })
const setting = { letterWidth: 10, mark: '' }

test('a long text is as wide as its longest line and as high as its lines', () => {
  expect(estimateFit(text('four\nletters'), { ...setting, room: null })).toEqual([70, 50, null, ''])
})

test('its lines are broken at blanks, and where there is none, where they end', () => {
  const [width, height, wrapped] = estimateFit(text('some few words\nincomprehensible'), { ...setting, room: 95 })
  expect(wrapped).toBe('some few\nwords\nincompreh\nensible')
  expect([width, height]).toEqual([90, 100])
})

test('in a room for no letter there is one in each line', () => {
  expect(estimateFit(text('abc'), { ...setting, room: -3 })[2]).toBe('a\nb\nc')
})

test('a line of 100,000 letters without a blank has as many parts as it needs', () => {
  const words = 'x'.repeat(100_000)
  expect(estimateFit(text(words), { ...setting, room: 100 })[1]).toBe(10_000 * 25)
})
