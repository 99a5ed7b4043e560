import type { RefusalReason } from '@sketchroom/shared/protocol/notices'
import { mayDraw } from '@sketchroom/shared/roles'
import type { Logger } from 'pino'
import type { Journal } from '../core/documents/journal.ts'
import type { Verdict } from '../core/gate/judge.ts'
import { readUpdate, type ReadUpdate } from '../core/gate/read-update.ts'
import { Refusal, type Rule } from '../core/gate/refusal.ts'
import { kindOf } from '../errors.ts'
import type { Span, Tracing } from '../ports/tracing.ts'
import { shortRoomId } from '../short-room-id.ts'
import { userInLog } from '../user-in-log.ts'
import type { DailyShare } from './daily-bytes.ts'
import { UnreadableRoomError } from './lazy-document.ts'
import type { Person } from './people.ts'
import type { Session } from './session.ts'
import type { SyncEvents } from './sync-events.ts'
import * as wire from './wire.ts'

/** So many writes of which nothing is stored may wait for their answers: a library that waits for these has a few. */
const MAX_WAITING_UNSTORED = 1_000
const NOTHING: wire.Reach = new Map()

/** What the writes of one stay depend on. */
export interface WritesParts {
  readonly session: Session
  readonly journal: Journal
  readonly daily: DailyShare
  readonly person: Person
  readonly events: SyncEvents
  readonly log: Logger
  readonly tracing: Tracing | undefined
  /** Whether the room is not ready for a write, which comes again once it is. */
  readonly waitsForRoom: (update: Uint8Array, arrivedAt: number) => boolean
  /** The client has more than it sent: it is to be asked for what is missing. */
  readonly onGap: () => void
  /** An update was judged to be sound and did not integrate: the document may be half changed. */
  readonly onBroken: (error: unknown) => void
}

/** What becomes of each write of one stay, and when it may be called saved: the n-th answer belongs to the n-th write. */
export class Writes {
  readonly #parts: WritesParts
  /** The update that is being judged and applied. */
  #current: Uint8Array | undefined
  /** In which it is followed. */
  #span: Span | undefined
  #waitingUnstored = 0

  constructor(parts: WritesParts) {
    this.#parts = parts
  }

  /** The update that is being judged and applied: if that hangs, this is what did it. */
  get current(): Uint8Array | undefined {
    return this.#current
  }

  /** Takes an update that came then, by `performance.now()`, or refuses it. Throws `Refusal` when it breaks a rule, and `UnreadableRoomError`. */
  write(update: Uint8Array, arrivedAt: number): void {
    const { session } = this.#parts
    if (wire.isEmptyUpdate(update)) return this.#answerUnstored(wire.durable(session.address, NOTHING))
    this.#span = this.#follow(update, arrivedAt)
    try {
      this.#take(update, arrivedAt)
    } catch (error) {
      this.#span?.end(error instanceof Refusal ? error.reason : kindOf(error))
      throw error
    }
  }

  #follow(update: Uint8Array, arrivedAt: number): Span | undefined {
    const { session, tracing } = this.#parts
    const span = tracing?.begin('edit', { startedAt: arrivedAt, kind: 'server' })
    span?.set({
      'sketchroom.room.short_id': shortRoomId(session.room.id),
      'sketchroom.edit.bytes': update.length,
      'enduser.pseudo.id': userInLog(session.user.id),
    })
    return span
  }

  #take(update: Uint8Array, arrivedAt: number): void {
    const { session, journal, daily, person, events } = this.#parts
    const { room, user } = session
    if (!mayDraw(session.role)) return this.#refuse('read_only')
    if (person.isStruck(performance.now())) return session.leave('rate_limited')
    const read = readUpdate(update)
    if (journal.isFullFor(room.id, user.id) || daily.isUsedUp()) return this.#writeToFull(read)
    if (!room.content.has(read, user.id)) {
      if (!room.content.document.takeMemory()) return this.#refuse('store_unavailable')
      if (this.#parts.waitsForRoom(update, arrivedAt)) return
    }
    const verdict = this.#apply(read)
    // Read now: by the commit, the room may have more, which is not durable by then.
    if (verdict?.kind === 'taken') {
      events.emit('editTaken')
      this.#saved(room.content.reachOf(read), arrivedAt)
    }
    if (verdict?.kind === 'refused') throw verdict.refusal
    if (verdict?.kind !== 'gap') return
    this.#refuse('missing_dependencies')
    this.#parts.onGap()
  }

  /** Answers a write that breaks a rule. */
  refuseByRule({ rule, reason, message }: Refusal): void {
    const { session, log } = this.#parts
    log.info({ roomId: session.room.id, rule, reason, detail: message }, 'a write was refused')
    if (reason === 'board_full') session.room.waitsForSpace(session)
    // Others' edits that the room has lost, or has not yet: once they have brought these themselves, the rest is taken. Yjs's
    // own libraries send it again only when they are asked.
    if (reason === 'foreign_client') session.askForRefused()
    this.#refuse(reason, message, rule)
  }

  /** The journal takes no more, or none of theirs. Who comes back, and says nothing that is new, is up to date all the same. */
  #writeToFull(read: ReadUpdate): void {
    const { room, user, address } = this.#parts.session
    if (!room.content.covers(read, user.id)) return this.#refuse('store_unavailable')
    this.#answerUnstored(wire.durable(address, room.content.reachOf(read)))
  }

  #apply(update: ReadUpdate): Verdict | undefined {
    const { session, onBroken } = this.#parts
    this.#current = update.bytes
    const applying = this.#span?.begin('edit.apply')
    const apply = () => session.room.content.apply(update, session.user.id, session)
    try {
      const verdict = this.#span ? session.room.followed([this.#span], apply) : apply()
      applying?.end()
      this.#current = undefined
      return verdict
    } catch (error) {
      applying?.end(kindOf(error))
      if (error instanceof UnreadableRoomError) throw error
      this.#span?.end(kindOf(error))
      session.leave('malformed_update')
      onBroken(error)
      return undefined
    }
  }

  /**
   * Says that a write is durable, when it is: also one that said nothing new, since what it repeats may be on its way to
   * the store. Who has left is answered no more: under the same address, a next stay would take it for the answer to a
   * write of its own.
   */
  #saved(reach: wire.Reach, arrivedAt: number): void {
    const { session, journal, events } = this.#parts
    const span = this.#span
    journal.whenDurable(session.room.id, () => {
      if (!session.isIn) return span?.end('left')
      session.connection.send(wire.durable(session.address, reach))
      span?.end()
      events.emit('acknowledged', performance.now() - arrivedAt)
    })
  }

  #refuse(reason: RefusalReason, detail?: string, rule?: Rule): void {
    this.#parts.events.emit('editRefused', reason, rule)
    this.#span?.end(reason)
    const { address } = this.#parts.session
    this.#answerUnstored(wire.notice(address, { type: 'refused', reason, detail }), wire.refused(address))
  }

  /** Answers a write of which nothing is stored. It waits in the same line as the others. */
  #answerUnstored(...frames: readonly Uint8Array[]): void {
    const { session, journal } = this.#parts
    // It is not counted against what the journal holds, and whoever ignores the answers could go on for ever.
    this.#waitingUnstored += 1
    if (this.#waitingUnstored > MAX_WAITING_UNSTORED) return session.leave('store_unavailable')
    journal.whenDurable(session.room.id, () => {
      this.#waitingUnstored -= 1
      if (session.isIn) for (const frame of frames) session.connection.send(frame)
    })
  }
}
