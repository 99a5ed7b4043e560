import { roomIdSchema } from '@sketchroom/shared/ids'
import { expect, test } from 'vitest'
import { QueuedBytes } from './queued-bytes.ts'

const room = (n: number) => roomIdSchema.parse(`room-${`${n}`.padStart(6, '0')}`)
const [mine, theirs] = [room(1), room(2)]

test('who fills the line before the store cannot have others turned away, in one room or in many', () => {
  const one = new QueuedBytes(1_000)
  one.add(theirs, 'eve', 1_100)
  expect([one.isTooMuch(theirs, 'eve'), one.isTooMuch(mine, 'ada')]).toEqual([true, false])
  one.add(mine, 'ada', 100)
  expect(one.isTooMuch(mine, 'ada')).toBe(false)

  const many = new QueuedBytes(1_000)
  for (let n = 10; n < 120; n++) many.add(room(n), 'eve', 10)
  // In each of them she has next to nothing.
  expect([many.isTooMuch(room(10), 'eve'), many.isTooMuch(room(200), 'eve')]).toEqual([true, true])
  many.add(mine, 'ada', 100)
  many.add(mine, 'bob', 100)
  expect([many.isTooMuch(mine, 'ada'), many.isTooMuch(mine, 'cleo')]).toEqual([false, false])
})

test('who draws in a room that another has filled is turned away with them', () => {
  const queued = new QueuedBytes(1_000)
  queued.add(theirs, 'eve', 1_100)
  expect(queued.isTooMuch(theirs, 'ada')).toBe(true)
})

test('at twice as much as is fair, everybody is turned away, and when it has drained, nobody', () => {
  const queued = new QueuedBytes(1_000)
  queued.add(theirs, 'eve', 2_100)
  expect(queued.isTooMuch(mine, 'ada')).toBe(true)
  queued.add(theirs, 'eve', -2_100)
  expect(queued.isTooMuch(theirs, 'eve')).toBe(false)
})
