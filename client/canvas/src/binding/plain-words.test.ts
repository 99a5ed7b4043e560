import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { elementsOf } from '@sketchroom/shared/scene/document'
import { TwoBoards } from './testing/two-boards.ts'

/** Two people, now offline, at a board with a text that a hand-written client has made of a plain string. */
function twoBoardsWith(words: string) {
  const two = new TwoBoards()
  const [ada, bob] = two.people
  elementsOf(ada.doc).set('t', new Y.Map(Object.entries({ type: 'text', words })))
  two.meet()
  return { ada, bob, meet: () => two.meet() }
}

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
