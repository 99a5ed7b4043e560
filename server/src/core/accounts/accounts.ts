import type { AuthPolicy, User } from '@sketchroom/shared/api/auth'
import { userIdSchema, type SessionId, type UserId } from '@sketchroom/shared/ids'
import { presenceColor } from '@sketchroom/shared/presence'
import { nanoid } from 'nanoid'
import { SketchRoomError } from '../../errors.ts'
import type { AccountsStore, UserRecord } from '../../ports/accounts-store.ts'
import type { DocumentStore } from '../../ports/document-store.ts'
import type { RoomStore } from '../../ports/room-store.ts'
import type { Actor, UserActor } from './actor.ts'
import { isAdministrator, type Administrators } from './administrators.ts'
import type { EventBus } from '../events.ts'
import { guestName } from './guest-names.ts'
import { createNewcomers, OPEN_TO_ALL } from './newcomers.ts'
import type { Passwords } from './passwords.ts'
import { createSessions, type RefreshGrant } from './sessions.ts'
import { ACCESS_TOKEN_SECONDS, type Tokens } from './tokens.ts'

/** Somebody who has just signed in: who they are, and the tokens that prove it from now on. */
export interface SignIn extends Pick<RefreshGrant, 'refreshToken' | 'refreshExpiresAt'> {
  readonly user: User
  readonly accessToken: string
  readonly expiresInSeconds: number
}

/** What the request shows of who is there already: the guest whose rooms shall be kept. */
export interface Credentials {
  readonly accessToken?: string | undefined
  readonly refreshToken?: string | undefined
}

/** People and their sign-ins. */
export interface Accounts {
  /** Who may come. Where guests are `off`, everything rejects with `guests_off` for them, but signing up, in and out. */
  readonly policy: AuthPolicy
  /** Lets somebody in without an account, under a generated name if they give none. */
  guest(name?: string): Promise<SignIn>
  /** Makes an account; a guest becomes the account and keeps everything. Rejects with `email_taken` or `signup_closed`. */
  signup(account: { email: string; password: string; name: string }, current?: Credentials): Promise<SignIn>
  /**
   * Rejects with `invalid_credentials`, alike in words and time whether the address is unknown or the
   * password wrong. The rooms of a guest who signs in go to the account, and what they drew and have not sent yet is taken
   * as the account's.
   */
  signin(account: { email: string; password: string }, current?: Credentials): Promise<SignIn>
  /**
   * Rotates a refresh token; rejects with `refresh_reused` (and ends the family) or `unauthenticated`. The
   * same token with the same `attemptKey` is the same attempt, for when its answer was lost.
   */
  refresh(refreshToken: string, attemptKey?: string): Promise<SignIn>
  /** Ends the sign-in of the refresh token, or else of the access token; without either it does nothing. */
  signout(current: Credentials): Promise<void>
  me(actor: UserActor): Promise<User>
  updateMe(actor: UserActor, changes: { name: string }): Promise<User>
  /** Who a token speaks for; rejects with `unauthenticated` also when its sign-in has ended. */
  authenticate(token: string): Promise<Actor>
}

/** What accounts are built from; `now` is in milliseconds since 1970. */
export interface AccountsDeps {
  readonly store: AccountsStore
  readonly roomStore: RoomStore
  readonly documents: Pick<DocumentStore, 'transferClients'>
  readonly tokens: Tokens
  readonly passwords: Passwords
  readonly events: EventBus
  /** Open to all, if it is left out. */
  readonly policy?: AuthPolicy
  /** Nobody, if it is left out. */
  readonly administrators?: Administrators
  readonly now: () => number
}

/** Builds the accounts over their stores. */
export function createAccounts(deps: AccountsDeps): Accounts {
  const { store, roomStore, documents, tokens, passwords, events, now, administrators = new Map() } = deps
  const sessions = createSessions({ store, tokens, events, now })
  const newcomers = createNewcomers({ policy: deps.policy ?? OPEN_TO_ALL, roomStore, store })
  const hasGuests = newcomers.policy.guests === 'on'

  /** A person as they see themselves. */
  function toUser(user: UserRecord): User {
    const { id, name, email, createdAt } = user
    return {
      id,
      name,
      email,
      isGuest: email === null,
      ...(isAdministrator(user, administrators) && { isAdmin: true }),
      color: presenceColor(id),
      createdAt: new Date(createdAt).toISOString(),
    }
  }

  function toSignIn(user: UserRecord, { sessionId, refreshToken, refreshExpiresAt }: RefreshGrant): SignIn {
    const accessToken = tokens.mintAccess(user.id, sessionId)
    return { user: toUser(user), accessToken, expiresInSeconds: ACCESS_TOKEN_SECONDS, refreshToken, refreshExpiresAt }
  }

  /** Whose token it is, guest or not: a guest may always go, or become an account. */
  async function identify(token: string): Promise<Actor> {
    const actor = tokens.verify(token)
    if (actor.kind === 'room-token') return actor
    const session = await store.findSession(actor.sessionId)
    if (!session || !sessions.isLive(session)) throw new SketchRoomError('unauthenticated', 'Sign in again.')
    return actor
  }

  async function getUser(id: UserId): Promise<UserRecord> {
    const user = await store.findUser(id)
    if (!user) throw new SketchRoomError('unauthenticated', 'Sign in again.')
    return user
  }

  /** The guest who asks. A bad access token is an error: to go on without it would lose the guest's rooms. */
  async function findGuest({ accessToken, refreshToken }: Credentials) {
    const current = accessToken
      ? await identify(accessToken)
      : refreshToken && (await sessions.findByRefreshToken(refreshToken))
    if (!current || ('kind' in current && current.kind !== 'user')) return undefined
    const user = await store.findUser(current.userId)
    if (!user || user.email !== null) return undefined
    return { user, sessionId: 'kind' in current ? current.sessionId : current.id }
  }

  /**
   * Makes all that a guest has the account's. Their own sign-in ends last: whatever fails before, the guest is still there,
   * and the next attempt does the rest. What they write until then is the account's too, whenever it gets to the store.
   */
  async function takeOver(guest: { user: UserRecord; sessionId: SessionId }, account: UserRecord): Promise<void> {
    const [from, to] = [guest.user.id, account.id]
    // First: without it, what the guest has not sent would be refused for good. Should the other fail, the guest is refused
    // until they sign in again.
    await documents.transferClients(from, to)
    const roomIds = await roomStore.transferMemberships(from, to)
    // Their connections end with it. To judge them first would tell them that they may not be there.
    await sessions.revoke(guest.sessionId)
    events.emit('guestTakenOver', from, to)
    for (const roomId of roomIds) events.emit('accessChanged', roomId, undefined)
  }

  return {
    policy: newcomers.policy,

    async authenticate(token) {
      const actor = await identify(token)
      if (!hasGuests && actor.kind === 'user') newcomers.checkGuest(await getUser(actor.userId))
      return actor
    },

    async guest(name = guestName()) {
      newcomers.checkGuest({ email: null })
      const user: UserRecord = { id: newUserId(), name, email: null, passwordHash: null, createdAt: now() }
      await store.createUser(user)
      return toSignIn(user, await sessions.open(user))
    },

    async signup({ email, password, name }, current = {}) {
      const guest = await findGuest(current)
      await newcomers.checkSignup(guest?.user)
      const account = { name, email, passwordHash: await passwords.hash(password) }
      if (guest && (await store.upgradeGuest(guest.user.id, account))) {
        // The guest's tokens end: what proves a guest must not prove an account.
        await sessions.revoke(guest.sessionId)
        const user = { ...guest.user, ...account }
        return toSignIn(user, await sessions.open(user))
      }
      const user: UserRecord = { id: newUserId(), ...account, createdAt: now() }
      await store.createUser(user)
      return toSignIn(user, await sessions.open(user))
    },

    async signin({ email, password }, current = {}) {
      const guest = await findGuest(current)
      const user = await store.findUserByEmail(email)
      const fits = await passwords.verify(password, user?.passwordHash ?? null)
      if (!user || !fits) {
        throw new SketchRoomError('invalid_credentials', 'The e-mail address or the password is not right.')
      }
      if (guest) await takeOver(guest, user)
      return toSignIn(user, await sessions.open(user))
    },

    async refresh(refreshToken, attemptKey) {
      if (!hasGuests) {
        // Before it is traded: with the one that they have, guests can still become an account.
        const session = await sessions.findByRefreshToken(refreshToken)
        if (session) newcomers.checkGuest(await getUser(session.userId))
      }
      const { user, grant } = await sessions.refresh(refreshToken, attemptKey)
      return toSignIn(user, grant)
    },

    async signout({ accessToken, refreshToken }) {
      if (refreshToken) return await sessions.revokeFamily(refreshToken)
      if (!accessToken) return
      const actor = await identify(accessToken)
      if (actor.kind === 'user') await sessions.revoke(actor.sessionId)
    },

    me: async (actor) => toUser(await getUser(actor.userId)),

    async updateMe(actor, { name }) {
      const user = await getUser(actor.userId)
      await store.updateUser(user.id, { name })
      events.emit('userRenamed', user.id, name)
      return toUser({ ...user, name })
    },
  }
}

function newUserId(): UserId {
  return userIdSchema.parse(nanoid())
}
