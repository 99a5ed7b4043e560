import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { elementsOf, findElement, writeKeys } from '@sketchroom/shared/scene/document'
import { FirstWords } from './first-words.ts'
import { Board } from './testing/board.ts'

/** Two people at a text that a hand-written client has made of a plain string. */
function twoAtPlainWords(words: string) {
  const docs = [new Y.Doc(), new Y.Doc()] as const
  elementsOf(docs[0]).set('t', new Y.Map(Object.entries({ type: 'text', words })))
  Y.applyUpdate(docs[1], Y.encodeStateAsUpdate(docs[0]))
  const people = docs.map((doc) => ({ doc, first: new FirstWords(doc) }))
  const write = (person: 0 | 1, now: string) => {
    const { doc, first } = people[person]!
    first.watch('t', () => writeKeys(doc, 't', new Map([['words', now]])))
  }
  const meet = () => {
    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ] as const) {
      Y.applyUpdate(docs[to], Y.encodeStateAsUpdate(docs[from], Y.encodeStateVector(docs[to])))
    }
  }
  const read = () => docs.map((doc) => findElement(doc, 't')?.keys.words)
  return { people, write, meet, read }
}

/** Two people at a board with such a text, who have met, and meet again when they are told to. */
function twoBoardsWith(words: string) {
  const [ada, bob] = [new Board(), new Board()]
  elementsOf(ada.doc).set('t', new Y.Map(Object.entries({ type: 'text', words })))
  const meet = () => {
    for (let round = 0; round < 3; round++) {
      Y.applyUpdate(bob.doc, Y.encodeStateAsUpdate(ada.doc), 'network')
      Y.applyUpdate(ada.doc, Y.encodeStateAsUpdate(bob.doc), 'network')
      for (const { clock } of [ada, bob]) clock.advance(1_000)
    }
  }
  meet()
  return { ada, bob, meet }
}

test('two first changes at the same time are both there, and only once', () => {
  const { people, write, meet, read } = twoAtPlainWords('buy milk')
  write(0, 'buy oat milk')
  write(1, 'buy milk today')
  meet()
  const rescues = ['buy oat milk', 'buy milk today'].flatMap((mine, i) => people[i]!.first.rescue('t', mine))
  expect(rescues).toHaveLength(1)
  for (const rescue of rescues) rescue()
  meet()
  expect(read()).toEqual(['buy oat milk today', 'buy oat milk today'])
  expect(people.flatMap(({ first }) => first.rescue('t', 'buy milk'))).toEqual([])
})

test('a text that is shared already needs no rescue', () => {
  const { people, write, meet, read } = twoAtPlainWords('one')
  write(0, 'one two')
  meet()
  write(0, 'one two three')
  write(1, 'zero one two')
  meet()
  expect(people.flatMap(({ first }) => first.rescue('t', 'anything'))).toEqual([])
  expect(read()).toEqual(['zero one two three', 'zero one two three'])
})

test('a text that is gone is left alone', () => {
  const { people, write } = twoAtPlainWords('one')
  write(0, 'one two')
  elementsOf(people[0]!.doc).delete('t')
  expect(people[0]!.first.rescue('t', 'one two')).toEqual([])
})

test('two people who have the same plain text open, and change it before they hear of each other', () => {
  const { ada, bob, meet } = twoBoardsWith('plan')
  for (const [person, letters] of [
    [ada, ' A'],
    [bob, ' B'],
  ] as const) {
    person.view.open('t')
    person.view.type(letters)
    person.clock.advance(250)
  }
  meet()
  for (const { view } of [ada, bob]) view.release()
  meet()
  const words = [ada, bob].map(({ view }) => view.wordsOf('t'))
  expect(words[0]).toBe(words[1])
  expect(words[0]?.split(' ').sort()).toEqual(['A', 'B', 'plan'])
})

test('two people at a board who change a plain text offline both find both changes there', () => {
  const { ada, bob, meet } = twoBoardsWith('buy milk')
  for (const [person, words] of [
    [ada, 'buy oat milk'],
    [bob, 'buy milk today'],
  ] as const) {
    person.view.open('t', words.length)
    person.view.edit('t', { originalText: words, text: words })
    person.clock.advance(1_000)
    person.view.release()
    person.clock.advance(1_000)
  }
  meet()
  expect([ada, bob].map(({ view }) => view.wordsOf('t'))).toEqual(['buy oat milk today', 'buy oat milk today'])
})
