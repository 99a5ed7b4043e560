import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyEdits, editsBetween, joinEdits, moveEdits, type WordEdit } from './word-edits.ts'

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 10 })

/** Some words, and what somebody did to them, place by place. */
const edited = letters.chain((words) => fc.tuple(fc.constant(words), editsOf(words)))

function editsOf(words: string): fc.Arbitrary<WordEdit[]> {
  const one = fc.record({
    keep: fc.nat(3),
    deleted: fc.nat(3),
    inserted: fc.string({ unit: 'grapheme', maxLength: 3 }),
  })
  return fc.array(one, { maxLength: 4 }).map((steps) => {
    const edits: WordEdit[] = []
    let at = 0
    for (const { keep, deleted, inserted } of steps) {
      at += keep + (edits.length > 0 ? 1 : 0)
      if (at > words.length) break
      const gone = Math.min(deleted, words.length - at)
      if (gone > 0 || inserted !== '') edits.push({ at, deleted: gone, inserted })
      at += gone
    }
    return edits
  })
}

test('what was found between two texts makes the one of the other', () => {
  fc.assert(
    fc.property(letters, letters, (before, after) => {
      expect(applyEdits(before, editsBetween(before, after))).toBe(after)
    }),
  )
})

test('two rounds of edits in one give what they give one after the other', () => {
  const rounds = edited.chain(([words, first]) =>
    fc.tuple(fc.constant(words), fc.constant(first), editsOf(applyEdits(words, first))),
  )
  fc.assert(
    fc.property(rounds, ([words, first, then]) => {
      expect(applyEdits(words, joinEdits(first, then))).toBe(applyEdits(applyEdits(words, first), then))
    }),
    { numRuns: 2_000 },
  )
})

test('a word that replaced another with the same letters is known as a whole', () => {
  const replaced: WordEdit[] = [{ at: 0, deleted: 3, inserted: 'j' }]
  const typedOn: WordEdit[] = [{ at: 1, deleted: 0, inserted: 'cy' }]
  expect(joinEdits(replaced, typedOn)).toEqual([{ at: 0, deleted: 3, inserted: 'jcy' }])
  expect(joinEdits(joinEdits(replaced, typedOn), [{ at: 0, deleted: 3, inserted: '' }])).toEqual([
    { at: 0, deleted: 3, inserted: '' },
  ])
})

test('it comes to the same whose edits are moved over whose, when one of the two gives way', () => {
  const two = letters.chain((words) => fc.tuple(fc.constant(words), editsOf(words), editsOf(words)))
  fc.assert(
    fc.property(two, ([words, mine, theirs]) => {
      const mineFirst = applyEdits(applyEdits(words, mine), moveEdits(theirs, mine, 'after'))
      const theirsFirst = applyEdits(applyEdits(words, theirs), moveEdits(mine, theirs, 'before'))
      expect(mineFirst).toBe(theirsFirst)
    }),
    { numRuns: 5_000 },
  )
})

test('of two same letters, the one was typed that stands before the caret', () => {
  expect(editsBetween('aa', 'aaa', 2)).toEqual([{ at: 1, deleted: 0, inserted: 'a' }])
  expect(editsBetween('aa', 'aaa', 3)).toEqual([{ at: 2, deleted: 0, inserted: 'a' }])
})

test('no letter that takes two units is cut, in texts too long to compare by letters either', () => {
  const [a, b] = ['a'.repeat(5_000), 'b'.repeat(5_000)]
  // These two begin alike, and the next two end alike.
  expect(editsBetween(`👋${a}`, `👍${b}`)).toEqual([{ at: 0, deleted: 5_002, inserted: `👍${b}` }])
  expect(editsBetween(`${a}\u{1F600}`, `${b}\u{1FA00}`)).toEqual([{ at: 0, deleted: 5_002, inserted: `${b}\u{1FA00}` }])
})
