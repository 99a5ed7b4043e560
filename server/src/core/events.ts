import { EventEmitter } from 'node:events'
import type { RoomId, SessionId, UserId } from '@sketchroom/shared/ids'

/** What happened to people and rooms that live connections must hear of; named in the past tense. */
export interface Events {
  /** Somebody's role, membership or the room's link access changed: ask again who may do what. */
  accessChanged: [roomId: RoomId]
  roomDeleted: [roomId: RoomId]
  sessionRevoked: [sessionId: SessionId]
  userRenamed: [userId: UserId, name: string]
}

/** Tells the sync side of this process what the REST side changed. */
export class EventBus extends EventEmitter<Events> {}
