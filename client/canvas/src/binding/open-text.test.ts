import fc from 'fast-check'
import { expect, test } from 'vitest'
import type * as Y from 'yjs'
import { storedWords } from '@sketchroom/shared/scene/document'
import type { HistoryStep } from './scene-view.ts'
import { Board } from './testing/board.ts'
import { TwoBoards } from './testing/two-boards.ts'

const TEXT = { id: 'text', type: 'text', text: 'one two', originalText: 'one two', width: 70, height: 25 }

/** Two people at a board with a text. */
class Two extends TwoBoards {
  constructor(text: object = TEXT) {
    super(new Board({ ...TEXT, ...text }))
  }

  /** What both see and both documents have; all of it, when that is not the same. */
  words(): string {
    const said = this.people.flatMap(({ view, stored }, i) => [
      view.wordsOf('text'),
      (stored.call(this.people[i], 'text') as unknown as { originalText: string }).originalText,
    ])
    return [...new Set(said)].join(' | ')
  }
}

test('an open text is stored about five times a second, and takes what others write without moving the caret', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.open('text')
  bob.view.open('text', 0)
  for (const letter of ' three') {
    ada.view.type(letter)
    two.pass(50)
  }
  expect(bob.view.wordsOf('text')).toMatch(/^one two t/)
  bob.view.type('zero ')
  two.pass(300)
  expect(two.words()).toBe('zero one two three')
  expect(ada.view.gesture.text?.caret).toBe('zero one two three'.length)
  ada.view.type('!')
  two.pass(300)
  expect(bob.view.gesture.text?.caret).toBe('zero '.length)
  expect(two.words()).toBe('zero one two three!')
  expect(ada.updates.length).toBeLessThan(6)
})

test('a letter that is not written yet is there when others write', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.open('text', 3)
  ada.view.type('X')
  two.pass(60)
  ada.view.type('Y')
  bob.view.open('text', 0)
  bob.view.type('b')
  two.pass(60)
  expect(ada.view.wordsOf('text')).toBe('boneXY two')
  expect(ada.view.gesture.text?.caret).toBe('boneXY'.length)
  two.pass(300)
  expect(two.words()).toBe('boneXY two')
})

test("others' words wait while an input method is in the middle of a word", () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.open('text')
  ada.view.isComposing = true
  ada.view.type('k')
  bob.view.open('text', 0)
  bob.view.type('b')
  two.pass(400)
  expect(ada.view.wordsOf('text')).toBe('one twok')
  ada.view.type('か', 1)
  ada.view.isComposing = false
  ada.view.onChange()
  two.pass(400)
  expect(two.words()).toBe('bone twoか')
})

test('a colour that another gives to an open text waits until it is closed, and is not taken back', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.open('text')
  bob.view.edit('text', { strokeColor: '#e03131' })
  bob.view.open('text', 0)
  bob.view.type('b')
  two.pass(300)
  expect(ada.view.get('text')).toMatchObject({ originalText: 'bone two', strokeColor: '#1e1e1e' })
  ada.view.type('a')
  two.pass(1_500)
  ada.view.release()
  bob.view.release()
  two.pass(300)
  expect(two.words()).toBe('bone twoa')
  expect(ada.view.get('text').strokeColor).toBe('#e03131')
  expect(ada.stored('text')?.strokeColor).toBe('#e03131')
})

test('the last letters before a text is closed are taken away from others too, when they were deleted there', () => {
  const two = new Two()
  const [ada, bob] = two.people
  bob.view.open('text')
  bob.view.type('XYZ')
  bob.view.release()
  two.pass(300)
  ada.view.open('text')
  ada.view.type('', 3)
  ada.view.release()
  two.pass(300)
  expect(two.words()).toBe('one two')
})

test('undo takes back the words of the person, and leaves what others have written between them', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.open('text')
  ada.view.type(' three')
  two.pass(300)
  ada.view.release()
  bob.view.open('text', 'one two th'.length)
  bob.view.type('BOB')
  bob.view.release()
  two.pass(300)
  expect(two.words()).toBe('one two thBOBree')
  // The editor's history knows the text before and after, as a whole.
  ada.view.edit('text', { originalText: 'one two', text: 'one two', width: 70 })
  two.pass(300)
  expect(two.words()).toBe('one twoBOB')
  ada.view.edit('text', { originalText: 'one two thBOBree', text: 'one two thBOBree', width: 170 })
  two.pass(300)
  expect(two.words()).toBe('one two thBOBree')
})

test('what others have deleted in the meantime does not come back with an undo or a redo', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.open('text')
  ada.view.type(' three')
  two.pass(300)
  ada.view.release()
  bob.view.open('text', 'one'.length)
  bob.view.type('', 'one'.length)
  bob.view.release()
  two.pass(300)
  expect(two.words()).toBe(' two three')
  ada.view.edit('text', { originalText: 'one two', text: 'one two', width: 70 })
  two.pass(300)
  expect(two.words()).toBe(' two')
  bob.view.open('text', ' two'.length)
  bob.view.type('', ' two'.length)
  bob.view.type('ten')
  bob.view.release()
  two.pass(300)
  ada.view.edit('text', { originalText: ' two three', text: ' two three', width: 100 })
  two.pass(300)
  expect(two.words()).toMatch(/^(ten three| threeten)$/)
})

test('words that another writes while an undo is not written yet stay', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.open('text')
  ada.view.type(' three')
  ada.view.release()
  two.pass(300)
  ada.view.edit('text', { strokeColor: '#e03131' })
  ada.clock.advance(50)
  ada.view.edit('text', { originalText: 'one two', text: 'one two', width: 70 })
  bob.view.open('text', 0)
  bob.view.type('b')
  bob.binding.flushNow()
  ada.clock.advance(20)
  expect(ada.view.wordsOf('text')).toBe('bone two')
  two.pass(300)
  expect(two.words()).toBe('bone two')
})

test('what else a person changes in an open text is written too, once a second', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.open('text')
  ada.view.edit('text', { fontSize: 28 })
  ada.clock.advance(100)
  ada.view.edit('text', { fontSize: 36 })
  ada.view.type('x')
  two.pass(250)
  expect(bob.view.get('text')).toMatchObject({ originalText: 'one twox', fontSize: 28 })
  bob.view.open('text', 0)
  bob.view.type('b')
  two.pass(250)
  expect(ada.view.get('text')).toMatchObject({ originalText: 'bone twox', fontSize: 36 })
  two.pass(1_000)
  expect(ada.stored('text')).toMatchObject({ originalText: 'bone twox', fontSize: 36 })
})

test('a word that takes the place of a text is whole, whatever letters both have, and so is the word of another', () => {
  const two = new Two({ text: 'jby', originalText: 'jby' })
  const [ada, bob] = two.people
  two.setOnline(false)
  for (const [{ view }, word] of [
    [ada, 'jcy'],
    [bob, 'jny'],
  ] as const) {
    view.open('text')
    view.type(word[0]!, 'jby'.length)
    two.pass(250)
    for (const letter of word.slice(1)) view.type(letter)
    view.release()
  }
  two.pass(300)
  two.setOnline(true)
  two.pass(300)
  expect(two.words()).toMatch(/^(jcyjny|jnyjcy)$/)
})

test('an undo of a word that took the place of a text brings that text back, and no letter into the word of another', () => {
  const two = new Two({ text: 'jby', originalText: 'jby' })
  const [ada, bob] = two.people
  ada.view.open('text')
  ada.view.type('jcy', 'jby'.length)
  ada.view.release()
  two.pass(300)
  bob.view.open('text')
  bob.view.type('jny', 'jcy'.length)
  bob.view.release()
  two.pass(300)
  expect(two.words()).toBe('jny')
  ada.view.edit('text', { originalText: 'jby', text: 'jby', width: 30 })
  two.pass(300)
  expect(two.words()).toMatch(/^(jbyjny|jnyjby)$/)
  bob.view.edit('text', { originalText: 'jcy', text: 'jcy', width: 30 })
  two.pass(300)
  expect(two.words()).toMatch(/^(jbyjcy|jcyjby)$/)
})

test('the letters of a word stay together when others take the place of all that stands around them', () => {
  const two = new Two({ text: 'jay jby', originalText: 'jay jby' })
  const [ada, bob] = two.people
  two.setOnline(false)
  ada.view.open('text', 'jay '.length)
  ada.view.type('jj')
  bob.view.open('text')
  bob.view.type('jbjy', 'jay jby'.length)
  two.pass(250)
  ada.view.type('j')
  two.setOnline(true)
  two.pass(20)
  ada.view.type('u')
  two.pass(300)
  expect(two.words()).toMatch(/^(jjjujbjy|jbjyjjju)$/)
})

test('a caret knows on which of two sides of the same letters others have written', () => {
  const two = new Two({ text: 'aaaa', originalText: 'aaaa' })
  const [ada, bob] = two.people
  ada.view.open('text', 2)
  bob.view.open('text', 0)
  bob.view.type('a')
  two.pass(300)
  expect(two.words()).toBe('aaaaa')
  expect(ada.view.gesture.text?.caret).toBe(3)
  bob.view.open('text', 2)
  bob.view.type('', 2)
  bob.binding.flushNow()
  two.pass(300)
  expect(two.words()).toBe('aaa')
  expect(ada.view.gesture.text?.caret).toBe(1)
  // All in one update: before the caret, and behind it.
  const words = storedWords(bob.doc, 'text') as Y.Text
  bob.doc.transact(() => {
    words.insert(0, 'a')
    words.insert(4, 'b')
  })
  two.pass(300)
  expect(two.words()).toBe('aaaab')
  expect(ada.view.gesture.text?.caret).toBe(2)
})

test.each([
  ['online', true],
  ['offline', false],
])(
  'of 100 random pairs of edits %s, every letter that was inserted and not deleted is there, at both',
  (_, isOnline) => {
    const edit = fc.record({
      person: fc.constantFrom(0 as const, 1 as const),
      at: fc.nat({ max: 1_000 }),
      deleted: fc.nat({ max: 3 }),
      inserted: fc.nat({ max: 4 }),
      wait: fc.constantFrom(0, 10, 60, 250, 1_200),
      closes: fc.boolean(),
    })
    let runs = 0
    fc.assert(
      fc.property(fc.array(edit, { minLength: 2, maxLength: 12 }), (edits) => {
        runs++
        // Each letter is another, so that one can be told from the others.
        let next = 0xe000
        const letters = (count: number) => Array.from({ length: count }, () => String.fromCharCode(next++)).join('')
        const original = letters(8)
        const two = new Two({ text: original, originalText: original })
        const there = new Set(original)
        two.setOnline(isOnline)
        for (const { person, at, deleted, inserted, wait, closes } of edits) {
          const { view } = two.people[person]
          const words = view.wordsOf('text')
          const caret = at % (words.length + 1)
          view.open('text', caret)
          const taken = Math.min(deleted, caret)
          const typed = letters(inserted)
          for (const letter of words.slice(caret - taken, caret)) there.delete(letter)
          for (const letter of typed) there.add(letter)
          if (taken + inserted > 0) view.type(typed, taken)
          if (closes) view.release()
          two.pass(wait)
        }
        for (const { view } of two.people) view.release()
        two.pass(2_000)
        two.setOnline(true)
        two.pass(2_000)
        expect(two.words().split('').sort()).toEqual([...there].sort())
      }),
      { numRuns: 100 },
    )
    expect(runs).toBeGreaterThanOrEqual(100)
  },
)

test('a text of which an undo leaves no word is gone for the one who has undone it, too', () => {
  const two = new Two()
  const [ada] = two.people
  ada.view.step = 'undo'
  ada.view.edit('text', { originalText: '', text: '' })
  ada.view.step = undefined
  two.pass(1_000)
  for (const { view } of two.people) expect(view.get('text').isDeleted).toBe(true)
})

test('a text that came to nothing, and that the history brings back, is put away again', () => {
  const board = new Board()
  const { view, clock } = board
  view.do({ kind: 'create', type: 'text', at: [0, 0] })
  const { id } = view.elements.at(-1)!
  view.edit(id, { originalText: '', text: '', isDeleted: true })
  clock.advance(1_000)
  view.step = 'redo'
  view.edit(id, { isDeleted: false })
  view.step = undefined
  clock.advance(1_000)
  expect(view.get(id).isDeleted).toBe(true)
  expect(board.stored(id)).toBeUndefined()
})

test('who takes back a text in which another has written takes back their own words', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.do({ kind: 'create', type: 'text', at: [0, 0] })
  two.pass(300)
  const id = ada.view.elements.at(-1)!.id
  expect(ada.view.wordsOf(id)).toBe('new')
  bob.view.edit(id, { originalText: 'new bob', text: 'new bob' })
  two.pass(300)
  ada.view.step = 'undo'
  ada.view.edit(id, { isDeleted: true })
  ada.view.step = undefined
  two.pass(1_000)
  for (const { view } of two.people) expect(view.get(id)).toMatchObject({ isDeleted: false, originalText: ' bob' })
  // Who deletes it means all of it.
  ada.view.edit(id, { isDeleted: true })
  two.pass(1_000)
  for (const { view } of two.people) expect(view.get(id).isDeleted).toBe(true)
})

test('who deletes a text in which another has written, takes that back and does it again, means all of it', () => {
  const two = new Two()
  const [ada, bob] = two.people
  bob.view.edit('text', { originalText: 'one two bob', text: 'one two bob' })
  two.pass(300)
  const set = (isDeleted: boolean, step?: HistoryStep) => {
    ada.view.step = step
    ada.view.edit('text', { isDeleted })
    ada.view.step = undefined
    two.pass(1_000)
  }
  set(true)
  set(false, 'undo')
  for (const { view } of two.people) expect(view.get('text').isDeleted).toBe(false)
  set(true, 'redo')
  for (const { view } of two.people) expect(view.get('text').isDeleted).toBe(true)
})

test('who has deleted a text that they made, and then takes back all that they did, takes out their own words alone', () => {
  const two = new Two()
  const [ada, bob] = two.people
  ada.view.do({ kind: 'create', type: 'text', at: [0, 0] })
  two.pass(300)
  const id = ada.view.elements.at(-1)!.id
  const set = (isDeleted: boolean, step?: HistoryStep) => {
    ada.view.step = step
    ada.view.edit(id, { isDeleted })
    ada.view.step = undefined
    two.pass(1_000)
  }
  set(true)
  set(false, 'undo')
  bob.view.edit(id, { originalText: 'new bob', text: 'new bob' })
  two.pass(300)
  set(true, 'undo')
  for (const { view } of two.people) expect(view.get(id)).toMatchObject({ isDeleted: false, originalText: ' bob' })
})
