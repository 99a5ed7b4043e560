import { EventEmitter } from 'node:events'
import type { RoomId, SessionId, UserId } from '@sketchroom/shared/ids'

/** What happened to people and rooms that live connections must hear of; named in the past tense. */
export interface Events {
  /**
   * Who may do what in a room changed, for one person and whoever they let in by token, or (undefined) for anybody:
   * ask again. Emitted before whoever changed it is answered.
   */
  accessChanged: [roomId: RoomId, userId: UserId | undefined]
  /** Somebody left a room by themselves: their connections there end, also where the link would let them in again. */
  memberLeft: [roomId: RoomId, userId: UserId]
  /**
   * A guest has signed in to an account: what was theirs is the account's, also in the store. Emitted when their own sign-in
   * has ended, before the new one is answered.
   */
  guestTakenOver: [guest: UserId, account: UserId]
  roomDeleted: [roomId: RoomId]
  sessionRevoked: [sessionId: SessionId]
  userRenamed: [userId: UserId, name: string]
  /** An address was blocked, or let in again; the store knows which. */
  addressBlocksChanged: []
}

/** Tells the sync side of this process what the REST side changed. */
export class EventBus extends EventEmitter<Events> {}
