import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { applyEdits, editsBetween, moveEdits, shiftCaret } from './word-edits.ts'
import { writeWords } from './words.ts'

/** What comes out when two people change the same words: both's insertions, and neither what one of them deleted. */
function mergeWords(before: string, mine: string, theirs: string): string {
  return applyEdits(theirs, moveEdits(editsBetween(before, mine), editsBetween(before, theirs)))
}

function pair(words: string): [Y.Text, Y.Text] {
  const docs = [new Y.Doc(), new Y.Doc()] as const
  docs[0].getText('t').insert(0, words)
  Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0]))
  return [docs[0].getText('t'), docs[1].getText('t')]
}

function meet(a: Y.Text, b: Y.Text): string {
  Y.applyUpdate(a.doc!, Y.encodeStateAsUpdate(b.doc!))
  Y.applyUpdate(b.doc!, Y.encodeStateAsUpdate(a.doc!))
  expect(a.toJSON()).toBe(b.toJSON())
  return a.toJSON()
}

test('two people who write in one text at the same time both stay', () => {
  const [mine, theirs] = pair('buy milk and bread')
  writeWords(mine, 'buy oat milk and bread')
  writeWords(theirs, 'buy milk and rye bread')
  expect(meet(mine, theirs)).toBe('buy oat milk and rye bread')
})

test('what a person changes is told against what they saw, not against what others have written since', () => {
  const [text] = pair('one two')
  writeWords(text, 'one and a half two')
  writeWords(text, 'one two three', { shown: 'one two' })
  expect(text.toJSON()).toBe('one and a half two three')
  writeWords(text, 'two three', { shown: 'one two three' })
  expect(text.toJSON()).toBe('and a half two three')
})

test('a text whose words others have replaced keeps what is written into it', () => {
  const [text] = pair('a')
  writeWords(text, 'zzz')
  writeWords(text, 'abc', { shown: 'a' })
  expect(text.toJSON()).toMatch(/^(zzzbc|bczzz)$/)
})

test('a letter that is typed twice stands where the caret was', () => {
  const [mine, theirs] = pair('aa')
  // Typed between the two, beside the first: without the caret nobody could tell.
  writeWords(mine, 'aaa', { caret: 2 })
  writeWords(theirs, 'a|a')
  expect(meet(mine, theirs)).toMatch(/^a(a\||\|a)a$/)
  const [typed, other] = pair('aa')
  writeWords(typed, 'aaa', { caret: 3 })
  writeWords(other, 'a|a')
  expect(meet(typed, other)).toBe('a|aa')
})

test('an undo of a whole text takes back what its person wrote, and nothing of others', () => {
  const [mine, theirs] = pair('')
  writeWords(mine, 'mine ')
  meet(mine, theirs)
  writeWords(theirs, 'mine theirs')
  meet(mine, theirs)
  writeWords(mine, '', { ownOnly: true })
  expect(meet(mine, theirs)).toBe('theirs')
})

test('half a letter is never cut off, and what is no letter does not shift the places', () => {
  const [mine, theirs] = pair('👋👍')
  writeWords(mine, '👋👋')
  writeWords(theirs, '👋👍!')
  expect(meet(mine, theirs)).toMatch(/^👋(👋!|!👋)$/u)
  const [text] = pair('ab')
  text.insertEmbed(1, { picture: 'of nothing' })
  writeWords(text, 'abc')
  expect(text.toJSON()).toBe('abc')
})

test('whether something was inserted is told: a deletion alone has no clock', () => {
  const [text] = pair('abc')
  expect(writeWords(text, 'ac')).toBe(false)
  expect(writeWords(text, 'axc')).toBe(true)
})

const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '👋'), maxLength: 12 })

test('whatever two people do to one text, what each inserted and nobody deleted is there, at both', () => {
  let runs = 0
  fc.assert(
    fc.property(letters, fc.nat(12), fc.nat(12), fc.nat(4), fc.nat(4), (words, at, theirAt, cut, theirCut) => {
      runs++
      const [mine, theirs] = pair(words)
      const edit = (place: number, deleted: number, inserted: string) => {
        const units = Array.from(words)
        units.splice(Math.min(place, units.length), deleted, inserted)
        return units.join('')
      }
      writeWords(mine, edit(at, cut, '<mine>'))
      writeWords(theirs, edit(theirAt, theirCut, '[theirs]'))
      const merged = meet(mine, theirs)
      expect(merged).toContain('<mine>')
      expect(merged).toContain('[theirs]')
      expect(merged.isWellFormed()).toBe(true)
    }),
    { numRuns: 1_000 },
  )
  expect(runs).toBeGreaterThanOrEqual(1_000)
})

test('merging strings gives what the shared text gives, but for the order of what stands at one place', () => {
  fc.assert(
    fc.property(letters, letters, letters, (before, mine, theirs) => {
      const [a, b] = pair(before)
      writeWords(a, mine)
      writeWords(b, theirs)
      const sorted = (text: string) => Array.from(text).sort().join('')
      expect(sorted(mergeWords(before, mine, theirs))).toBe(sorted(meet(a, b)))
    }),
    { numRuns: 500 },
  )
})

test('who goes on with a word goes on with it, whatever somebody begins right behind it', () => {
  expect(mergeWords('alpha nn', 'alpha nn0', 'alpha nn mm1')).toBe('alpha nn0 mm1')
  const [text] = pair('alpha nn')
  writeWords(text, 'alpha nn mm1')
  writeWords(text, 'alpha nn0', { shown: 'alpha nn' })
  expect(text.toJSON()).toBe('alpha nn0 mm1')
})

test('two long texts that have nothing in common are compared in no time', () => {
  const [mine, theirs] = pair('👋'.repeat(10) + 'a'.repeat(50_000) + '👍')
  writeWords(theirs, `${theirs.toJSON()}!`)
  const edits = 'b'.repeat(50_000)
  const startedAt = performance.now()
  writeWords(mine, `${'👋'.repeat(10)}${edits}👍`)
  const tookMs = performance.now() - startedAt
  expect(meet(mine, theirs)).toBe(`${'👋'.repeat(10)}${edits}👍!`)
  // By letters it takes minutes.
  expect(tookMs).toBeLessThan(20_000)
})

test('a caret stays between the same letters when others write around it', () => {
  const shifted = (caret: number, before: string, after: string) => shiftCaret(caret, editsBetween(before, after))
  expect(shifted(3, 'one two', 'and one two')).toBe(7)
  expect(shifted(3, 'one two', 'one two three')).toBe(3)
  expect(shifted(3, 'one two', 'one+ two')).toBe(3)
  expect(shifted(5, 'one two', 'one')).toBe(3)
  expect(shifted(0, '', 'new')).toBe(0)
})
