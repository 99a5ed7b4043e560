import type { RoomId } from '@sketchroom/shared/ids'
import { presenceColor, type PresenceUser } from '@sketchroom/shared/presence'
import type { Role } from '@sketchroom/shared/roles'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore } from '../../ports/accounts-store.ts'
import type { RoomStore } from '../../ports/room-store.ts'
import type { Actor } from '../accounts/actor.ts'
import type { AccessEpochs } from './access-epochs.ts'
import { roleIn, standingIn, type AccessFacts } from './access.ts'
import { findFacts, noSuchRoom } from './room-access.ts'

/** How a client came. */
export interface Approach {
  /** The page that connects; undefined for programs, which have no page. */
  readonly origin: string | undefined
  /** The host, with its port, that the client asked for. */
  readonly host: string
  /** Whether the token stood in the URL, where logs and histories see it. */
  readonly tokenInUrl: boolean
}

/** Somebody who may be in a room: as whom the server knows them, and as whom others see them. */
export interface Admitted {
  readonly actor: Actor
  readonly role: Role
  readonly user: PresenceUser
  /**
   * They have a role of their own, or were sent by an owner. An editor may send any number of people, whom nobody knows: they
   * are as those who are here by the link.
   */
  readonly isMember: boolean
  /** The room's epoch before all this was asked: it holds for as long as this is the room's. */
  readonly epoch: number
}

/** As whom somebody is in a room. */
export type Standing = Pick<Admitted, 'role' | 'user' | 'isMember'>

/** The way into rooms for connections. */
export interface Admission {
  /**
   * Lets somebody in by their token, and notes who came by the link. Rejects with `unauthenticated`, with `forbidden`
   * for pages that may not connect, with `not_found` when there is no such room for them, and with `room_deleted` when
   * there was.
   */
  admit(token: string, roomId: RoomId, approach: Approach): Promise<Admitted>
  /**
   * As whom somebody who was let in is here as of now; rejects with `unauthenticated` when their sign-in has ended, and with
   * `forbidden` when they may not be here any more.
   */
  recheck(actor: Actor, roomId: RoomId): Promise<Standing>
}

/** What admission is built from; `now` is in milliseconds since 1970. */
export interface AdmissionDeps {
  readonly accounts: { authenticate(token: string): Promise<Actor> }
  readonly store: RoomStore
  readonly accountsStore: AccountsStore
  readonly epochs: AccessEpochs
  readonly allowedOrigins: readonly string[]
  readonly now: () => number
}

/** Builds the way in: the token must be good, the page one that may connect, the person allowed in the room. */
export function createAdmission(deps: AdmissionDeps): Admission {
  const { accounts, store, accountsStore, epochs, allowedOrigins, now } = deps

  async function getUser(actor: Actor): Promise<PresenceUser> {
    if (actor.kind === 'room-token') return { id: actor.userId, name: actor.name, color: actor.color }
    const user = await accountsStore.findUser(actor.userId)
    if (!user) throw new SketchRoomError('unauthenticated', 'Sign in again.')
    return { id: user.id, name: user.name, color: presenceColor(user.id) }
  }

  function checkApproach(actor: Actor, { origin, host, tokenInUrl }: Approach): void {
    if (tokenInUrl && actor.kind !== 'room-token') {
      throw new SketchRoomError('unauthenticated', 'only room tokens may stand in a URL')
    }
    const invited = actor.kind === 'room-token' ? actor.origins : []
    if (origin !== undefined && !isOwnPage(origin, host, allowedOrigins) && !invited.includes(origin)) {
      throw new SketchRoomError('forbidden', 'pages of this origin may not connect')
    }
  }

  return {
    async admit(token, roomId, approach) {
      const epoch = epochs.of(roomId)
      const actor = await accounts.authenticate(token)
      checkApproach(actor, approach)
      const [facts, user] = await Promise.all([findFacts(store, actor, roomId), getUser(actor)])
      if (!facts || !standingIn(actor, facts)) throw noSuchRoom()
      const role = roleIn(actor, facts)
      if (!role) throw new SketchRoomError('room_deleted', 'This room was deleted.')
      if (actor.kind === 'user' && !facts.membership) await store.addVisitor(roomId, actor.userId, now())
      return { actor, role, user, isMember: isMember(actor, facts), epoch }
    },

    async recheck(actor, roomId) {
      const signIn = actor.kind === 'user' ? await accountsStore.findSession(actor.sessionId) : undefined
      if (actor.kind === 'user' && signIn?.revokedAt !== null) {
        throw new SketchRoomError('unauthenticated', 'Sign in again.')
      }
      const [facts, user] = await Promise.all([findFacts(store, actor, roomId), getUser(actor)])
      const role = facts && roleIn(actor, facts)
      if (!role) throw new SketchRoomError('forbidden', 'You may not be in this room any more.')
      return { role, user, isMember: isMember(actor, facts) }
    },
  }
}

/** See `Admitted`. */
function isMember(actor: Actor, { membership }: AccessFacts): boolean {
  const givenRole = membership?.role ?? null
  return actor.kind === 'room-token' ? givenRole === 'owner' : givenRole !== null
}

/**
 * Whether a page of this origin is one of the server's own. It is when the origin is allowed, and when the page came
 * from the host that it calls, by whatever name we are reached: then it is no other site's page.
 */
export function isOwnPage(origin: string, host: string, allowedOrigins: readonly string[]): boolean {
  return allowedOrigins.includes(origin) || URL.parse(origin)?.host === host
}
