import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore } from '../../ports/accounts-store.ts'
import type { RoomStore } from '../../ports/room-store.ts'
import type { UserActor } from '../accounts/actor.ts'

/** How long a deleted room counts: who makes and deletes in turn would otherwise fill the disk. */
const DELETED_COUNT_DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000

/** How many rooms somebody may have made: so many that live, and in the last 30 days as many that were deleted. */
export interface RoomQuota {
  /**
   * Rejects with `quota_exceeded` when the actor may not have one more: a new one, or a deleted one that is restored, which
   * is stored already.
   */
  check(actor: UserActor, what: 'new' | 'restored'): Promise<void>
}

/**
 * Builds the quota over the stores. Rooms that others gave away count for nobody: somebody's quota could otherwise be used
 * up by who makes them an owner. Of requests at the same moment, each may see the last place free; a few rooms more than
 * the limit hurt nobody.
 */
export function createRoomQuota(deps: {
  store: Pick<RoomStore, 'countRoomsMade'>
  accountsStore: Pick<AccountsStore, 'findUser'>
  perAccount: number
  perGuest: number
  /** In milliseconds since 1970. */
  now: () => number
}): RoomQuota {
  const { store, accountsStore, perAccount, perGuest, now } = deps
  return {
    async check({ userId }, what) {
      const { living, deleted } = await store.countRoomsMade(userId, now() - DELETED_COUNT_DAYS * DAY_MS)
      const stored = what === 'restored' ? 0 : living + deleted
      const hasRoom = (most: number) => living < most && stored < most * 2
      if (hasRoom(perGuest) && hasRoom(perAccount)) return
      const isGuest = (await accountsStore.findUser(userId))?.email === null
      const most = isGuest ? perGuest : perAccount
      if (hasRoom(most)) return
      const orSignUp = isGuest && perGuest < perAccount ? `, or sign up: an account may have ${perAccount}` : ''
      throw new SketchRoomError(
        'quota_exceeded',
        living < most
          ? `You have deleted ${deleted} boards in the last ${DELETED_COUNT_DAYS} days, and those can still be restored. Restore one instead of making a new one, or wait until they are older${orSignUp}.`
          : `You have made ${living} boards, which is as many as you may have. Delete some that you do not need any more${orSignUp}.`,
      )
    },
  }
}
