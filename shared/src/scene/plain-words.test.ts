import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { elementsOf, findElement, writeKeys } from './document.ts'

/** Somebody's copy of a board with a text, which survives reloads. */
class Person {
  doc = new Y.Doc()

  constructor(board: Y.Doc) {
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(board))
  }

  get words(): string {
    return findElement(this.doc, 't')?.keys.words as string
  }

  write(words: string): void {
    writeKeys(this.doc, 't', new Map([['words', words]]))
  }

  reload(): void {
    const doc = new Y.Doc()
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(this.doc))
    this.doc = doc
  }
}

/** A board with a text as a client of ten lines writes it. */
function boardWith(keys: object): Y.Doc {
  const board = new Y.Doc()
  elementsOf(board).set('t', new Y.Map(Object.entries({ type: 'text', ...keys })))
  return board
}

function meet(people: readonly Person[]): void {
  for (const to of people) for (const from of people) Y.applyUpdate(to.doc, Y.encodeStateAsUpdate(from.doc))
  for (const { words } of people) expect(words).toBe(people[0]?.words)
}

const created = new TextEncoder().encode(JSON.stringify({ type: 'text', words: 'buy milk' }))

test.each([
  ['a plain string', { words: 'buy milk' }],
  ['a part of how the element was created', { o: created }],
  ['a plain string in place of what it was created with', { o: created, words: 'buy milk' }],
])('first changes at the same time are all there, once, when the words are %s', (_, keys) => {
  const board = boardWith(keys)
  const people = [new Person(board), new Person(board), new Person(board)] as const
  people[0].write('buy oat milk')
  people[1].write('buy milk today')
  people[2].write('please buy milk')
  for (const person of people) person.reload()
  meet(people)
  expect(people[0].words).toBe('please buy oat milk today')
  people[1].write('please buy oat milk')
  people[2].write('please, buy oat milk today')
  meet(people)
  expect(people[0].words).toBe('please, buy oat milk')
})

test('words that nobody has written yet are begun by two', () => {
  const board = boardWith({})
  const people = [new Person(board), new Person(board)] as const
  people[0].write('one')
  people[1].write('two')
  meet(people)
  expect(['onetwo', 'twoone']).toContain(people[0].words)
})

test('a string that was written since is another text: who did not know it does not change it', () => {
  const board = boardWith({ words: 'buy milk' })
  const [ada, bob] = [new Person(board), new Person(board)]
  ;(elementsOf(ada.doc).get('t') as Y.Map<unknown>).set('words', 'sell milk')
  ada.write('sell milk again')
  bob.write('buy milk today')
  meet([ada, bob])
  expect(['sell milk again', 'buy milk today']).toContain(ada.words)
})

test('two texts that say the same are two', () => {
  const board = boardWith({ words: 'milk' })
  elementsOf(board).set('other', new Y.Map(Object.entries({ type: 'text', words: 'milk' })))
  const [ada, bob] = [new Person(board), new Person(board)]
  ada.write('oat milk')
  writeKeys(bob.doc, 'other', new Map([['words', 'rye milk']]))
  meet([ada, bob])
  for (const { doc, words } of [ada, bob]) {
    expect([words, findElement(doc, 'other')?.keys.words]).toEqual(['oat milk', 'rye milk'])
  }
})

test('somebody who has the name that the text would have loses nothing', () => {
  const board = boardWith({ words: 'buy milk' })
  const probe = new Person(board)
  probe.write('buy oat milk')
  const known = new Set([board.clientID, probe.doc.clientID])
  const namesake = new Person(board)
  namesake.doc.clientID = [...probe.doc.store.clients.keys()].find((client) => !known.has(client)) ?? 0
  elementsOf(namesake.doc).set('one', new Y.Map([['type', 'rectangle']]))
  const ada = new Person(namesake.doc)
  ada.write('buy oat milk')
  elementsOf(namesake.doc).set('another', new Y.Map([['type', 'rectangle']]))
  meet([ada, namesake])
  for (const { doc, words } of [ada, namesake]) expect([words, elementsOf(doc).size]).toEqual(['buy oat milk', 3])
})

test('whatever two people make of a plain string first, what each inserted is there, at both', () => {
  let runs = 0
  // None that the two insert, which could otherwise stay where it was.
  const letters = fc.string({ unit: fc.constantFrom('0', '1', ' ', '\n', 'é', '👍🏽'), maxLength: 12 })
  fc.assert(
    fc.property(letters, fc.nat(12), fc.nat(12), fc.nat(4), fc.nat(4), (words, at, theirAt, cut, theirCut) => {
      runs++
      const people = [new Person(boardWith({ words })), new Person(new Y.Doc())] as const
      meet(people)
      const edit = (place: number, deleted: number, inserted: string) => {
        const units = Array.from(people[0].words)
        units.splice(Math.min(place, units.length), deleted, inserted)
        return units.join('')
      }
      const [mine, theirs] = [edit(at, cut, '<mine>'), edit(theirAt, theirCut, '[theirs]')]
      people[0].write(mine)
      people[1].write(theirs)
      people[0].reload()
      meet(people)
      expect(people[0].words).toContain('<mine>')
      expect(people[0].words).toContain('[theirs]')
    }),
    { numRuns: 200 },
  )
  expect(runs).toBeGreaterThanOrEqual(200)
})
