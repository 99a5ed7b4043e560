import type { AuthPolicy } from '@sketchroom/shared/api/auth'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore, UserRecord } from '../../ports/accounts-store.ts'
import type { MembershipRecord, RoomQuery, RoomRecord, RoomStore } from '../../ports/room-store.ts'

/** Everybody may come: the policy of a server that says nothing else. */
export const OPEN_TO_ALL: AuthPolicy = { signup: 'open', guests: 'on' }

/** Who may come whom the server does not know as an account. */
export interface Newcomers {
  readonly policy: AuthPolicy
  /** Rejects with `guests_off` when this person is a guest and the server has none. */
  checkGuest(user: Pick<UserRecord, 'email'>): void
  /** Rejects with `signup_closed` when whoever asks, a guest perhaps, may not make an account. */
  checkSignup(guest: UserRecord | undefined): Promise<void>
}

/** Builds the rules that the operator's policy stands for. */
export function createNewcomers(deps: {
  policy: AuthPolicy
  roomStore: Pick<RoomStore, 'listRooms' | 'listMemberships'>
  store: Pick<AccountsStore, 'findUsers'>
}): Newcomers {
  const { policy, roomStore, store } = deps

  /**
   * Whether a board's maker still owns it and has an account. Others may have become owners without their doing: a guest can
   * make an account an owner of the guest's board, and another guest a member of it.
   */
  async function isOfAccount(room: RoomRecord): Promise<boolean> {
    const made = (await roomStore.listMemberships(room.id)).filter((member) => isMaker(member, room))
    const makers = await store.findUsers(made.map(({ userId }) => userId))
    return makers.length > 0 && makers.every(({ email }) => email !== null)
  }

  /** Whether somebody gave the guest a role on a board that a person with an account has made. */
  async function isInvited({ id: userId }: UserRecord): Promise<boolean> {
    let after: RoomQuery['after']
    do {
      const page = await roomStore.listRooms({ userId, limit: 100, after, archived: false })
      for (const { room, membership } of page) {
        if (membership.role !== null && !isMaker(membership, room) && (await isOfAccount(room))) return true
      }
      const last = page.at(-1)?.room
      after = last && { updatedAt: last.updatedAt, id: last.id }
    } while (after)
    return false
  }

  return {
    policy,
    checkGuest({ email }) {
      if (email !== null || policy.guests === 'on') return
      throw new SketchRoomError('guests_off', 'This server lets in only people with an account. Sign in.')
    },
    async checkSignup(guest) {
      if (policy.signup === 'open') return
      if (policy.signup === 'closed') {
        throw new SketchRoomError('signup_closed', 'This server makes no new accounts. Ask whoever runs it.')
      }
      if (guest && (await isInvited(guest))) return
      throw new SketchRoomError(
        'signup_closed',
        'You have not been invited yet: nobody with an account has given this guest a role on one of their boards.',
      )
    },
  }
}

/** A room's maker became its owner when it was made. */
function isMaker({ role, joinedAt }: MembershipRecord, { createdAt }: RoomRecord): boolean {
  return role === 'owner' && joinedAt === createdAt
}
