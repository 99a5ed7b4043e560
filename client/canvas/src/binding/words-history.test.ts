import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { WordsHistory } from './words-history.ts'

/** A person's document, what they do to its texts, and the history of that. */
class Person {
  readonly doc = new Y.Doc()
  readonly history = new WordsHistory(this)

  text(id = 'text'): Y.Text {
    return this.doc.getText(id)
  }

  begin(target: string): void {
    this.history.begin('text', this.text(), target)
  }

  write(write: (text: Y.Text) => void): void {
    this.doc.transact(() => write(this.text()), this)
  }

  undo(target: string, shown: string): boolean {
    let isKnown = false
    this.write((text) => (isKnown = this.history.takeBack('text', text, target, shown)))
    return isKnown
  }
}

test('all that was written since a step was begun goes with it, and comes back with what the editor says then', () => {
  const ada = new Person()
  ada.write((text) => text.insert(0, 'one '))
  ada.begin('one ')
  ada.write((text) => text.insert(4, 'two '))
  ada.write((text) => text.insert(8, 'three '))
  ada.begin('one two three ')
  ada.write((text) => text.insert(14, 'four '))
  expect(ada.undo('one two three ', 'one two three four ')).toBe(true)
  expect(ada.text().toJSON()).toBe('one two three ')
  expect(ada.undo('one ', 'one two three ')).toBe(true)
  expect(ada.text().toJSON()).toBe('one ')
  expect(ada.undo('one two three ', 'one ')).toBe(true)
  expect(ada.text().toJSON()).toBe('one two three ')
  expect(ada.undo('one two three four ', 'one two three ')).toBe(true)
  expect(ada.text().toJSON()).toBe('one two three four ')
  expect(ada.undo('never said', 'one two three four ')).toBe(false)
})

test('a step of which others have left nothing takes no other step back', () => {
  const ada = new Person()
  ada.begin('')
  ada.write((text) => text.insert(0, 'one '))
  ada.begin('one ')
  ada.write((text) => text.insert(4, 'two '))
  ada.doc.transact(() => ada.text().delete(4, 4), 'somebody else')
  expect(ada.undo('one ', 'one ')).toBe(true)
  expect(ada.text().toJSON()).toBe('one ')
  expect(ada.undo('', 'one ')).toBe(true)
  expect(ada.text().toJSON()).toBe('')
})

test('what others write belongs to no step', () => {
  const ada = new Person()
  ada.begin('')
  ada.write((text) => text.insert(0, 'mine'))
  ada.doc.transact(() => ada.text().insert(2, 'THEIRS'), 'somebody else')
  expect(ada.undo('', 'miTHEIRSne')).toBe(true)
  expect(ada.text().toJSON()).toBe('THEIRS')
})

test('of a hundred texts the steps are known, and those that were used last', () => {
  const ada = new Person()
  const write = (id: string) => {
    ada.history.begin(id, ada.text(id), '')
    ada.doc.transact(() => ada.text(id).insert(0, 'words'), ada)
  }
  const takeBack = (id: string) => {
    let isKnown = false
    ada.doc.transact(() => (isKnown = ada.history.takeBack(id, ada.text(id), '', 'words')), ada)
    return isKnown
  }
  const ids = Array.from({ length: 100 }, (_, i) => `text ${i}`)
  ids.forEach(write)
  write('text 0')
  write('one more')
  expect(takeBack('text 1')).toBe(false)
  expect(takeBack('text 0')).toBe(true)
  expect(takeBack('text 99')).toBe(true)
})
