import type { SessionId } from '@sketchroom/shared/ids'
import { RENEW_BEFORE_MS } from '@sketchroom/shared/protocol/token-renewal'
import type { Logger } from 'pino'
import type { EventBus } from '../core/events.ts'
import type { RoomEntry } from '../core/rooms/room-entry.ts'
import type { RoomHost } from './room-host.ts'
import type { RoomLink } from './room-link.ts'

/** A client may have kept a token and answer with that once more, so it is asked again until there is a later one. */
const ASK_AGAIN_MS = 5_000
/** A connection outlives its token by this much. */
const GRACE_MS = 5_000
const CHECK_TOKENS_EVERY_MS = 1_000
/** Somebody who was being let in while access changed, or who signed out, may have been judged by the old rules. */
const RECENT_MS = 60_000
const TRY_AGAIN_MS = 500

/** Keeps open connections true to who their people are and what they may do: names, roles, removals, sign-outs, expiry. */
export class AccessWatch {
  readonly #host: RoomHost
  readonly #entry: RoomEntry
  readonly #log: Logger
  readonly #now: () => number
  readonly #askedAt = new WeakMap<RoomLink, number>()
  readonly #timer: NodeJS.Timeout
  readonly #revokedAt = new Map<SessionId, number>()
  #lastChangeAt = -Infinity

  constructor(parts: { host: RoomHost; entry: RoomEntry; events: EventBus; log: Logger; now?: () => number }) {
    this.#host = parts.host
    this.#entry = parts.entry
    this.#log = parts.log
    this.#now = parts.now ?? Date.now
    parts.events.on('accessChanged', (roomId) => {
      this.#lastChangeAt = this.#now()
      for (const link of this.#host.rooms.get(roomId)?.links ?? []) void this.#recheck(link)
    })
    parts.events.on('roomDeleted', (roomId) => {
      this.#lastChangeAt = this.#now()
      for (const link of this.#host.rooms.get(roomId)?.links ?? []) link.leave('room_deleted')
    })
    parts.events.on('sessionRevoked', (sessionId) => {
      this.#remember(sessionId)
      for (const link of this.#host.links()) {
        if (link.actor.kind === 'user' && link.actor.sessionId === sessionId) link.leave('unauthenticated')
      }
    })
    parts.events.on('userRenamed', (userId, name) => {
      for (const link of this.#host.links()) {
        // In a room token, the host says what its user is called.
        if (link.actor.kind === 'user' && link.user.id === userId) link.setUser({ ...link.user, name })
      }
    })
    this.#host.on('entered', (link) => {
      if (link.actor.kind === 'user' && this.#revokedAt.has(link.actor.sessionId)) link.leave('unauthenticated')
      if (this.#now() - this.#lastChangeAt < RECENT_MS) void this.#recheck(link)
    })
    this.#timer = setInterval(() => this.checkTokens(), CHECK_TOKENS_EVERY_MS)
  }

  /** Asks for fresh tokens in time, and ends connections whose token has run out. */
  checkTokens(): void {
    const now = this.#now()
    for (const link of this.#host.links()) {
      const { expiresAt } = link.actor
      if (now > expiresAt + GRACE_MS) link.leave('unauthenticated')
      else if (now > expiresAt - RENEW_BEFORE_MS) this.#askForToken(link, now)
    }
  }

  /** Stops the clock. */
  close(): void {
    clearInterval(this.#timer)
  }

  #askForToken(link: RoomLink, now: number): void {
    if (now - (this.#askedAt.get(link) ?? -Infinity) < ASK_AGAIN_MS) return
    this.#askedAt.set(link, now)
    link.connection.requestToken()
  }

  #remember(sessionId: SessionId): void {
    const now = this.#now()
    for (const [id, revokedAt] of this.#revokedAt) if (now - revokedAt > RECENT_MS) this.#revokedAt.delete(id)
    this.#revokedAt.set(sessionId, now)
  }

  async #recheck(link: RoomLink): Promise<void> {
    try {
      const role = await this.#entry.roleOf(link.actor, link.room.id)
      if (role) link.setRole(role)
      else link.leave('forbidden')
    } catch (error) {
      this.#log.warn({ err: error, roomId: link.room.id }, 'could not ask who may do what; trying again')
      setTimeout(() => {
        if (link.room.links.has(link)) void this.#recheck(link)
      }, TRY_AGAIN_MS)
    }
  }
}
