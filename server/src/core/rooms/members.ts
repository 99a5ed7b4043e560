import type { Member } from '@sketchroom/shared/api/rooms'
import { userIdSchema, type RoomId, type UserId } from '@sketchroom/shared/ids'
import { presenceColor } from '@sketchroom/shared/presence'
import { linkRole, roleSchema, strongerRole, type Role } from '@sketchroom/shared/roles'
import { z } from 'zod'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore, UserRecord } from '../../ports/accounts-store.ts'
import type { PresenceSource } from '../../ports/presence-source.ts'
import type { MembershipRecord, RoomRecord, RoomStore } from '../../ports/room-store.ts'
import type { Action } from './access.ts'
import type { UserActor } from '../accounts/actor.ts'
import { createCursor, parseCursor } from '../cursor.ts'
import type { EventBus } from '../events.ts'
import { getFactsFor } from './room-access.ts'

const placeSchema = z.tuple([roleSchema, z.string(), userIdSchema])

/** Somebody else changing the same membership in between is rare; so often in a row, it is no accident. */
const ATTEMPTS = 5

/** The people of a room. A room that the actor may not see is `not_found` everywhere. */
export interface Members {
  /** Owners first, then by name. */
  list(
    actor: UserActor,
    roomId: RoomId,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<{ data: Member[]; nextCursor: string | null }>
  /**
   * Gives somebody a role; rejects with `last_owner` if no owner would remain, and with `precondition_failed`
   * when others keep changing this membership at the same time.
   */
  put(actor: UserActor, roomId: RoomId, userId: UserId, role: Role): Promise<Member>
  /**
   * Takes somebody out, link or no link. Whoever takes out themselves leaves: that is forgotten, so that they may come back
   * by the link. Rejects like `put`.
   */
  remove(actor: UserActor, roomId: RoomId, userId: UserId): Promise<void>
}

/** What members are built from; `now` is in milliseconds since 1970. */
export interface MembersDeps {
  readonly store: RoomStore
  readonly accountsStore: AccountsStore
  readonly presence: PresenceSource
  readonly events: EventBus
  readonly now: () => number
}

/** Builds the people of rooms over their stores. */
export function createMembers({ store, accountsStore, presence, events, now }: MembersDeps): Members {
  function toMember(
    { room, membership }: RoomMembership,
    user: UserRecord,
    presentIds: ReadonlySet<string>,
  ): Member | undefined {
    const role = strongerRole(membership.role ?? undefined, linkRole(room.access))
    if (!role || membership.removedAt !== null) return undefined
    return {
      user: { id: user.id, name: user.name, color: presenceColor(user.id), isGuest: user.email === null },
      role,
      via: role === membership.role ? 'member' : 'link',
      online: presentIds.has(user.id),
      joinedAt: new Date(membership.joinedAt).toISOString(),
    }
  }

  /** Asked once for a list: a room may have tens of thousands of members, and many connections. */
  async function listPresent(roomId: RoomId): Promise<Set<string>> {
    const present = await presence.present([roomId])
    return new Set(present.get(roomId)?.map(({ id }) => id))
  }

  /** Tries until nobody else wrote in between, which an attempt says with undefined. */
  async function untilWritten<T>(attempt: () => Promise<T | undefined>): Promise<T> {
    for (let attempts = 0; attempts < ATTEMPTS; attempts++) {
      const written = await attempt()
      if (written !== undefined) return written
    }
    throw new SketchRoomError('precondition_failed', 'Somebody else is changing the role of this person.')
  }

  /** Resolves whether it was written, and then the connections have been told. */
  async function telling(roomId: RoomId, userId: UserId, writing: Promise<boolean>): Promise<boolean> {
    let isWritten = true
    try {
      isWritten = await writing
    } finally {
      // Also when only the answer was lost: whoever is removed must not stay because of that.
      if (isWritten) events.emit('accessChanged', roomId, userId)
    }
    return isWritten
  }

  /** Reads, decides and writes; and once more from the start when somebody else wrote in between. */
  function change(
    roomId: RoomId,
    userId: UserId,
    decide: (before: MembershipRecord | undefined) => Promise<RoomMembership>,
  ): Promise<RoomMembership> {
    return untilWritten(async () => {
      const before = await store.findMembership(roomId, userId)
      const decided = await decide(before)
      const isPut = await telling(roomId, userId, store.putMembership(decided.membership, before))
      return isPut ? decided : undefined
    })
  }

  async function leave(actor: UserActor, roomId: RoomId): Promise<void> {
    const { userId } = actor
    await untilWritten(async () => {
      const { membership } = await getFactsFor(store, actor, roomId, ['members:leave'])
      if (!membership) throw notInRoom()
      return (await telling(roomId, userId, store.removeMembership(membership))) || undefined
    })
    events.emit('memberLeft', roomId, userId)
  }

  return {
    async list(actor, roomId, { limit, cursor }) {
      const place = cursor === undefined ? undefined : parseCursor(cursor, placeSchema)
      const { room } = await getFactsFor(store, actor, roomId, ['members:list'])
      const memberships = await store.listMemberships(roomId)
      const users = await accountsStore.findUsers(memberships.map(({ userId }) => userId))
      const userOf = new Map(users.map((user) => [user.id, user]))
      const presentIds = await listPresent(roomId)
      const members = memberships
        .flatMap((membership) => {
          const user = userOf.get(membership.userId)
          return (user && toMember({ room, membership }, user, presentIds)) ?? []
        })
        .sort((a, b) => compare(placeOf(a), placeOf(b)))
        .filter((member) => !place || compare(place, placeOf(member)) < 0)
      const data = members.slice(0, limit)
      const last = data.at(-1)
      return { data, nextCursor: members.length > limit && last ? createCursor(placeOf(last)) : null }
    },

    async put(actor, roomId, userId, role) {
      const user = await accountsStore.findUser(userId)
      const changed = await change(roomId, userId, async (before) => {
        const { room } = await getFactsFor(store, actor, roomId, actionsToPut(before, role))
        if (!user) throw new SketchRoomError('not_found', 'There is no such person.')
        const joinedAt = before && before.removedAt === null ? before.joinedAt : now()
        return { room, membership: { roomId, userId, role, joinedAt, removedAt: null } }
      })
      const member = user && toMember(changed, user, await listPresent(roomId))
      if (!member) throw new Error('a member who was just named has a role')
      return member
    },

    async remove(actor, roomId, userId) {
      if (userId === actor.userId) return await leave(actor, roomId)
      await change(roomId, userId, async (before) => {
        const { room } = await getFactsFor(store, actor, roomId, ['members:remove'])
        if (!before || before.removedAt !== null) {
          throw notInRoom()
        }
        return { room, membership: { ...before, role: null, removedAt: now() } }
      })
    },
  }
}

/** A membership, as it is or shall be, in the room as it was when that was read or decided. */
interface RoomMembership {
  readonly room: RoomRecord
  readonly membership: MembershipRecord
}

function notInRoom(): SketchRoomError {
  return new SketchRoomError('not_found', 'There is no such person in this room.')
}

/** What an actor must be allowed to change a membership like this. */
function actionsToPut(before: MembershipRecord | undefined, role: Role): Action[] {
  const actions: Action[] = ['members:invite']
  if (role === 'owner') actions.push('members:set-owner')
  if (before?.role && strongerRole(before.role, role) !== role) actions.push('members:lower')
  if (before && before.removedAt !== null) actions.push('members:remove')
  return actions
}

type Place = z.infer<typeof placeSchema>

function placeOf({ role, user }: Member): Place {
  return [role, user.name, user.id]
}

function compare([roleA, nameA, idA]: Place, [roleB, nameB, idB]: Place): number {
  const byRank = Number(roleB === 'owner') - Number(roleA === 'owner')
  return byRank || nameA.localeCompare(nameB) || (idA < idB ? -1 : Number(idA > idB))
}
