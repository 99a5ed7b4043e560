import { EventEmitter } from 'node:events'
import type { ErrorCode } from '@sketchroom/shared/error-codes'
import type { RefusalReason } from '@sketchroom/shared/protocol/notices'
import type { Rule } from '../core/gate/refusal.ts'

/** What happens at the sockets and in their rooms, for whoever counts it; nothing depends on anybody's hearing it. */
interface SyncEventMap {
  /** A client's edit was taken into its room. */
  editTaken: []
  /** An edit that was taken was answered, since it is durable, so many milliseconds after it had come. */
  acknowledged: [ms: number]
  /** An edit was not taken; `rule` is the gate's, when one of those is the reason. */
  editRefused: [reason: RefusalReason, rule: Rule | undefined]
  /** Who wanted to connect, or to come into a room, was turned away. */
  connectionRefused: [code: ErrorCode]
  stayEnded: [ending: Ending]
  /** What another instance had committed, and not told, was read from the store. */
  gapHealed: []
  /** A record, or an update that hung, was put into quarantine. */
  recordSetAside: []
}

/** Why a stay in a room ended: an error's code, when the server ended it. */
export interface Ending {
  /** The WebSocket's close code, or the one that it would be if the stay had a socket of its own. */
  readonly code: number
  readonly reason: ErrorCode | 'client' | 'cut_off'
}

/** Tells what happens on the sync side. */
export class SyncEvents extends EventEmitter<SyncEventMap> {}
