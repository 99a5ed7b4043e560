import { expect, test } from 'vitest'
import type { Person } from '@sketchroom/canvas'
import { othersOnce } from './others-once.ts'

const person = (clientId: number, name: string, changes: Partial<Person> = {}): Person => ({
  clientId,
  user: { id: name.toLowerCase(), name, color: '#e03131' },
  isSelf: false,
  activity: 'active',
  followed: false,
  ...changes,
})

test('each other person appears once, by name, and one is not among them in any tab', () => {
  const people = [
    person(1, 'Me', { isSelf: true }),
    person(2, 'Me'),
    person(3, 'Lin'),
    person(4, 'Ada', { activity: 'away' }),
    person(5, 'Ada', { activity: 'idle' }),
  ]
  expect(othersOnce(people).map(({ clientId }) => clientId)).toEqual([5, 3])
})

test('of a person with several tabs the followed one stands for them', () => {
  const people = [person(1, 'Ada'), person(2, 'Ada', { activity: 'away', followed: true })]
  expect(othersOnce(people).map(({ clientId }) => clientId)).toEqual([2])
})
