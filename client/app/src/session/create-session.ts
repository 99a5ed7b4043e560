import { authPolicySchema, signedInSchema, userSchema, type SignedIn, type User } from '@sketchroom/shared/api/auth'
import type { UserId } from '@sketchroom/shared/ids'
import { apiPath } from '@sketchroom/shared/api/paths'
import { LEAST_VALIDITY_MS } from '@sketchroom/shared/protocol/token-renewal'
import { ApiError } from '../api/api-error.ts'
import type { ApiRequest, Send } from '../api/http.ts'
import type { DeviceStorage } from '../device/device-storage.ts'
import { forgetDevice } from '../device/forget-device.ts'
import { takeKnownRooms } from '../device/known-rooms.ts'
import { findKnownUser, keepKnownUser } from '../device/known-user.ts'
import { elapsedMs, readClocks, type Moment } from './moment.ts'
import { createRefreshAttempt } from './refresh-attempt.ts'
import { personLeaving, personOf, type PersonLeaving, type SessionState } from './session-state.ts'
import type { Session } from './session.ts'
import type { TabLock } from './tab-lock.ts'
import { createValue } from './value.ts'

/** What a session is made of. */
export interface SessionParts {
  readonly send: Send
  readonly storage: DeviceStorage
  readonly lock: TabLock
  readonly now?: () => Moment
}

interface Token {
  readonly value: string
  readonly arrivedAt: Moment
  readonly lifetimeMs: number
}

/** Makes the session of this tab. It asks nothing of the server before `start`. */
export function createSession({ send, storage, lock, now = readClocks }: SessionParts): Session {
  const state = createValue<SessionState>({ kind: 'starting', user: findKnownUser(storage) })
  let token: Token | undefined
  let refreshing: Promise<string> | undefined
  let ensuring: Promise<void> | undefined
  const attempt = createRefreshAttempt(storage)

  function adoptUser(user: User, coming?: { before?: PersonLeaving | undefined; guest?: UserId | undefined }): void {
    keepKnownUser(storage, user, coming)
    if (coming?.guest) takeKnownRooms(storage, coming.guest)
    state.set({ kind: 'signed-in', user })
  }

  function adopt({ user, accessToken, expiresInSeconds }: SignedIn, coming?: Parameters<typeof adoptUser>[1]): string {
    token = { value: accessToken, arrivedAt: now(), lifetimeMs: expiresInSeconds * 1000 }
    adoptUser(user, coming)
    return accessToken
  }

  function findFreshToken(): string | undefined {
    if (!token) return undefined
    const leftMs = token.lifetimeMs - elapsedMs(token.arrivedAt, now())
    return leftMs >= LEAST_VALIDITY_MS ? token.value : undefined
  }

  function post(path: 'guest' | 'signup' | 'signin' | 'refresh', body?: unknown): ApiRequest<SignedIn> {
    return { method: 'POST', path: apiPath(path), schema: signedInSchema, ...(body === undefined ? {} : { body }) }
  }

  /** Only to be called under the lock. */
  async function refreshNow(stale: string | undefined): Promise<string> {
    const fresh = findFreshToken()
    if (fresh && fresh !== stale) return fresh
    try {
      const signedIn = await send({ ...post('refresh'), idempotencyKey: attempt.begin() })
      attempt.end()
      return adopt(signedIn)
    } catch (error) {
      const user = findKnownUser(storage)
      if (isUnauthenticated(error)) {
        attempt.end()
        token = undefined
        state.set(user ? { kind: 'ended', user } : { kind: 'nobody' })
      } else if (isRefusedAsGuest(error)) {
        attempt.end()
        token = undefined
        state.set(user ? { kind: 'guests-off', user } : { kind: 'nobody' })
      } else if (state.get().kind !== 'signed-in') {
        state.set(user ? { kind: 'unreachable', user } : { kind: 'nobody' })
      }
      throw error
    }
  }

  function refresh(stale?: string): Promise<string> {
    refreshing ??= lock(() => refreshNow(stale)).finally(() => {
      refreshing = undefined
    })
    return refreshing
  }

  /** Only to be called under the lock. A tab that waited finds here what the other tab has done. */
  async function ensureNow(): Promise<void> {
    if (findFreshToken()) return
    const known = findKnownUser(storage)
    if (known || !storage.works) {
      try {
        await refreshNow(undefined)
        return
      } catch (error) {
        // A guest has nothing to sign in with: a new guest is the only way on.
        if (!isUnauthenticated(error) || known?.isGuest === false) throw error
      }
    }
    adopt(await send(post('guest', {})))
  }

  async function getToken(request?: { readonly refused: boolean }): Promise<string> {
    if (request?.refused) return refresh(token?.value)
    return findFreshToken() ?? refresh()
  }

  async function sendSignedIn<T>(request: ApiRequest<T>): Promise<T> {
    const first = await getToken()
    try {
      return await send(request, first)
    } catch (error) {
      if (!isUnauthenticated(error)) throw error
      return send(request, await refresh(first))
    }
  }

  async function enter(path: 'signup' | 'signin', account: unknown): Promise<void> {
    // The guest's token makes the account the same person, with the same boards.
    const guest = state.get().kind === 'signed-in' ? await getToken() : undefined
    await lock(async () => {
      const signedIn = await send(post(path, account), guest)
      const leaving = personLeaving(state.get(), findKnownUser(storage))
      if (leaving && leaving.id !== signedIn.user.id) await forgetDevice(storage)
      // Also of a guest whom the server could not be asked about until now: it knows them by their cookie.
      const last = state.get()
      const before = last.kind === 'ended' ? undefined : personOf(last)
      const isTakenOver = before?.isGuest === true && before.id !== signedIn.user.id
      adopt(signedIn, { guest: isTakenOver ? before.id : undefined })
    })
  }

  return {
    state,
    async start() {
      token = undefined
      const user = findKnownUser(storage)
      // Without storage only the cookie knows, and only the server can read it.
      if (!user && storage.works) return state.set({ kind: 'nobody' })
      state.set({ kind: 'starting', user })
      await refresh().catch(() => {
        // `refreshNow` has turned the error into a state.
      })
    },
    findPolicy: () => send({ method: 'GET', path: apiPath('auth'), schema: authPolicySchema }),
    ensure() {
      ensuring ??= lock(ensureNow).finally(() => {
        ensuring = undefined
      })
      return ensuring
    },
    async continueAsGuest() {
      const before = personLeaving(state.get(), findKnownUser(storage))
      await lock(async () => adopt(await send(post('guest', {})), { before }))
    },
    getToken,
    send: sendSignedIn,
    signUp: (account) => enter('signup', account),
    signIn: (account) => enter('signin', account),
    async rename(name) {
      adoptUser(await sendSignedIn({ method: 'PATCH', path: apiPath('me'), body: { name }, schema: userSchema }))
    },
    async signOut() {
      await lock(async () => {
        await send({ method: 'POST', path: apiPath('signout') }, token?.value).catch((error: unknown) => {
          // Nothing is left to end when the server does not know the session any more.
          if (!isUnauthenticated(error)) throw error
        })
        token = undefined
      })
      state.set({ kind: 'nobody' })
    },
  }
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401
}

function isRefusedAsGuest(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'guests_off'
}
