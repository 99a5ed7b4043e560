import { roomIdSchema, sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventBus } from '../events.ts'
import { AccessEpochs } from './access-epochs.ts'

const rooms = ['room-aaaaaa', 'room-bbbbbb', 'room-cccccc'].map((id) => roomIdSchema.parse(id))
const [roomA, roomB] = rooms as [(typeof rooms)[0], (typeof rooms)[0]]
const ada = userIdSchema.parse('ada')
const signIn = sessionIdSchema.parse('session-of-ada')

/** What each event does to the epochs of two rooms. */
function effectOf(emit: (events: EventBus) => void): { ofA: number; ofB: number } {
  const events = new EventBus()
  const epochs = new AccessEpochs(events)
  const [a, b] = [epochs.of(roomA), epochs.of(roomB)]
  emit(events)
  return { ofA: epochs.of(roomA) - a, ofB: epochs.of(roomB) - b }
}

test.for<[string, (events: EventBus) => void]>([
  ['a change of one person’s access', (events) => events.emit('accessChanged', roomA, ada)],
  ['a change of the link', (events) => events.emit('accessChanged', roomA, undefined)],
  ['deleting the room', (events) => events.emit('roomDeleted', roomA)],
])('%s raises the epoch of that room, and of no other', ([, emit]) => {
  expect(effectOf(emit)).toEqual({ ofA: 1, ofB: 0 })
})

test.for<[string, (events: EventBus) => void]>([
  ['signing out', (events) => events.emit('sessionRevoked', signIn)],
  ['a new name', (events) => events.emit('userRenamed', ada, 'Countess')],
])('%s raises every room’s epoch, since that person may be on the way into any', ([, emit]) => {
  expect(effectOf(emit)).toEqual({ ofA: 1, ofB: 1 })
})

test('whatever happens in whatever order, no epoch comes twice for a room whose access has changed', () => {
  type Happening = 'sign-out' | number
  const happening: fc.Arbitrary<Happening> = fc.oneof(fc.constant('sign-out' as const), fc.nat(rooms.length - 1))
  let runs = 0
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 50 }), (happenings) => {
      runs += 1
      const events = new EventBus()
      const epochs = new AccessEpochs(events)
      for (const each of happenings) {
        const before = rooms.map((roomId) => epochs.of(roomId))
        if (each === 'sign-out') events.emit('sessionRevoked', signIn)
        else events.emit('accessChanged', rooms[each] as (typeof rooms)[0], ada)
        rooms.forEach((roomId, index) => {
          const concerned = each === 'sign-out' || each === index
          expect(epochs.of(roomId) > (before[index] as number)).toBe(concerned)
        })
      }
    }),
  )
  expect(runs).toBe(100)
})

test('what was not heard of may have changed anything', () => {
  const epochs = new AccessEpochs(new EventBus())
  const before = rooms.map((roomId) => epochs.of(roomId))
  epochs.raiseAll()
  expect(rooms.map((roomId) => epochs.of(roomId))).toEqual(before.map((epoch) => epoch + 1))
})
