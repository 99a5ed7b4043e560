import type { EventEmitter } from 'node:events'
import type { RoomId } from '@sketchroom/shared/ids'
import type { PresenceUser } from '@sketchroom/shared/presence'
import type { Role } from '@sketchroom/shared/roles'
import type { UpdateRecord } from './document-store.ts'

/** How long what was said of who stays in a room holds, in milliseconds. */
export const STAYS_LAST_MS = 60_000

/** What an instance tells the others of an update that it has committed. */
export type SharedUpdate = Pick<UpdateRecord, 'update' | 'claims' | 'span'>

/** Updates of one room that an instance has committed, with the numbers from `firstSeq` on. */
export interface SharedCommit {
  readonly roomId: RoomId
  readonly firstSeq: number
  readonly updates: readonly SharedUpdate[]
}

/** Somebody's stay in a room, as the other instances need to know it. */
export interface SharedStay {
  readonly user: PresenceUser
  readonly role: Role
  /** Whether they are a member, or were sent by an owner. */
  readonly isMember: boolean
}

/** What is heard of the other instances. */
export interface BusEvents {
  /** Another instance has committed updates of a room that is followed here. */
  committed: [commit: SharedCommit]
  /** Cursors of people who are connected to another instance, as a y-protocols awareness update. */
  awareness: [roomId: RoomId, update: Uint8Array, instance: string]
  /** Another instance follows the room from now on, and does not know whose cursors are here. */
  asked: [roomId: RoomId, instance: string]
  /** Another instance says something that is of no room, or of one that may not be followed here. */
  notice: [notice: unknown]
  /** The instance has stopped, or nothing is heard of it any more: whoever was connected to it is not, or not heard. */
  left: [instance: string]
  /** Something that another instance said of access was not heard here: what it was has to be asked of the stores. */
  missed: []
  /** Something that another instance said of this room could not be read: its edits are in the store. */
  unread: [roomId: RoomId]
  /** From now on, what is said is heard; what was said before may not have been. */
  up: []
  /** From now on, nothing is heard, and what is said goes nowhere. */
  down: []
}

/**
 * What the instances over one database say to each other. Nothing said here is certain to arrive, and nothing that must not
 * be lost depends on it: edits are read from the store, and access is asked anew, when `unread`, `missed`, `up`, or a timer says so.
 * No method waits or fails.
 */
export interface InstanceBus {
  readonly heard: EventEmitter<BusEvents>
  /** Whether what is said is heard by the others, as far as is known. */
  readonly isUp: boolean
  /** Hears of this room from now on; resolves when that is so, and never while the bus is down. */
  follow(roomId: RoomId): Promise<void>
  unfollow(roomId: RoomId): void
  shareCommit(commit: SharedCommit): void
  /** Tells where the cursors of people who are connected to this instance are. */
  shareAwareness(roomId: RoomId, update: Uint8Array): void
  /** The same, for the one instance that asked. */
  answerAwareness(roomId: RoomId, update: Uint8Array, instance: string): void
  /** Asks the others for their cursors in a room. */
  askAwareness(roomId: RoomId): void
  /** Tells who stays in a room on this instance; to be repeated within `STAYS_LAST_MS`, or it is forgotten. */
  shareStays(roomId: RoomId, stays: readonly SharedStay[]): void
  /** Who stays in these rooms on other instances, as far as they can be heard; never rejects. */
  staysElsewhere(roomIds: readonly RoomId[]): Promise<Map<RoomId, SharedStay[]>>
  /** Tells all others something; it must be JSON. */
  notify(notice: unknown): void
  /** Says goodbye and stops. */
  close(): Promise<void>
}
