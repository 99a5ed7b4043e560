import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isOrderKey, orderKeyBetween, orderKeysBetween } from './fractional-index.ts'
import { compareOrder, orderRepairs } from './order.ts'

test('keys are those of the fractional-indexing package', () => {
  expect(orderKeysBetween(null, null, 3)).toEqual(['a0', 'a1', 'a2'])
  expect(orderKeyBetween('a0', 'a1')).toBe('a0V')
  expect(orderKeyBetween(null, 'a0')).toBe('Zz')
  expect(orderKeyBetween('az', null)).toBe('b00')
  expect(orderKeyBetween('Zz', null)).toBe('a0')
  expect(orderKeyBetween(null, 'Y00')).toBe('Xzzz')
  expect(orderKeysBetween('a0', 'a1', 3)).toEqual(['a0G', 'a0V', 'a0l'])
})

test('a key can always be found between two others, at either end and in the middle', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 200 }), (places) => {
      const keys: string[] = []
      for (const place of places) {
        const at = place % (keys.length + 1)
        keys.splice(at, 0, orderKeyBetween(keys[at - 1] ?? null, keys[at] ?? null))
      }
      expect(keys.every(isOrderKey)).toBe(true)
      expect(keys).toEqual([...new Set(keys)].sort((a, b) => (a < b ? -1 : 1)))
    }),
  )
})

test('what is no key is told', () => {
  for (const value of [
    '',
    'a',
    'a00',
    'a0V0',
    'zz',
    '!',
    'a0-',
    `A${'0'.repeat(26)}`,
    null,
    5,
    `a0${'V'.repeat(300)}`,
  ]) {
    expect(isOrderKey(value)).toBe(false)
  }
})

test('repairs make the order strict, keep the first of equals and change nothing that was right', () => {
  const key = fc.option(fc.constantFrom('a0', 'a1', 'a1V', 'a2', 'b00'), { nil: null })
  fc.assert(
    fc.property(fc.array(key, { maxLength: 12 }), (indices) => {
      const placed = indices.map((index, i) => ({ id: `e${i}`, index })).sort(compareOrder)
      const repairs = orderRepairs(placed)
      const repaired = placed.map((element) => ({ ...element, index: repairs.get(element.id) ?? element.index! }))
      for (const [i, element] of repaired.entries()) {
        expect(isOrderKey(element.index)).toBe(true)
        if (i > 0) expect(element.index > repaired[i - 1]!.index).toBe(true)
      }
      const kept = placed.filter((element, i) => element.index !== null && element.index !== placed[i - 1]?.index)
      for (const element of kept) expect(repairs.has(element.id)).toBe(false)
    }),
  )
})

test('what was repaired stays so while the rest of a paste arrives piece by piece', () => {
  const pasted = orderKeysBetween('a0', null, 20).map((index, i) => ({ id: `pasted ${i}`, index }))
  let board = [
    { id: 'first', index: 'a0' },
    { id: 'zeroth by another', index: 'a1' },
  ]
  let repaired = 0
  for (const element of pasted) {
    board = [...board, element].sort(compareOrder)
    const repairs = orderRepairs(board)
    repaired += repairs.size
    board = board.map((each) => ({ ...each, index: repairs.get(each.id) ?? each.index }))
  }
  expect(repaired).toBe(1)
})
