import { roomIdSchema, sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import { beforeEach, expect, test } from 'vitest'
import { EventBus } from '../events.ts'
import { AccessEpochs } from './access-epochs.ts'
import type { Admission, Admitted, Approach } from './admission.ts'
import { rememberAdmissions } from './remembered-admission.ts'

const room = roomIdSchema.parse('room-aaaaaa')
const approach: Approach = { origin: undefined, host: 'board.example', tokenInUrl: false }
const userId = userIdSchema.parse('ada')
const sessionId = sessionIdSchema.parse('session-of-ada')

let clock: number
let asked: number
let events: EventBus
let admission: Admission

beforeEach(() => {
  clock = 1000
  asked = 0
  events = new EventBus()
  const epochs = new AccessEpochs(events)
  const reading: Admission = {
    recheck: () => Promise.reject(new Error('nobody asks again')),
    async admit(): Promise<Admitted> {
      const epoch = epochs.of(room)
      asked += 1
      const actor = { kind: 'user', userId, sessionId, expiresAt: 5000 } as const
      return {
        actor,
        role: 'editor',
        user: { id: userId, name: `Ada ${asked}`, color: '#000000' },
        isMember: true,
        epoch,
      }
    },
  }
  admission = rememberAdmissions(reading, { epochs, now: () => clock })
})

const nameOf = async (token = 'token', from = approach, roomId = room) =>
  (await admission.admit(token, roomId, from)).user.name

test('the same token, room and page are asked about once', async () => {
  expect([await nameOf(), await nameOf()]).toEqual(['Ada 1', 'Ada 1'])
  expect(await nameOf('another token')).toBe('Ada 2')
  expect(await nameOf('token', { ...approach, origin: 'https://host.example' })).toBe('Ada 3')
  expect(await nameOf('token', { ...approach, host: 'other.example' })).toBe('Ada 4')
  expect(await nameOf('token', { ...approach, tokenInUrl: true })).toBe('Ada 5')
  expect(await nameOf('token', approach, roomIdSchema.parse('room-bbbbbb'))).toBe('Ada 6')
  expect(await nameOf()).toBe('Ada 1')
})

test.for([
  ['access to the room', () => events.emit('accessChanged', room, undefined)],
  ['the room, deleted', () => events.emit('roomDeleted', room)],
  ['a sign-out', () => events.emit('sessionRevoked', sessionId)],
  ['a new name', () => events.emit('userRenamed', userId, 'Ada L.')],
] as const)('after a change (%s) everything is asked again', async ([, change]) => {
  await nameOf()
  change()
  expect([await nameOf(), await nameOf()]).toEqual(['Ada 2', 'Ada 2'])
})

test('a token that has ended is asked about again', async () => {
  await nameOf()
  clock = 5000
  expect(await nameOf()).toBe('Ada 2')
})

test('those who came longest ago are forgotten', async () => {
  await nameOf('first')
  for (let n = 0; n < 5_000; n++) await nameOf(`token ${n}`)
  expect(await nameOf('first')).toBe('Ada 5002')
})
