import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore } from '../../ports/accounts-store.ts'
import type { RoomStore } from '../../ports/room-store.ts'
import type { UserActor } from '../accounts/actor.ts'

/** How many living rooms somebody may have made. */
export interface RoomQuota {
  /** Rejects with `quota_exceeded` when the actor has as many as they may. */
  check(actor: UserActor): Promise<void>
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
}): RoomQuota {
  const { store, accountsStore, perAccount, perGuest } = deps
  return {
    async check({ userId }) {
      const made = await store.countRoomsMade(userId)
      if (made < perGuest && made < perAccount) return
      const isGuest = (await accountsStore.findUser(userId))?.email === null
      const most = isGuest ? perGuest : perAccount
      if (made < most) return
      const orSignUp = isGuest && perGuest < perAccount ? `, or sign up: an account may have ${perAccount}` : ''
      throw new SketchRoomError(
        'quota_exceeded',
        `You have made ${made} boards, which is as many as you may have. Delete some that you do not need any more${orSignUp}.`,
      )
    },
  }
}
