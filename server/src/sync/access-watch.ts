import { RENEW_BEFORE_MS } from '@sketchroom/shared/protocol/token-renewal'
import type { RoomId, UserId } from '@sketchroom/shared/ids'
import pLimit from 'p-limit'
import type { Logger } from 'pino'
import type { EventBus } from '../core/events.ts'
import { principalOf } from '../core/rooms/access.ts'
import type { AccessEpochs } from '../core/rooms/access-epochs.ts'
import type { Admission } from '../core/rooms/admission.ts'
import { codeOf } from '../errors.ts'
import type { InstanceBus } from '../ports/instance-bus.ts'
import type { RoomHost } from './room-host.ts'
import type { Session } from './session.ts'

/** A client may have kept a token and answer with that once more, so it is asked again until there is a later one. */
const ASK_AGAIN_MS = 5_000
const CHECK_TOKENS_EVERY_MS = 1_000
const TRY_AGAIN_MS = 500
/** While other instances cannot say what they change, everybody here is asked about so often. */
const RECHECK_EVERY_MS = 5_000
/** What an instance that was killed had asked of the database may be done after its end, for as long as a statement may take. */
const LATE_CHANGE_MS = 31_000
const RECHECKS_AT_ONCE = 4

/** What the watch is made of. */
export interface AccessWatchParts {
  readonly host: RoomHost
  readonly admission: Admission
  readonly epochs: AccessEpochs
  readonly events: EventBus
  readonly bus: InstanceBus
  /** Whether there are other instances, which say what they change of who may do what. */
  readonly hearsOthers: boolean
  readonly log: Logger
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Keeps open connections true to who their people are and what they may do: names, roles, removals, sign-outs, expiry. */
export class AccessWatch {
  readonly #parts: AccessWatchParts
  readonly #askedAt = new WeakMap<Session, number>()
  readonly #judging = new WeakSet<Session>()
  readonly #timers: NodeJS.Timeout[] = []
  /** Whether it was said that nobody can be asked about: once, and not for each who is here. */
  #isFailing = false
  /** Since the last instance fell silent. */
  #lateTimer: NodeJS.Timeout | undefined
  readonly #recheckInTurn = pLimit(RECHECKS_AT_ONCE)
  /** Whether what others may have said unheard is to be asked for, and is being asked for. */
  #isRecheckDue = false
  #isRechecking = false
  #closed = false

  constructor(parts: AccessWatchParts) {
    this.#parts = parts
    const { host, events, bus, hearsOthers } = parts
    events.on('accessChanged', (roomId, userId) => this.#accessChanged(roomId, userId))
    events.on('memberLeft', (roomId, userId) => {
      for (const session of host.sessions(roomId)) {
        if (session.actor.kind === 'user' && session.actor.userId === userId) session.leave('left')
      }
    })
    events.on('roomDeleted', (roomId) => {
      for (const session of host.sessions(roomId)) session.leave('room_deleted')
    })
    events.on('sessionRevoked', (signIn) => {
      for (const session of host.sessions()) {
        if (session.actor.kind === 'user' && session.actor.sessionId === signIn) session.leave('unauthenticated')
      }
    })
    events.on('guestTakenOver', (guest, account) => host.takenOver(guest, account))
    events.on('userRenamed', (userId, name) => {
      for (const session of host.sessions()) {
        // In a room token, the host says what its user is called.
        if (session.actor.kind === 'user' && session.user.id === userId) session.setUser({ ...session.user, name })
      }
    })
    this.#timers.push(setInterval(() => this.checkTokens(), CHECK_TOKENS_EVERY_MS))
    if (!hearsOthers) return
    // An instance that was killed may have changed something, and not said so.
    for (const event of ['up', 'missed', 'left'] as const) bus.heard.on(event, () => void this.#recheckAll())
    bus.heard.on('left', () => {
      if (this.#closed) return
      clearTimeout(this.#lateTimer)
      this.#lateTimer = setTimeout(() => void this.#recheckAll(), LATE_CHANGE_MS)
    })
    this.#timers.push(setInterval(() => void (bus.isUp || this.#recheckAll()), RECHECK_EVERY_MS))
  }

  /** Asks for fresh tokens in time, and ends connections whose token has run out. */
  checkTokens(): void {
    const now = this.#parts.now()
    for (const session of this.#parts.host.sessions()) {
      const { expiresAt } = session.actor
      if (now >= expiresAt) session.leave('unauthenticated')
      else if (now > expiresAt - RENEW_BEFORE_MS) this.#askForToken(session, now)
    }
  }

  /** Stops the clock. */
  close(): void {
    this.#closed = true
    for (const timer of [...this.#timers, this.#lateTimer]) clearInterval(timer)
  }

  #askForToken(session: Session, now: number): void {
    const askedAt = this.#askedAt.get(session) ?? -Infinity
    // A clock that was set back must not silence it.
    if (now >= askedAt && now - askedAt < ASK_AGAIN_MS) return
    this.#askedAt.set(session, now)
    session.connection.requestToken()
  }

  /** Whoever made the change is answered after this: until they are judged, the affected say and hear nothing. */
  #accessChanged(roomId: RoomId, userId: UserId | undefined): void {
    for (const session of this.#parts.host.sessions(roomId)) {
      if (userId !== undefined && principalOf(session.actor) !== userId) continue
      if (this.#judging.has(session)) continue
      session.suspend()
      void this.#judge(session)
    }
  }

  /** One at a time for each session, and until there is an answer. */
  async #judge(session: Session): Promise<void> {
    this.#judging.add(session)
    while (!(await this.#ask(session))) await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS))
    this.#judging.delete(session)
    session.resume()
  }

  /** What other instances changed may not have been heard of here: everybody who is here is asked about, and who is on the way in. */
  async #recheckAll(): Promise<void> {
    this.#isRecheckDue = true
    if (this.#isRechecking) return
    this.#isRechecking = true
    while (this.#isRecheckDue && !this.#closed) {
      this.#isRecheckDue = false
      this.#parts.epochs.raiseAll()
      const sessions = [...this.#parts.host.sessions()]
      const asked = await Promise.all(sessions.map((session) => this.#recheckInTurn(() => this.#ask(session))))
      if (!asked.includes(false)) continue
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS))
      this.#isRecheckDue = true
    }
    this.#isRechecking = false
  }

  /** Asks as whom somebody is here until the answer holds at the moment when it is there; false when there is none. */
  async #ask(session: Session): Promise<boolean> {
    const { admission, epochs, log } = this.#parts
    const roomId = session.room.id
    while (session.isIn && !this.#closed) {
      const epoch = epochs.of(roomId)
      const { actor } = session
      // The actor is another when the token was renewed meanwhile: it may have been minted by somebody else.
      const holds = () => epochs.of(roomId) === epoch && session.actor === actor
      try {
        const standing = await admission.recheck(actor, roomId)
        this.#isFailing = false
        if (!holds()) continue
        session.setStanding(standing)
      } catch (error) {
        const code = codeOf(error)
        // Nobody is sent away because it cannot be asked.
        if (code === 'store_unavailable') {
          if (!this.#isFailing) log.warn({ err: error, roomId }, 'could not ask who may be where; trying again')
          this.#isFailing = true
          return false
        }
        if (!holds()) continue
        session.leave(code)
      }
      return true
    }
    return true
  }
}
