import { roomIdSchema, userIdSchema, type RoomId, type UserId } from '@sketchroom/shared/ids'
import type { Access, Role } from '@sketchroom/shared/roles'
import { nanoid } from 'nanoid'
import { expect, test } from 'vitest'
import { purgeAll } from '../testing/purge-all.ts'
import type { AccountsStore } from './accounts-store.ts'
import type { MembershipRecord, RoomQuery, RoomRecord, RoomStore } from './room-store.ts'

const person = (): UserId => userIdSchema.parse(nanoid())
const newRoom = (changes: Partial<RoomRecord> = {}): RoomRecord => ({
  id: roomIdSchema.parse(nanoid()),
  name: 'Board',
  slug: null,
  access: 'private',
  metadata: {},
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_000,
  deletedAt: null,
  version: 1,
  ...changes,
})

/**
 * The rules of `RoomStore`; every implementation runs them from its own test file, with the store of people that
 * belongs to it.
 */
export function testRoomStore(getStore: () => RoomStore, getAccountsStore: () => AccountsStore): void {
  async function createRoom(ownerId: UserId, changes: Partial<RoomRecord> = {}): Promise<RoomRecord> {
    const room = newRoom(changes)
    await getStore().createRoom(room, ownerId)
    return room
  }
  async function list(userId: UserId, query: Partial<RoomQuery> = {}): Promise<RoomId[]> {
    const found = await getStore().listRooms({ userId, limit: 100, archived: false, ...query })
    return found.map(({ room }) => room.id)
  }
  async function put(roomId: RoomId, userId: UserId, role: Role | null, removedAt: number | null = null) {
    const before = await getStore().findMembership(roomId, userId)
    expect(await getStore().putMembership({ roomId, userId, role, joinedAt: 5, removedAt }, before)).toBe(true)
  }

  test('[RS1] a new room has its creator as owner', async () => {
    const ada = person()
    const room = await createRoom(ada, { slug: nanoid().toLowerCase(), metadata: { team: 'red', 'a"b': 'ü' } })
    expect(await getStore().findRoom(room.id)).toEqual(room)
    const owner = { roomId: room.id, userId: ada, role: 'owner', joinedAt: room.createdAt, removedAt: null }
    expect(await getStore().findMembership(room.id, ada)).toEqual(owner)
    expect(await getStore().listMemberships(room.id)).toEqual([owner])
    expect(await getStore().findRoom(newRoom().id)).toBeUndefined()
  })

  test('[RS1] an id or a slug that a room has is refused, and nothing remains of the attempt', async () => {
    const [ada, grace] = [person(), person()]
    const slug = nanoid().toLowerCase()
    const room = await createRoom(ada, { slug })
    const again = newRoom({ slug })
    await expect(createRoom(grace, { id: room.id })).rejects.toMatchObject({ code: 'room_id_taken' })
    await expect(getStore().createRoom(again, grace)).rejects.toMatchObject({ code: 'slug_taken' })
    expect(await getStore().findRoom(again.id)).toBeUndefined()
    expect(await list(grace)).toEqual([])
    expect(await getStore().findMembership(room.id, grace)).toBeUndefined()
  })

  test('[RS2] a change sets what it names, adds 1 to the version and answers the new record', async () => {
    const room = await createRoom(person())
    const updated = await getStore().updateRoom(room.id, { name: 'Plan', access: 'link-view', metadata: { a: 'b' } })
    expect(updated).toEqual({ ...room, name: 'Plan', access: 'link-view', metadata: { a: 'b' }, version: 2 })
    expect(await getStore().findRoom(room.id)).toEqual(updated)
    expect((await getStore().updateRoom(room.id, { deletedAt: 9 }, 2))?.deletedAt).toBe(9)
    expect((await getStore().updateRoom(room.id, { deletedAt: null }, 3))?.deletedAt).toBeNull()
    expect(await getStore().updateRoom(newRoom().id, { name: 'Nothing' })).toBeUndefined()
  })

  test('[RS2] a change that expects another version does nothing; of 10 in parallel, one wins', async () => {
    const room = await createRoom(person())
    expect(await getStore().updateRoom(room.id, { name: 'Late' }, 7)).toBeUndefined()
    const changes = Array.from({ length: 10 }, (_, n) => getStore().updateRoom(room.id, { name: `Plan ${n}` }, 1))
    const [winner, ...others] = (await Promise.all(changes)).filter((record) => record !== undefined)
    expect(others).toEqual([])
    expect(await getStore().findRoom(room.id)).toEqual(winner)
  })

  test('[RS2] a slug can be set, kept and taken away, but not taken from another room', async () => {
    const slug = nanoid().toLowerCase()
    const [first, second] = [await createRoom(person(), { slug }), await createRoom(person())]
    await expect(getStore().updateRoom(second.id, { slug })).rejects.toMatchObject({ code: 'slug_taken' })
    expect((await getStore().updateRoom(first.id, { slug }))?.slug).toBe(slug)
    expect((await getStore().updateRoom(first.id, { slug: null }))?.slug).toBeNull()
    expect((await getStore().updateRoom(second.id, { slug }))?.slug).toBe(slug)
  })

  test('[RS3] drawing moves the time of change on, never back, and leaves the version', async () => {
    const [a, b] = [await createRoom(person(), { updatedAt: 100 }), await createRoom(person(), { updatedAt: 100 })]
    await getStore().touchRooms(
      new Map([
        [a.id, 200],
        [b.id, 50],
        [newRoom().id, 300],
      ]),
    )
    expect(await getStore().findRoom(a.id)).toEqual({ ...a, updatedAt: 200 })
    expect(await getStore().findRoom(b.id)).toEqual(b)
    await getStore().touchRooms(new Map())
  })

  test('[RS4] a list holds the rooms with a role or an open link, and no others', async () => {
    const [ada, grace] = [person(), person()]
    const rooms = new Map<string, RoomId>()
    const cases: Array<[string, Access, Role | null, number | null]> = [
      ['invited', 'private', 'viewer', null],
      ['visited', 'link-view', null, null],
      ['visited, then made private', 'private', null, null],
      ['removed', 'link-edit', null, 9],
    ]
    for (const [name, access, role, removedAt] of cases) {
      const room = await createRoom(ada, { name, access })
      await put(room.id, grace, role, removedAt)
      rooms.set(name, room.id)
    }
    await createRoom(ada, { name: 'never seen', access: 'link-edit' })
    const deleted = await createRoom(grace, { name: 'deleted', deletedAt: 9 })
    expect(new Set(await list(grace))).toEqual(new Set([rooms.get('invited'), rooms.get('visited')]))
    expect(await list(grace, { archived: true })).toEqual([deleted.id])
    await put(deleted.id, ada, 'editor')
    expect(await list(ada, { archived: true })).toEqual([])
  })

  test('[RS4] a list can be of one role, which is the stronger of the person’s own and the link’s', async () => {
    const [ada, grace] = [person(), person()]
    const roles: Record<string, RoomId[]> = { owner: [], editor: [], viewer: [] }
    const cases: Array<[Access, Role | null, Role]> = [
      ['private', 'owner', 'owner'],
      ['link-edit', 'owner', 'owner'],
      ['private', 'editor', 'editor'],
      ['link-edit', 'viewer', 'editor'],
      ['link-edit', null, 'editor'],
      ['link-view', 'editor', 'editor'],
      ['private', 'viewer', 'viewer'],
      ['link-view', 'viewer', 'viewer'],
      ['link-view', null, 'viewer'],
    ]
    for (const [access, role, effective] of cases) {
      const room = await createRoom(ada, { access })
      await put(room.id, grace, role)
      roles[effective]?.push(room.id)
    }
    for (const role of ['owner', 'editor', 'viewer'] as const) {
      expect(new Set(await list(grace, { role }))).toEqual(new Set(roles[role]))
    }
  })

  test('[RS4] pages follow each other without a gap or a repetition, last changed first', async () => {
    const ada = person()
    const rooms: RoomRecord[] = []
    // Three change times for ten rooms: a page may end between two that changed at once.
    for (let n = 0; n < 10; n++) rooms.push(await createRoom(ada, { updatedAt: 100 + (n % 3) }))
    const seen: RoomRecord[] = []
    for (;;) {
      const after = seen.at(-1)
      const page = await getStore().listRooms({ userId: ada, limit: 3, archived: false, after })
      if (page.length === 0) break
      expect(page.length).toBeLessThanOrEqual(3)
      seen.push(...page.map(({ room }) => room))
    }
    expect(new Set(seen.map(({ id }) => id))).toEqual(new Set(rooms.map(({ id }) => id)))
    expect(seen).toHaveLength(10)
    expect(seen.map(({ updatedAt }) => updatedAt)).toEqual(seen.map((room) => room.updatedAt).sort((a, b) => b - a))
  })

  test('[RS4] a list can be searched by part of the name, in any case and any alphabet', async () => {
    const ada = person()
    const school = await createRoom(ada, { name: 'Plan of the ÉCOLE 100%' })
    const other = await createRoom(ada, { name: 'Garden_plan' })
    expect(await list(ada, { text: 'école' })).toEqual([school.id])
    expect(new Set(await list(ada, { text: 'PLAN' }))).toEqual(new Set([school.id, other.id]))
    expect(await list(ada, { text: '0%' })).toEqual([school.id])
    expect(await list(ada, { text: '_' })).toEqual([other.id])
    expect(await list(ada, { text: 'plan', limit: 1 })).toHaveLength(1)
  })

  test('[RS4] a search finds what lies behind hundreds of other rooms', async () => {
    const ada = person()
    const sought = await createRoom(ada, { name: 'Needle', updatedAt: 1 })
    await Promise.all(Array.from({ length: 450 }, (_, n) => createRoom(ada, { name: 'Hay', updatedAt: 2 + (n % 5) })))
    expect(await list(ada, { text: 'needle', limit: 1 })).toEqual([sought.id])
  })

  test('[RS5] a membership is created and replaced', async () => {
    const [ada, grace] = [person(), person()]
    const room = await createRoom(ada)
    await put(room.id, grace, 'viewer')
    await put(room.id, grace, null, 9)
    expect(await getStore().findMembership(room.id, grace)).toEqual({
      roomId: room.id,
      userId: grace,
      role: null,
      joinedAt: 5,
      removedAt: 9,
    })
    expect(await getStore().listMemberships(room.id)).toHaveLength(2)
  })

  test('[RS5] a membership that is not as expected stays; of 10 parallel changes that expect the same, one wins', async () => {
    const grace = person()
    const room = await createRoom(person())
    const viewer = { roomId: room.id, userId: grace, role: 'viewer', joinedAt: 5, removedAt: null } as const
    const attempt = (changes: Partial<MembershipRecord>, expected: MembershipRecord | undefined) =>
      getStore().putMembership({ ...viewer, ...changes }, expected)
    expect(await attempt({}, viewer)).toBe(false)
    expect(await getStore().findMembership(room.id, grace)).toBeUndefined()
    const added = await Promise.all(Array.from({ length: 10 }, (_, n) => attempt({ joinedAt: n }, undefined)))
    expect(added.filter(Boolean)).toHaveLength(1)
    for (const expected of [undefined, { ...viewer, role: null }, { ...viewer, removedAt: 9 }]) {
      expect(await attempt({ role: 'editor' }, expected)).toBe(false)
    }
    expect(await getStore().findMembership(room.id, grace)).toEqual({ ...viewer, joinedAt: added.indexOf(true) })
    const results = await Promise.all([
      attempt({ role: null, removedAt: 9 }, viewer),
      attempt({ role: 'editor' }, viewer),
    ])
    expect(results.filter(Boolean)).toHaveLength(1)
  })

  test('[RS5] the last owner stays, also when two leave at once', async () => {
    const [ada, grace] = [person(), person()]
    const room = await createRoom(ada)
    await expect(put(room.id, ada, 'editor')).rejects.toMatchObject({ code: 'last_owner' })
    await expect(put(room.id, ada, null, 9)).rejects.toMatchObject({ code: 'last_owner' })
    expect((await getStore().findMembership(room.id, ada))?.role).toBe('owner')
    await put(room.id, grace, 'owner')
    const left = await Promise.allSettled([put(room.id, ada, 'editor'), put(room.id, grace, null, 9)])
    expect(left.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  test('[RS9] who leaves is forgotten, and of what is not as expected nothing is', async () => {
    const [ada, grace] = [person(), person()]
    const room = await createRoom(ada)
    await put(room.id, grace, 'viewer')
    const membership = { roomId: room.id, userId: grace, role: 'viewer', joinedAt: 5, removedAt: null } as const
    for (const other of [
      { ...membership, role: 'editor' as const },
      { ...membership, removedAt: 9 },
      { ...membership, userId: person() },
    ]) {
      expect(await getStore().removeMembership(other)).toBe(false)
    }
    expect(await getStore().findMembership(room.id, grace)).toEqual(membership)
    const left = await Promise.all([getStore().removeMembership(membership), getStore().removeMembership(membership)])
    expect(left.sort()).toEqual([false, true])
    expect(await getStore().findMembership(room.id, grace)).toBeUndefined()
    expect(await list(ada)).toEqual([room.id])
  })

  test('[RS9] the last owner stays, also when two leave at once', async () => {
    const [ada, grace] = [person(), person()]
    const room = await createRoom(ada)
    const owner = (userId: UserId, joinedAt: number) =>
      ({ roomId: room.id, userId, role: 'owner', joinedAt, removedAt: null }) as const
    const adas = owner(ada, room.createdAt)
    await expect(getStore().removeMembership(adas)).rejects.toMatchObject({ code: 'last_owner' })
    expect(await getStore().findMembership(room.id, ada)).toEqual(adas)
    await put(room.id, grace, 'owner')
    const left = [getStore().removeMembership(adas), getStore().removeMembership(owner(grace, 5))]
    expect((await Promise.allSettled(left)).map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await getStore().listMemberships(room.id)).toHaveLength(1)
  })

  test('[RS10] what somebody made is counted, living or deleted of late, and not what others made them an owner of', async () => {
    const [ada, grace] = [person(), person()]
    const madeBy = (userId: UserId) => getStore().countRoomsMade(userId, 9)
    expect(await madeBy(ada)).toEqual({ living: 0, deleted: 0 })
    const [kept, deleted] = [await createRoom(ada), await createRoom(ada)]
    await createRoom(ada, { deletedAt: 8 })
    const given = await createRoom(grace)
    await put(given.id, ada, 'owner')
    await put((await createRoom(grace)).id, ada, 'editor')
    expect(await madeBy(ada)).toEqual({ living: 2, deleted: 0 })
    await getStore().updateRoom(deleted.id, { deletedAt: 9 })
    expect(await madeBy(ada)).toEqual({ living: 1, deleted: 1 })
    await put(kept.id, grace, 'owner')
    expect(await madeBy(grace)).toEqual({ living: 2, deleted: 0 })
  })

  test('[RS6] a visitor is noted once, and changes nothing for somebody the room knows', async () => {
    const [ada, grace, alan] = [person(), person(), person()]
    const room = await createRoom(ada)
    await Promise.all([getStore().addVisitor(room.id, grace, 7), getStore().addVisitor(room.id, grace, 7)])
    await put(room.id, alan, null, 9)
    await getStore().addVisitor(room.id, alan, 10)
    await getStore().addVisitor(room.id, ada, 10)
    expect(await getStore().findMembership(room.id, grace)).toMatchObject({ role: null, joinedAt: 7, removedAt: null })
    expect(await getStore().findMembership(room.id, alan)).toMatchObject({ removedAt: 9 })
    expect(await getStore().findMembership(room.id, ada)).toMatchObject({ role: 'owner' })
  })

  test('[RS7] everything a guest has goes to another person, the stronger role staying', async () => {
    const [guest, ada, owner] = [person(), person(), person()]
    const own = await createRoom(guest)
    const [shared, barred, ownBarred] = [await createRoom(owner), await createRoom(owner), await createRoom(guest)]
    await put(shared.id, guest, 'editor')
    await put(shared.id, ada, 'viewer')
    await put(barred.id, guest, 'editor')
    await put(barred.id, ada, null, 9)
    await put(ownBarred.id, ada, null, 9)

    const concerned = await getStore().transferMemberships(guest, ada)
    expect(new Set(concerned)).toEqual(new Set([own.id, shared.id, barred.id, ownBarred.id]))
    expect(await list(guest)).toEqual([])
    expect(await getStore().findMembership(own.id, ada)).toMatchObject({ role: 'owner', removedAt: null })
    expect(await getStore().findMembership(shared.id, ada)).toMatchObject({ role: 'editor' })
    expect(await getStore().findMembership(barred.id, ada)).toMatchObject({ removedAt: 9 })
    expect(await getStore().findMembership(ownBarred.id, ada)).toMatchObject({ role: 'owner', removedAt: null })
    expect(await getStore().listMemberships(own.id)).toHaveLength(1)
  })

  test('[RS8] memberships without a role go when their person is gone, and no others', async () => {
    const [gone, guest] = [person(), person()]
    const known = { name: 'Ada', email: null, passwordHash: null, createdAt: 1 }
    await getAccountsStore().createUser({ id: guest, ...known })
    const rooms: RoomRecord[] = []
    for (let n = 0; n < 3; n++) rooms.push(await createRoom(person()))
    const [visited, removed, joined] = rooms.map(({ id }) => id) as [RoomId, RoomId, RoomId]
    for (const userId of [gone, guest]) {
      await getStore().addVisitor(visited, userId, 1)
      await put(removed, userId, null, 9)
      await put(joined, userId, 'editor')
    }
    await purgeAll((slice) => getStore().purgeVisitors(slice))
    const isThere = async (userId: UserId) =>
      (await Promise.all(rooms.map(({ id }) => getStore().findMembership(id, userId)))).map(Boolean)
    expect(await isThere(gone)).toEqual([false, false, true])
    expect(await isThere(guest)).toEqual([true, true, true])
    expect(await purgeAll((slice) => getStore().purgeVisitors(slice), 1_000)).toBe(0)
  })
}
