import { expect, test } from 'vitest'
import { EditLog } from './edit-log.ts'

function typed(...letters: string[]): EditLog {
  const log = new EditLog()
  let words = ''
  for (const letter of letters) {
    log.note(words, [{ at: words.length, deleted: 0, inserted: letter }], words + letter)
    words += letter
  }
  return log
}

test('the way between two words is all that happened on it, from where it was last at the first', () => {
  expect(typed('a', 'b', 'c').between('a', 'abc')).toEqual([{ at: 1, deleted: 0, inserted: 'bc' }])
  const log = typed('a', 'b')
  log.note('ab', [{ at: 0, deleted: 2, inserted: 'a' }], 'a')
  log.note('a', [{ at: 0, deleted: 1, inserted: 'ab' }], 'ab')
  expect(log.between('a', 'ab')).toEqual([{ at: 0, deleted: 1, inserted: 'ab' }])
  // What was before has been asked for, and is over.
  expect(log.between('', 'ab')).toBeUndefined()
  expect(log.between('ab', 'ab')).toEqual([])
})

test('a way that nobody has seen begin, or end, is not known', () => {
  expect(typed('a', 'b').between('x', 'ab')).toBeUndefined()
  expect(typed('a', 'b').between('a', 'abx')).toBeUndefined()
})

test('a step that does not follow from the last, or does not make what it says, leaves nothing to go by', () => {
  const log = typed('a', 'b')
  log.note('xab', [{ at: 3, deleted: 0, inserted: 'c' }], 'xabc')
  expect(log.between('a', 'xabc')).toBeUndefined()
  expect(log.between('xab', 'xabc')).toEqual([{ at: 3, deleted: 0, inserted: 'c' }])
  const wrong = typed('a', 'b')
  wrong.note('ab', [{ at: 0, deleted: 0, inserted: 'c' }], 'abc')
  wrong.note('abc', [{ at: 3, deleted: 0, inserted: 'd' }], 'abcd')
  expect(wrong.between('a', 'abcd')).toBeUndefined()
})

test('a hundred steps are kept', () => {
  const letters = Array.from({ length: 101 }, (_, i) => String.fromCharCode(0xe000 + i))
  const all = letters.join('')
  expect(typed(...letters).between('', all)).toBeUndefined()
  expect(typed(...letters).between(letters[0]!, all)).toEqual([{ at: 1, deleted: 0, inserted: all.slice(1) }])
})
