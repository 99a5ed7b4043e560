import type { SignedIn } from '@sketchroom/shared/api/auth'
import { roomSchema } from '@sketchroom/shared/api/rooms'
import { userIdSchema } from '@sketchroom/shared/ids'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { ApiError, OfflineError } from '../api/api-error.ts'
import type { Send } from '../api/http.ts'
import { createDeviceStorage, type DeviceStorage } from '../device/device-storage.ts'
import { findKnownRoom, keepKnownRooms, listKnownRooms } from '../device/known-rooms.ts'
import { findKnownUser } from '../device/known-user.ts'
import { memoryStorage } from '../device/memory-storage.testing.ts'
import { createSession } from './create-session.ts'
import type { Session } from './session.ts'
import { createQueue } from './tab-lock.ts'

const board = roomSchema.parse({
  id: 'a-board-of-the-past',
  name: 'Layoffs',
  slug: null,
  access: 'private',
  metadata: {},
  role: 'owner',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  deletedAt: null,
  present: [],
})
const account = { email: 'ada@example.org', password: 'correct horse', name: 'Ada' }

type Person = Pick<SignedIn['user'], 'id' | 'isGuest'>

const ada: Person = { id: userIdSchema.parse('ada'), isGuest: false }
const bob: Person = { id: userIdSchema.parse('bob'), isGuest: false }
const guest: Person = { id: userIdSchema.parse('guest'), isGuest: true }

let storage: DeviceStorage
let session: Session
/** Who signs in next, and whether the server still knows who was here. */
let next: Person
let isKnown: boolean
let isReached: boolean

beforeEach(() => {
  storage = createDeviceStorage(memoryStorage)
  const send = async ({ path }: { readonly path: string }) => {
    if (!isReached) throw new OfflineError(undefined)
    if (path.endsWith('/refresh') && !isKnown) throw new ApiError('unauthenticated', 401, 'Sign in.')
    const user = { ...next, name: next.id, email: null, color: '#e03131', createdAt: board.createdAt }
    return { user, accessToken: 'a token', expiresInSeconds: 900 }
  }
  session = createSession({ send: send as Send, storage, lock: createQueue() })
  isKnown = true
  isReached = true
})

/** Whether the board is remembered for whomever. */
const keepsBoard = () => [ada, bob, guest].some(({ id }) => listKnownRooms(storage, id).length > 0)

/** Somebody uses the browser, and this device keeps a board of theirs. */
async function use(person: Person): Promise<void> {
  next = person
  await (person.isGuest ? session.continueAsGuest() : session.signIn(account))
  keepKnownRooms(storage, [board])
}

async function endOnServer(): Promise<void> {
  isKnown = false
  await session.start()
  expect(session.state.get().kind).toBe('ended')
  isKnown = true
}

describe('what this device keeps', () => {
  test.each(['signIn', 'signUp'] as const)('goes when somebody else comes by %s', async (way) => {
    await use(ada)
    await endOnServer()
    next = bob
    await session[way](account)
    expect(keepsBoard()).toBe(false)
    expect(findKnownUser(storage)?.id).toBe('bob')
  })

  test('goes when an account signs in over another that is still signed in', async () => {
    await use(ada)
    next = bob
    await session.signIn(account)
    expect(keepsBoard()).toBe(false)
  })

  test('stays when a guest goes on where somebody was, and goes when somebody else signs in after that', async () => {
    await use(ada)
    await endOnServer()
    next = guest
    await session.continueAsGuest()
    expect(keepsBoard()).toBe(true)
    expect(findKnownRoom(storage, board.id)).toBeUndefined()
    await session.start()
    next = bob
    await session.signIn(account)
    expect(keepsBoard()).toBe(false)
  })

  test('stays when a guest goes on where somebody was, who then signs in again', async () => {
    await use(ada)
    await endOnServer()
    next = guest
    await session.continueAsGuest()
    next = ada
    await session.signIn(account)
    expect(keepsBoard()).toBe(true)
  })

  test('holds nobody up when the browser’s databases do not answer', async () => {
    vi.stubGlobal('indexedDB', { databases: () => new Promise(() => undefined) })
    onTestFinished(() => void vi.unstubAllGlobals())
    await use(ada)
    next = bob
    await session.signIn(account)
    expect(findKnownUser(storage)?.id).toBe('bob')
  })

  test('stays when the same person signs in again', async () => {
    await use(ada)
    await endOnServer()
    await session.signIn(account)
    expect(keepsBoard()).toBe(true)
  })

  test('stays when a guest signs in, because the account takes the boards over', async () => {
    await use(guest)
    next = ada
    await session.signIn(account)
    expect(findKnownRoom(storage, board.id)).toBeDefined()
    // What the guest has not sent is the account's to send.
    expect(findKnownUser(storage)?.guests).toEqual([guest.id])
    await session.start()
    expect(findKnownUser(storage)?.guests).toEqual([guest.id])
  })

  test('stays when a guest signs in whom the server could not be asked about until then', async () => {
    await use(guest)
    isReached = false
    await session.start()
    expect(session.state.get().kind).toBe('unreachable')
    isReached = true
    next = ada
    await session.signIn(account)
    expect(findKnownRoom(storage, board.id)).toBeDefined()
    expect(findKnownUser(storage)?.guests).toEqual([guest.id])
  })

  test('goes when the server no longer knows the guest, and nothing is taken over', async () => {
    await use(guest)
    await endOnServer()
    next = ada
    await session.signIn(account)
    expect(keepsBoard()).toBe(false)
  })
})
