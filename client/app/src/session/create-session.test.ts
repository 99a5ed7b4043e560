import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ApiError, OfflineError } from '../api/api-error.ts'
import { createHttp } from '../api/http.ts'
import { createDeviceStorage, type DeviceStorage } from '../device/device-storage.ts'
import { findKnownUser } from '../device/known-user.ts'
import { memoryStorage } from '../device/memory-storage.testing.ts'
import { createSession } from './create-session.ts'
import { createQueue, type TabLock } from './tab-lock.ts'

/** An account server with rotating refresh tokens: one used twice revokes everything, as the real one does. */
class RotatingServer {
  refreshes = 0
  guests = 0
  lifetimeSeconds = 900
  revoked = false
  accessTokens = new Set<string>()
  authorizationAtSignup: string | undefined
  keys = new Set<string>()
  /** How many answers to a refresh get lost from now on, after the work is done. */
  answersToLose = 0
  #cookie: string | undefined
  /** The last refresh: what it was asked with. */
  #last: { cookie: string | undefined; key: string | undefined } | undefined
  #count = 0

  readonly http: Server

  constructor(http: Server) {
    this.http = http
    http.on('request', (request, response) => {
      const answer = (status: number, body: unknown, cookie?: string) => {
        if (request.url === '/api/v1/auth/refresh' && this.answersToLose > 0) {
          this.answersToLose--
          return void request.socket.destroy()
        }
        response.writeHead(status, { 'content-type': 'application/json', ...(cookie ? { 'set-cookie': cookie } : {}) })
        response.end(body === undefined ? '' : JSON.stringify(body))
      }
      const refuse = () => answer(401, { type: 'x', title: 'no', status: 401, code: 'unauthenticated' })
      const admit = (isGuest: boolean) => {
        this.#count++
        this.#cookie = `r${this.#count}`
        const accessToken = `a${this.#count}`
        this.accessTokens = new Set([accessToken])
        const user = {
          id: 'u1',
          name: 'Ada',
          email: null,
          isGuest,
          color: '#e03131',
          createdAt: '2026-01-01T00:00:00.000Z',
        }
        answer(200, { user, accessToken, expiresInSeconds: this.lifetimeSeconds }, this.#cookie)
      }
      const authorization = request.headers.authorization
      switch (request.url) {
        case '/api/v1/auth/guest':
          this.guests++
          return admit(true)
        case '/api/v1/auth/signup':
          this.authorizationAtSignup = authorization
          return admit(false)
        case '/api/v1/auth/refresh': {
          this.refreshes++
          const key = request.headers['idempotency-key']?.toString()
          const { cookie } = request.headers
          const isRepeated = key !== undefined && this.#last?.key === key && this.#last.cookie === cookie
          if (this.revoked || (cookie !== this.#cookie && !isRepeated)) {
            this.revoked = true
            return refuse()
          }
          this.#last = { cookie, key }
          if (key !== undefined) this.keys.add(key)
          return admit(true)
        }
        default:
          return this.accessTokens.has(authorization?.slice('Bearer '.length) ?? '')
            ? answer(200, { ok: true })
            : refuse()
      }
    })
  }

  get origin() {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`
  }
}

/** What browsers do with cookies and `fetch` in Node does not: one jar for all tabs. */
function createBrowser() {
  let cookie: string | undefined
  return async (input: string | URL | Request, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (cookie) headers.set('cookie', cookie)
    const response = await fetch(input, { ...init, headers })
    cookie = response.headers.get('set-cookie') ?? cookie
    return response
  }
}

const whoAmI = { method: 'GET', path: '/api/v1/me', schema: { parse: (value: unknown) => value } } as const

describe('a session', () => {
  let server: RotatingServer
  let storage: DeviceStorage
  let now: number
  /** How far the machine's time of day was set forward, and how long it slept, in milliseconds. */
  let setForward: number
  let slept: number
  let browser: ReturnType<typeof createBrowser>

  const readClocks = () => ({ wall: now + setForward, steady: now - slept })
  const openTab = (lock: TabLock = createQueue()) =>
    createSession({ send: createHttp({ serverUrl: server.origin, fetch: browser }), storage, lock, now: readClocks })

  beforeEach(async () => {
    server = new RotatingServer(createServer())
    await new Promise<void>((resolve) => server.http.listen(0, '127.0.0.1', resolve))
    storage = createDeviceStorage(memoryStorage)
    browser = createBrowser()
    now = 1_000_000
    setForward = slept = 0
  })
  afterEach(async () => {
    server.http.closeAllConnections()
    await new Promise((resolve) => server.http.close(resolve))
  })

  test('asks nothing of the server when nobody was here before', async () => {
    const session = openTab()
    await session.start()
    expect(session.state.get()).toEqual({ kind: 'nobody' })
    expect(server.refreshes + server.guests).toBe(0)
  })

  test('becomes one guest, however many ask at once, and remembers no token', async () => {
    const session = openTab()
    await Promise.all([session.ensure(), session.ensure(), session.ensure()])
    expect(server.guests).toBe(1)
    expect(session.state.get()).toMatchObject({ kind: 'signed-in', user: { name: 'Ada' } })
    expect(findKnownUser(storage)).toEqual({ id: 'u1', name: 'Ada', color: '#e03131', isGuest: true })
  })

  test('survives answers that are lost in a tunnel, and a reload in the middle of it', async () => {
    await openTab().ensure()
    server.answersToLose = 2
    const tab = openTab()
    await expect(tab.getToken()).rejects.toBeInstanceOf(OfflineError)
    await expect(tab.getToken()).rejects.toBeInstanceOf(OfflineError)
    const reloaded = openTab()
    await reloaded.start()
    expect(reloaded.state.get()).toMatchObject({ kind: 'signed-in' })
    expect([server.refreshes, server.guests, server.revoked]).toEqual([3, 1, false])
    now += server.lifetimeSeconds * 1000
    await reloaded.getToken()
    expect(server.revoked).toBe(false)
  })

  test('survives a lost answer although nothing can be kept on the device', async () => {
    storage = createDeviceStorage(() => {
      throw new DOMException('blocked', 'SecurityError')
    })
    const session = openTab()
    await session.ensure()
    now += server.lifetimeSeconds * 1000
    server.answersToLose = 1
    await expect(session.getToken()).rejects.toBeInstanceOf(OfflineError)
    await session.getToken()
    expect(server.revoked).toBe(false)
  })

  test('takes a new key for each attempt that was answered', async () => {
    const session = openTab()
    await session.ensure()
    for (let n = 0; n < 5; n++) {
      now += server.lifetimeSeconds * 1000
      await session.getToken()
    }
    expect(server.keys.size).toBe(5)
  })

  test('becomes one guest when two tabs open a board at the same moment', async () => {
    const lock = createQueue()
    await Promise.all([openTab(lock).ensure(), openTab(lock).ensure()])
    expect(server.guests).toBe(1)
    expect(server.revoked).toBe(false)
  })

  test('refreshes once for many callers, and only when less than a minute is left', async () => {
    const session = openTab()
    await session.ensure()
    now += (server.lifetimeSeconds - 60) * 1000
    await session.getToken()
    expect(server.refreshes).toBe(0)
    now += 1
    const tokens = await Promise.all(Array.from({ length: 10 }, () => session.getToken()))
    expect(new Set(tokens).size).toBe(1)
    expect(server.refreshes).toBe(1)
  })

  test.each([
    ['was set back', () => (setForward = -3_600_000)],
    ['stood still while the machine slept', () => (slept = server.lifetimeSeconds * 1000)],
  ])('refreshes in time although a clock %s', async (_, disturb) => {
    const session = openTab()
    await session.ensure()
    now += server.lifetimeSeconds * 1000
    disturb()
    await session.getToken()
    expect(server.refreshes).toBe(1)
  })

  test('refreshes once for all who were refused, whatever the clocks say', async () => {
    const session = openTab()
    await session.ensure()
    const refused = await session.getToken()
    const [one, other] = await Promise.all([session.getToken({ refused: true }), session.getToken({ refused: true })])
    expect(one).not.toBe(refused)
    expect(other).toBe(one)
    expect(await session.getToken()).toBe(one)
    expect(server.refreshes).toBe(1)
  })

  test('asks once for many callers also when the answer is no', async () => {
    const session = openTab()
    await session.ensure()
    server.revoked = true
    now += server.lifetimeSeconds * 1000
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => session.getToken()))
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']))
    expect(server.refreshes).toBe(1)
  })

  test('never sends one refresh token from two tabs', async () => {
    const lock = createQueue()
    const tabs = [openTab(lock), openTab(lock), openTab(lock)]
    await tabs[0]!.ensure()
    for (let round = 0; round < 20; round++) {
      now += server.lifetimeSeconds * 1000
      await Promise.all(tabs.map((tab) => tab.getToken()))
    }
    expect(server.refreshes).toBe(60)
    expect(server.revoked).toBe(false)
  })

  test('gets a new token and tries again when the server calls the token invalid', async () => {
    const session = openTab()
    await session.ensure()
    server.accessTokens.clear()
    await expect(session.send(whoAmI)).resolves.toEqual({ ok: true })
    expect(server.refreshes).toBe(1)
  })

  test('ends when the server refuses the refresh too', async () => {
    const session = openTab()
    await session.ensure()
    server.revoked = true
    server.accessTokens.clear()
    await expect(session.send(whoAmI)).rejects.toMatchObject({ status: 401 })
    expect(server.refreshes).toBe(1)
    expect(session.state.get()).toMatchObject({ kind: 'ended', user: { name: 'Ada' } })
  })

  test('makes a new guest of a guest whose session ended, but never of an account', async () => {
    const session = openTab()
    await session.ensure()
    server.revoked = true
    now += server.lifetimeSeconds * 1000
    await session.ensure()
    expect(server.guests).toBe(2)

    server.revoked = false
    await session.signUp({ email: 'ada@example.org', password: 'correct horse', name: 'Ada' })
    server.revoked = true
    now += server.lifetimeSeconds * 1000
    await expect(session.ensure()).rejects.toBeInstanceOf(ApiError)
    expect(server.guests).toBe(2)
  })

  test("signs up with the guest's token, so that the boards stay", async () => {
    const session = openTab()
    await session.ensure()
    const guestToken = await session.getToken()
    await session.signUp({ email: 'ada@example.org', password: 'correct horse', name: 'Ada' })
    expect(server.authorizationAtSignup).toBe(`Bearer ${guestToken}`)
  })

  test('knows who was here when the server cannot be reached', async () => {
    await openTab().ensure()
    const send = createHttp({ serverUrl: 'http://127.0.0.1:1', fetch: browser })
    const offline = createSession({ send, storage, lock: createQueue(), now: readClocks })
    await offline.start()
    expect(offline.state.get()).toMatchObject({ kind: 'unreachable', user: { name: 'Ada' } })
    await expect(offline.getToken()).rejects.toBeInstanceOf(OfflineError)
  })
})
