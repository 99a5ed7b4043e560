import { roomIdSchema, sessionIdSchema, userIdSchema, type UserId } from '@sketchroom/shared/ids'
import type { Role } from '@sketchroom/shared/roles'
import { nanoid } from 'nanoid'
import { expect, test } from 'vitest'
import { purgeAll } from '../testing/purge-all.ts'
import type { AccountsStore, Rotation, SessionRecord, UserRecord } from './accounts-store.ts'
import type { RoomStore } from './room-store.ts'

const newUser = (changes: Partial<UserRecord> = {}): UserRecord => ({
  id: userIdSchema.parse(nanoid()),
  name: 'Ada',
  email: null,
  passwordHash: null,
  createdAt: 1_700_000_000_123,
  ...changes,
})
const newSession = (userId: UserId): SessionRecord => ({
  id: sessionIdSchema.parse(nanoid()),
  userId,
  refreshHash: 'first',
  createdAt: 1_700_000_000_000,
  expiresAt: 1_800_000_000_000,
  rotatedAt: null,
  revokedAt: null,
})
const rotation = (refreshHash: string): Rotation => ({ refreshHash, expiresAt: 1_900_000_000_000, rotatedAt: 6 })
const newEmail = () => `${nanoid().toLowerCase()}@example.org`
const taken = expect.objectContaining({ code: 'email_taken' })

/**
 * The rules of `AccountsStore`; every implementation runs them from its own test file, with the store of rooms that
 * belongs to it.
 */
export function testAccountsStore(getStore: () => AccountsStore, getRoomStore: () => RoomStore): void {
  async function createUser(changes: Partial<UserRecord> = {}): Promise<UserRecord> {
    const user = newUser(changes)
    await getStore().createUser(user)
    return user
  }

  test('a person is found by id and by e-mail address, as stored', async () => {
    const account = await createUser({ email: newEmail(), passwordHash: 'hash' })
    const guest = await createUser()
    expect(await getStore().findUser(account.id)).toEqual(account)
    expect(await getStore().findUserByEmail(account.email ?? '')).toEqual(account)
    expect(await getStore().findUser(guest.id)).toEqual(guest)
    expect(await getStore().findUser(newUser().id)).toBeUndefined()
    expect(await getStore().findUserByEmail(newEmail())).toBeUndefined()
  })

  test('people are found together, each once, and unknown ids are passed over', async () => {
    const [a, b] = [await createUser(), await createUser()]
    const found = await getStore().findUsers([a.id, b.id, a.id, newUser().id])
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set([a.id, b.id]))
    expect(found).toHaveLength(2)
    expect(await getStore().findUsers([])).toEqual([])
  })

  test('people are found among 40,000 asked for together', async () => {
    const [a, b] = [await createUser(), await createUser()]
    const others = Array.from({ length: 40_000 }, (_, n) => userIdSchema.parse(`nobody-${n}`))
    const found = await getStore().findUsers([a.id, ...others, b.id])
    expect(found.map(({ id }) => id)).toEqual([a.id, b.id])
  })

  test('[AS1] an e-mail address belongs to one person, while guests have none', async () => {
    const email = newEmail()
    await createUser({ email })
    await expect(createUser({ email })).rejects.toEqual(taken)
    await createUser()
    await createUser()
  })

  test('[AS2] a change of name leaves the rest', async () => {
    const user = await createUser({ email: newEmail(), passwordHash: 'hash' })
    await getStore().updateUser(user.id, { name: 'Grace' })
    expect(await getStore().findUser(user.id)).toEqual({ ...user, name: 'Grace' })
  })

  test('[AS3] a guest becomes an account that keeps its id', async () => {
    const guest = await createUser()
    const account = { name: 'Grace', email: newEmail(), passwordHash: 'hash' }
    expect(await getStore().upgradeGuest(guest.id, account)).toBe(true)
    expect(await getStore().findUser(guest.id)).toEqual({ ...guest, ...account })
  })

  test('[AS3] of parallel upgrades of one guest, one wins', async () => {
    const guest = await createUser()
    const upgrades = Array.from({ length: 10 }, () => ({ name: 'Ada', email: newEmail(), passwordHash: 'hash' }))
    const won = await Promise.all(upgrades.map((account) => getStore().upgradeGuest(guest.id, account)))
    expect(won.filter(Boolean)).toHaveLength(1)
    expect((await getStore().findUser(guest.id))?.email).toBe(upgrades[won.indexOf(true)]?.email)
  })

  test('[AS3] a guest cannot take an address that somebody has, and stays a guest', async () => {
    const { email } = await createUser({ email: newEmail() })
    const guest = await createUser()
    const upgrade = getStore().upgradeGuest(guest.id, { name: 'Ada', email: email ?? '', passwordHash: 'hash' })
    await expect(upgrade).rejects.toEqual(taken)
    expect(await getStore().findUser(guest.id)).toEqual(guest)
  })

  test('[AS4] a session rotates from the expected hash only, and never once revoked', async () => {
    const session = newSession((await createUser()).id)
    await getStore().createSession(session)
    expect(await getStore().findSession(session.id)).toEqual(session)
    expect(await getStore().rotateSession(session.id, 'other', rotation('second'))).toBe(false)
    expect(await getStore().rotateSession(session.id, 'first', rotation('second'))).toBe(true)
    expect(await getStore().findSession(session.id)).toEqual({ ...session, ...rotation('second') })
    await getStore().revokeSession(session.id, 7)
    expect(await getStore().rotateSession(session.id, 'second', rotation('third'))).toBe(false)
  })

  test('[AS4] of 20 parallel rotations, exactly one wins', async () => {
    const session = newSession((await createUser()).id)
    await getStore().createSession(session)
    const rotations = Array.from({ length: 20 }, (_, n) =>
      getStore().rotateSession(session.id, 'first', rotation(`next-${n}`)),
    )
    expect((await Promise.all(rotations)).filter(Boolean)).toHaveLength(1)
  })

  test('[AS5] the time of the first revocation stays', async () => {
    const session = newSession((await createUser()).id)
    await getStore().createSession(session)
    await getStore().revokeSession(session.id, 7)
    await getStore().revokeSession(session.id, 8)
    expect((await getStore().findSession(session.id))?.revokedAt).toBe(7)
  })

  test('[AS6] sessions that ended long enough ago are taken away, and no others', async () => {
    const { id: userId } = await createUser()
    const later = 1_700_000_000_000
    const cases: Array<[Partial<SessionRecord>, 'stays' | 'goes']> = [
      [{}, 'stays'],
      [{ expiresAt: 100 }, 'stays'],
      [{ expiresAt: 99 }, 'goes'],
      [{ revokedAt: 100 }, 'stays'],
      [{ revokedAt: 99 }, 'goes'],
      [{ revokedAt: 100, expiresAt: 101 }, 'stays'],
      // Revoked after it had ended, and the other way round: the first end counts.
      [{ revokedAt: later, expiresAt: 99 }, 'goes'],
      [{ revokedAt: 99, expiresAt: later }, 'goes'],
    ]
    const sessions = cases.map(([changes]) => ({ ...newSession(userId), ...changes }))
    for (const session of sessions) await getStore().createSession(session)
    expect(await purgeAll((slice) => getStore().purgeSessions(100, slice))).toBeGreaterThanOrEqual(4)
    expect(await purgeAll((slice) => getStore().purgeSessions(100, slice), 1_000)).toBe(0)
    const found = await Promise.all(sessions.map(({ id }) => getStore().findSession(id)))
    expect(found.map((session) => (session ? 'stays' : 'goes'))).toEqual(cases.map(([, fate]) => fate))
  })

  test('[AS7] guests who cannot come back and have no role in any room are taken away, and nobody else', async () => {
    const old = 100
    const room = async (userId: UserId, deletedAt: number | null = null) => {
      const id = roomIdSchema.parse(nanoid())
      const times = { createdAt: 1, updatedAt: 1, deletedAt }
      const rest = { name: 'Board', slug: null, access: 'link-edit', metadata: {}, version: 1 } as const
      await getRoomStore().createRoom({ id, ...times, ...rest }, userId)
      return id
    }
    const join = async (userId: UserId, role: Role | null, removedAt: number | null = null) => {
      const roomId = await room(userIdSchema.parse(nanoid()))
      await getRoomStore().putMembership({ roomId, userId, role, joinedAt: 1, removedAt }, undefined)
    }
    const cases: Array<[string, Partial<UserRecord>, (id: UserId) => Promise<unknown>]> = [
      ['stays', { createdAt: old }, async () => undefined],
      ['stays', { email: newEmail() }, async () => undefined],
      ['stays', {}, (id) => getStore().createSession(newSession(id))],
      ['stays', {}, (id) => getStore().createSession({ ...newSession(id), expiresAt: old + 1 })],
      ['stays', {}, (id) => room(id)],
      ['stays', {}, (id) => room(id, 7)],
      ['stays', {}, (id) => join(id, 'viewer')],
      ['goes', {}, async () => undefined],
      ['goes', {}, (id) => join(id, null)],
      ['goes', {}, (id) => join(id, null, 9)],
    ]
    const ids: UserId[] = []
    for (const [, changes, prepare] of cases) {
      const { id } = await createUser({ createdAt: old - 1, ...changes })
      await prepare(id)
      ids.push(id)
    }
    expect(await purgeAll((slice) => getStore().purgeGuests(old, slice))).toBe(3)
    const found = await Promise.all(ids.map((id) => getStore().findUser(id)))
    expect(found.map((user) => (user ? 'stays' : 'goes'))).toEqual(cases.map(([fate]) => fate))
  })
}
