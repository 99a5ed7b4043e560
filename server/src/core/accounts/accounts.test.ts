import { createHash, randomBytes } from 'node:crypto'
import { sessionIdSchema, userIdSchema } from '@sketchroom/shared/ids'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { MemoryAccountsStore } from '../../adapters/memory/memory-accounts-store.ts'
import { MemoryDocumentStore } from '../../adapters/memory/memory-document-store.ts'
import { MemoryRoomStore } from '../../adapters/memory/memory-room-store.ts'
import { createAccounts, type Accounts, type AccountsDeps, type SignIn } from './accounts.ts'
import type { UserActor } from './actor.ts'
import { EventBus } from '../events.ts'
import { createPasswords } from './passwords.ts'
import { createRooms, type Rooms } from '../rooms/rooms.ts'
import { createTokens } from './tokens.ts'

const DAY = 24 * 60 * 60 * 1000
const ada = { email: 'ada@example.org', password: 'correct horse', name: 'Ada' }
const passwords = createPasswords({ threads: 1, cost: 4 })
afterAll(() => passwords.close())

let accounts: Accounts
let rooms: Rooms
let roomStore: MemoryRoomStore
let clock: { now: number }
/** What live connections were told, in order. */
let heard: string[]

beforeEach(() => {
  clock = { now: 1_800_000_000_000 }
  heard = []
  const now = () => clock.now
  const events = new EventBus()
  events.on('sessionRevoked', (sessionId) => heard.push(`revoked ${sessionId}`))
  events.on('accessChanged', (roomId) => heard.push(`access ${roomId}`))
  events.on('guestTakenOver', (guest, account) => heard.push(`${guest} became ${account}`))
  events.on('userRenamed', (userId, name) => heard.push(`renamed ${userId} ${name}`))
  roomStore = new MemoryRoomStore()
  accounts = accountsOver(new MemoryAccountsStore(), { roomStore, events })
  rooms = createRooms({
    quota: { check: async () => undefined },
    store: roomStore,
    presence: { present: async () => new Map() },
    events,
    now,
  })
})

function accountsOver(
  store: MemoryAccountsStore,
  others: Partial<Pick<AccountsDeps, 'roomStore' | 'documents' | 'events'>> = {},
): Accounts {
  const now = () => clock.now
  const tokens = createTokens({ secret: 'a secret that only the tests know', now })
  return createAccounts({
    store,
    roomStore: new MemoryRoomStore(),
    documents: new MemoryDocumentStore(),
    events: new EventBus(),
    ...others,
    tokens,
    passwords,
    now,
  })
}

async function actorOf({ accessToken }: SignIn): Promise<UserActor> {
  const actor = await accounts.authenticate(accessToken)
  if (actor.kind !== 'user') throw new Error('an access token speaks for a user')
  return actor
}
const revocationOf = ({ refreshToken }: SignIn) => `revoked ${refreshToken.split('.')[0]}`
const roomIdsOf = async (signIn: SignIn) =>
  (await rooms.list(await actorOf(signIn), { limit: 50, archived: 'false' })).data.map(({ id }) => id)
const unauthenticated = { code: 'unauthenticated' }

test('a guest is let in under the name they give, or a friendly one', async () => {
  expect((await accounts.guest('Grace')).user).toMatchObject({ name: 'Grace', email: null, isGuest: true })
  const { user } = await accounts.guest()
  expect(user.name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/)
})

test('who signs in from another account takes nothing of that account along', async () => {
  const first = await accounts.signup(ada)
  const { room } = await rooms.create(await actorOf(first), { name: 'Board' })
  await accounts.signup({ ...ada, email: 'bob@example.org' })
  for (const proof of ['accessToken', 'refreshToken'] as const) {
    const bob = await accounts.signin({ ...ada, email: 'bob@example.org' }, { [proof]: first[proof] })
    expect([await roomIdsOf(bob), await roomIdsOf(first)]).toEqual([[], [room.id]])
  }
  const third = await accounts.signup({ ...ada, email: 'cem@example.org' }, { accessToken: first.accessToken })
  expect([third.user.id === first.user.id, await roomIdsOf(third)]).toEqual([false, []])
})

test('who has signed up is no guest any more by the time they hear of it', async () => {
  class SlowStore extends MemoryAccountsStore {
    override async revokeSession(...args: Parameters<MemoryAccountsStore['revokeSession']>): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 5))
      await super.revokeSession(...args)
    }
  }
  const slow = accountsOver(new SlowStore())
  const guest = await slow.guest()
  await slow.signup(ada, { accessToken: guest.accessToken })
  await expect(slow.authenticate(guest.accessToken)).rejects.toMatchObject(unauthenticated)
})

test('nobody is signed in whose sign-in could not be stored', async () => {
  class FullStore extends MemoryAccountsStore {
    override async createSession(): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 5))
      throw new Error('disk full')
    }
  }
  await expect(accountsOver(new FullStore()).guest()).rejects.toThrow('disk full')
})

test('a guest who signs up keeps id and rooms, by either token, and the guest’s tokens end', async () => {
  for (const proof of ['accessToken', 'refreshToken'] as const) {
    const guest = await accounts.guest()
    const { room } = await rooms.create(await actorOf(guest), { name: 'Board' })
    const account = { ...ada, email: `${proof}@example.org` }
    const signedUp = await accounts.signup(account, { [proof]: guest[proof] })
    expect(signedUp.user).toMatchObject({ id: guest.user.id, name: 'Ada', email: account.email, isGuest: false })
    expect(await roomIdsOf(signedUp)).toEqual([room.id])
    expect(heard).toContain(revocationOf(guest))
    await expect(accounts.authenticate(guest.accessToken)).rejects.toMatchObject(unauthenticated)
    await expect(accounts.refresh(guest.refreshToken)).rejects.toMatchObject(unauthenticated)
    expect((await accounts.signin(account)).user.id).toBe(guest.user.id)
  }
})

test('an account signs up another account without giving itself away', async () => {
  const first = await accounts.signup(ada)
  const second = await accounts.signup({ ...ada, email: 'grace@example.org' }, first)
  expect(second.user.id).not.toBe(first.user.id)
  await accounts.authenticate(first.accessToken)
})

test('a guest’s token that has ended is an error at sign-up, because the rooms would be lost', async () => {
  const guest = await accounts.guest()
  clock.now += DAY
  const { accessToken } = guest
  await expect(accounts.signup(ada, { accessToken })).rejects.toMatchObject(unauthenticated)
  expect((await accounts.signup(ada, { refreshToken: 'a stale cookie' })).user.id).not.toBe(guest.user.id)
})

test('a refresh token that was traded proves no guest any more', async () => {
  const guest = await accounts.guest()
  await accounts.refresh(guest.refreshToken)
  const { refreshToken } = guest
  expect((await accounts.signup(ada, { refreshToken })).user.id).not.toBe(guest.user.id)
})

test('an address that somebody has is taken, and the guest who tried stays a guest', async () => {
  await accounts.signup(ada)
  const guest = await accounts.guest()
  await expect(accounts.signup(ada, guest)).rejects.toMatchObject({ code: 'email_taken' })
  expect((await accounts.me(await actorOf(guest))).isGuest).toBe(true)
})

test('a wrong password and an unknown address are answered alike', async () => {
  await accounts.signup(ada)
  const wrong = await accounts.signin({ ...ada, password: 'wrong horse' }).catch((error: unknown) => error)
  const unknown = await accounts.signin({ ...ada, email: 'nobody@example.org' }).catch((error: unknown) => error)
  expect(wrong).toMatchObject({ code: 'invalid_credentials' })
  expect(unknown).toEqual(wrong)
})

test('a guest who signs in hands their rooms to the account, and live connections hear of it', async () => {
  const account = await accounts.signup(ada)
  const guest = await accounts.guest()
  const { room } = await rooms.create(await actorOf(guest), { name: 'Board' })
  await expect(accounts.signin({ ...ada, password: 'wrong horse' }, guest)).rejects.toThrow()
  expect(await roomIdsOf(guest)).toEqual([room.id])

  const signedIn = await accounts.signin(ada, guest)
  expect(signedIn.user.id).toBe(account.user.id)
  expect(await roomIdsOf(signedIn)).toEqual([room.id])
  expect((await rooms.get(await actorOf(signedIn), room.id)).room.role).toBe('owner')
  // Judged before they have ended, the guest's connections would be told that they have no access.
  const became = `${guest.user.id} became ${account.user.id}`
  expect(heard).toEqual([revocationOf(guest), became, `access ${room.id}`])
})

test('a sign-in that cannot hand over what a guest drew fails before it takes anything, and can be tried again', async () => {
  class FailingStore extends MemoryDocumentStore {
    isFull = true
    override async transferClients(...args: Parameters<MemoryDocumentStore['transferClients']>): Promise<void> {
      if (this.isFull) throw new Error('disk full')
      await super.transferClients(...args)
    }
  }
  const documents = new FailingStore()
  accounts = accountsOver(new MemoryAccountsStore(), { documents, roomStore })
  const account = await accounts.signup(ada)
  const guest = await accounts.guest()
  const { room } = await rooms.create(await actorOf(guest), { name: 'Board' })
  const claims = new Map([[7, guest.user.id]])
  const entry = { update: new Uint8Array(), author: guest.user.id, at: 1, ranges: new Uint8Array(), crc: 0, claims }
  await documents.append({ id: 'a batch', rooms: [{ roomId: room.id, entries: [entry] }] })

  await expect(accounts.signin(ada, guest)).rejects.toThrow('disk full')
  expect([await roomIdsOf(guest), await roomIdsOf(account)]).toEqual([[room.id], []])
  documents.isFull = false
  expect(await roomIdsOf(await accounts.signin(ada, guest))).toEqual([room.id])
  expect((await documents.load(room.id)).clients).toEqual(new Map([[7, account.user.id]]))
})

test('a refresh token is good once; used again it ends the whole family', async () => {
  const guest = await accounts.guest()
  const second = await accounts.refresh(guest.refreshToken)
  await accounts.authenticate(second.accessToken)
  expect(heard).toEqual([])
  await expect(accounts.refresh(guest.refreshToken)).rejects.toMatchObject({ code: 'refresh_reused' })
  expect(heard).toEqual([revocationOf(guest)])
  await expect(accounts.refresh(second.refreshToken)).rejects.toMatchObject(unauthenticated)
  await expect(accounts.authenticate(second.accessToken)).rejects.toMatchObject(unauthenticated)
})

test('a restored database knows an earlier token than the browser has: that is no reuse, and what was traded before still is', async () => {
  const store = new MemoryAccountsStore()
  accounts = accountsOver(store)
  const guest = await accounts.guest()
  const backup = await store.findSession(sessionIdSchema.parse(guest.refreshToken.split('.')[0]))
  if (!backup) throw new Error('a guest has a session')
  const second = await accounts.refresh(guest.refreshToken)
  // Another instance's clock is behind.
  clock.now -= 60_000
  const third = await accounts.refresh(second.refreshToken, 'a key')
  await store.createSession(backup)
  const fourth = await accounts.refresh(third.refreshToken, 'the next key')
  expect(fourth.user.id).toBe(guest.user.id)
  expect((await accounts.refresh(third.refreshToken, 'the next key')).refreshToken).toBe(fourth.refreshToken)
  await expect(accounts.refresh(second.refreshToken)).rejects.toMatchObject({ code: 'refresh_reused' })
  await expect(accounts.refresh(fourth.refreshToken)).rejects.toMatchObject(unauthenticated)
})

test('a token that an earlier version minted is traded, and its lost answer repeated', async () => {
  const store = new MemoryAccountsStore()
  accounts = accountsOver(store)
  const tokens = createTokens({ secret: 'a secret that only the tests know', now: () => clock.now })
  const guest = await accounts.guest()
  const sessionId = sessionIdSchema.parse(guest.refreshToken.split('.')[0])
  const session = await store.findSession(sessionId)
  if (!session) throw new Error('a guest has a session')
  const hashOf = (token: string) => createHash('sha256').update(token).digest('base64url')
  const first = tokens.mintRefresh(sessionId, randomBytes(32))
  const answer = tokens.mintRefresh(sessionId, tokens.deriveRefreshSecret(first, 'a key'))
  await store.createSession({ ...session, refreshHash: hashOf(answer), rotatedAt: clock.now })
  const repeated = await accounts.refresh(first, 'a key')
  expect(repeated.refreshToken).toBe(answer)
  const next = await accounts.refresh(answer)
  expect(next.user.id).toBe(guest.user.id)
  await expect(accounts.refresh(answer)).rejects.toMatchObject({ code: 'refresh_reused' })
})

test('of 20 parallel uses of one refresh token, one wins', async () => {
  const { refreshToken } = await accounts.guest()
  const uses = await Promise.allSettled(Array.from({ length: 20 }, () => accounts.refresh(refreshToken)))
  expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

describe('an attempt to refresh with a key', () => {
  const key = 'a key of this attempt'

  test('can be repeated when its answer was lost, and is answered with the same token', async () => {
    const guest = await accounts.guest()
    const lost = await accounts.refresh(guest.refreshToken, key)
    const again = await accounts.refresh(guest.refreshToken, key)
    expect(again.refreshToken).toBe(lost.refreshToken)
    expect(again.refreshExpiresAt).toBe(lost.refreshExpiresAt)
    // Delayed in the network, the first may even arrive last.
    await accounts.refresh(guest.refreshToken, key)
    await accounts.refresh(again.refreshToken, 'the key of the next attempt')
    expect(heard).toEqual([])
  })

  test('has one outcome, however often it is made at once', async () => {
    const { refreshToken } = await accounts.guest()
    const uses = await Promise.all(Array.from({ length: 20 }, () => accounts.refresh(refreshToken, key)))
    expect(new Set(uses.map((use) => use.refreshToken)).size).toBe(1)
  })

  test.each([
    ['without the key', undefined],
    ['with another key', 'the key of somebody else'],
  ])('is not the one of somebody who has the token, but comes %s: the family ends', async (_how, other) => {
    const guest = await accounts.guest()
    const second = await accounts.refresh(guest.refreshToken, key)
    await expect(accounts.refresh(guest.refreshToken, other)).rejects.toMatchObject({ code: 'refresh_reused' })
    await expect(accounts.refresh(second.refreshToken, key)).rejects.toMatchObject(unauthenticated)
  })

  test('is over once the token that it was answered with has been used', async () => {
    const guest = await accounts.guest()
    const second = await accounts.refresh(guest.refreshToken, key)
    await accounts.refresh(second.refreshToken, key)
    await expect(accounts.refresh(guest.refreshToken, key)).rejects.toMatchObject({ code: 'refresh_reused' })
  })

  test('is over after thirty days', async () => {
    const guest = await accounts.guest()
    await accounts.refresh(guest.refreshToken, key)
    clock.now += 30 * 24 * 60 * 60 * 1000
    await accounts.refresh(guest.refreshToken, key)
    // It was minted a millisecond after the one before it.
    clock.now += 2
    await expect(accounts.refresh(guest.refreshToken, key)).rejects.toMatchObject({ code: 'refresh_reused' })
  })

  test('is over when the sign-in is', async () => {
    const guest = await accounts.guest()
    await accounts.refresh(guest.refreshToken, key)
    await accounts.signout(guest)
    await expect(accounts.refresh(guest.refreshToken, key)).rejects.toMatchObject(unauthenticated)
  })
})

test.each(['', '.', 'noise', 'unknown-session.secret', '.secret'])('%j is no refresh token', async (token) => {
  await expect(accounts.refresh(token)).rejects.toMatchObject(unauthenticated)
})

test('who knows a sign-in’s id, which each access token names, cannot end it with that', async () => {
  const guest = await accounts.guest()
  const [id, secret] = guest.refreshToken.split('.')
  const bobs = (await accounts.guest()).refreshToken.split('.')
  const forged = ['x', secret, `${secret}.x`, `${secret}.${secret}`, `${secret}.${bobs[2]}`, bobs.slice(1).join('.')]
  for (const rest of forged) {
    await expect(accounts.refresh(`${id}.${rest}`)).rejects.toMatchObject(unauthenticated)
    await accounts.signout({ refreshToken: `${id}.${rest}` })
  }
  expect(heard).toEqual([])
  await accounts.authenticate(guest.accessToken)
  await accounts.refresh(guest.refreshToken)
})

test.each([
  ['a guest', 400, () => accounts.guest()],
  ['an account', 30, () => accounts.signup(ada)],
])('%s stays signed in for %i days after each refresh', async (_who, days, signIn) => {
  let current = await signIn()
  for (let n = 0; n < 3; n++) {
    clock.now += days * DAY - 1
    current = await accounts.refresh(current.refreshToken)
  }
  clock.now += days * DAY
  await expect(accounts.refresh(current.refreshToken)).rejects.toMatchObject(unauthenticated)
})

test('who signs out, with either token, is out at once, and live connections hear of it', async () => {
  for (const proof of ['accessToken', 'refreshToken'] as const) {
    const guest = await accounts.guest()
    await accounts.signout({ [proof]: guest[proof] })
    expect(heard.at(-1)).toBe(revocationOf(guest))
    await expect(accounts.authenticate(guest.accessToken)).rejects.toMatchObject(unauthenticated)
    await expect(accounts.refresh(guest.refreshToken)).rejects.toMatchObject(unauthenticated)
  }
  await accounts.signout({})
})

test('people see and rename themselves, and live connections hear of it', async () => {
  const actor = await actorOf(await accounts.guest('Grace'))
  expect(await accounts.updateMe(actor, { name: 'Ada' })).toMatchObject({ name: 'Ada', isGuest: true })
  expect((await accounts.me(actor)).name).toBe('Ada')
  expect(heard).toEqual([`renamed ${actor.userId} Ada`])
})

test('nobody is told of a new name that could not be stored', async () => {
  class FullStore extends MemoryAccountsStore {
    override updateUser(): Promise<never> {
      return Promise.reject(new Error('disk full'))
    }
  }
  const events = new EventBus()
  events.on('userRenamed', () => heard.push('renamed'))
  accounts = accountsOver(new FullStore(), { events })
  const actor = await actorOf(await accounts.guest('Grace'))
  await expect(accounts.updateMe(actor, { name: 'Ada' })).rejects.toThrow('disk full')
  expect(heard).toEqual([])
})

test('who is gone altogether is asked to sign in again, and not told of a fault', async () => {
  const actor = await actorOf(await accounts.guest('Grace'))
  const gone = { ...actor, userId: userIdSchema.parse('nobody') }
  await expect(accounts.me(gone)).rejects.toMatchObject(unauthenticated)
  await expect(accounts.updateMe(gone, { name: 'Ada' })).rejects.toMatchObject(unauthenticated)
})
